# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class HealthChecksListComponentItem(StrEnum):
    CAO = "cao"
    CHANNEL_LAYER = "channel_layer"
    DATABASE = "database"
    DISK = "disk"
    ENGINE = "engine"
    EVENT_STREAM = "event_stream"
    GATE = "gate"
    MCP_SERVER = "mcp_server"
    RELAY = "relay"
    TASK = "task"

    def __str__(self) -> str:
        return str(self.value)
