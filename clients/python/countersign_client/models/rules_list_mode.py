# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class RulesListMode(StrEnum):
    ENFORCE = "enforce"
    OBSERVE = "observe"

    def __str__(self) -> str:
        return str(self.value)
