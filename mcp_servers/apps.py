from django.apps import AppConfig


class McpServersConfig(AppConfig):
    """MCP servers: what is asked for, what was seen of it, who approved which exact thing."""

    name = "mcp_servers"
