# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class ModelStatusEnum(StrEnum):
    ACTIVE = "active"
    ALPHA = "alpha"
    BETA = "beta"
    DEPRECATED = "deprecated"

    def __str__(self) -> str:
        return str(self.value)
