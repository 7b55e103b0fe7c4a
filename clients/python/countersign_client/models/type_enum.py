# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class TypeEnum(StrEnum):
    TEXT = "text"
    TOOL = "tool"

    def __str__(self) -> str:
        return str(self.value)
