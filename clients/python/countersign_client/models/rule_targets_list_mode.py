# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class RuleTargetsListMode(StrEnum):
    ENFORCE = "enforce"
    OBSERVE = "observe"

    def __str__(self) -> str:
        return str(self.value)
