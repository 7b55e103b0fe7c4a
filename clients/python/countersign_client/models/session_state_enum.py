# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class SessionStateEnum(StrEnum):
    BUSY = "busy"
    DELETED = "deleted"
    IDLE = "idle"
    RETRY = "retry"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return str(self.value)
