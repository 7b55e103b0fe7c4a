# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class TurnEnum(StrEnum):
    ASSISTANT = "assistant"
    USER = "user"

    def __str__(self) -> str:
        return str(self.value)
