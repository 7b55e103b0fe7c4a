# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class HealthChecksListStateItem(StrEnum):
    DEGRADED = "degraded"
    ERROR = "error"
    OFFLINE = "offline"
    READY = "ready"
    STARTING = "starting"

    def __str__(self) -> str:
        return str(self.value)
