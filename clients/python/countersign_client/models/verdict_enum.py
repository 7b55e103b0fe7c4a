# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class VerdictEnum(StrEnum):
    APPROVE = "approve"
    DENY = "deny"

    def __str__(self) -> str:
        return str(self.value)
