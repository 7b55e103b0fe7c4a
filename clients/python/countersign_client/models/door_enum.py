# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class DoorEnum(StrEnum):
    ADMIN = "admin"
    API = "api"
    COMMAND = "command"
    GATE = "gate"
    MCP = "mcp"
    RELAY = "relay"
    RULE = "rule"
    TASK = "task"
    WEBSOCKET = "websocket"

    def __str__(self) -> str:
        return str(self.value)
