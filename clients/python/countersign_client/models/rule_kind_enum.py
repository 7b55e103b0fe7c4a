# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class RuleKindEnum(StrEnum):
    PATTERN = "pattern"
    STRICT = "strict"

    def __str__(self) -> str:
        return str(self.value)
