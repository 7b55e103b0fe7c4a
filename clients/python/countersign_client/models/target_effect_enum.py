# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class TargetEffectEnum(StrEnum):
    ALLOW = "allow"
    DENY = "deny"

    def __str__(self) -> str:
        return str(self.value)
