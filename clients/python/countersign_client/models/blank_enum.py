# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class BlankEnum(StrEnum):
    VALUE_0 = ""

    def __str__(self) -> str:
        return str(self.value)
