# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class EngineKindEnum(StrEnum):
    OPENCODE = "opencode"

    def __str__(self) -> str:
        return str(self.value)
