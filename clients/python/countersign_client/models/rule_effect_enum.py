# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class RuleEffectEnum(StrEnum):
    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"

    def __str__(self) -> str:
        return str(self.value)
