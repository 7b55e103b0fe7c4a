"""Admin pages of this app; importing the modules registers them."""

from mcp_servers.admin import incidents, servers

__all__ = ["incidents", "servers"]
