# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class CauseEnum(StrEnum):
    BY_HAND = "by_hand"
    ENGINE_START = "engine_start"
    REQUEST = "request"
    TOOLS_CHANGED = "tools_changed"
    TRIAL = "trial"

    def __str__(self) -> str:
        return str(self.value)
