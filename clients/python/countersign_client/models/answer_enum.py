# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class AnswerEnum(StrEnum):
    ALLOW = "allow"
    DENY = "deny"
    HOLD = "hold"
    PASS = "pass"

    def __str__(self) -> str:
        return str(self.value)
