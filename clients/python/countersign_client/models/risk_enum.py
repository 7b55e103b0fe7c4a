# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class RiskEnum(StrEnum):
    HIGH = "high"
    NORMAL = "normal"

    def __str__(self) -> str:
        return str(self.value)
