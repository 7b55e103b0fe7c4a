# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class AuthoredByEnum(StrEnum):
    AGENT = "agent"
    HUMAN = "human"

    def __str__(self) -> str:
        return str(self.value)
