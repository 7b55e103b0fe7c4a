"""Admin pages of this app; importing the modules registers them."""

from engines.admin import chats, engines, subagents

__all__ = ["chats", "engines", "subagents"]
