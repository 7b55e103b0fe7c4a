# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class TopicEnum(StrEnum):
    CHATS = "chats"
    CONFIGS = "configs"
    HEALTH = "health"
    MCP = "mcp"
    NOTICES = "notices"
    REQUESTS = "requests"
    REVIEWS = "reviews"
    SOPS = "sops"

    def __str__(self) -> str:
        return str(self.value)
