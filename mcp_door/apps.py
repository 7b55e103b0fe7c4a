from django.apps import AppConfig


class McpDoorConfig(AppConfig):
    """The door that agents knock at over the Model Context Protocol; nothing here approves anything."""

    name = "mcp_door"
