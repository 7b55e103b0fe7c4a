# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class ControlEnum(StrEnum):
    AGENT = "agent"
    CHILD = "child"
    NONE = "none"

    def __str__(self) -> str:
        return str(self.value)
