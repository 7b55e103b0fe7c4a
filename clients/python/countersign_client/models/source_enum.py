# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class SourceEnum(StrEnum):
    API = "api"
    ENGINE = "engine"
    GATE = "gate"

    def __str__(self) -> str:
        return str(self.value)
