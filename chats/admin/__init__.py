"""Admin pages of chats and delegations; importing the modules registers them."""

from chats.admin import chats, subagents

__all__ = ["chats", "subagents"]
