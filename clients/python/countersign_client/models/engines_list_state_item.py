# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class EnginesListStateItem(StrEnum):
    CONNECTING = "connecting"
    DEGRADED = "degraded"
    OFFLINE = "offline"
    ONLINE = "online"
    UNAUTHORIZED = "unauthorized"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return str(self.value)
