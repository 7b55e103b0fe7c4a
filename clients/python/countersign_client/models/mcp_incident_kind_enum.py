# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class McpIncidentKindEnum(StrEnum):
    CHANGED = "changed"
    NOT_STOPPED = "not_stopped"
    SWITCHED_ON = "switched_on"
    UNKNOWN_SERVER = "unknown_server"

    def __str__(self) -> str:
        return str(self.value)
