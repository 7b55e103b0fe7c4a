"""Admin pages of this app; importing the modules registers them. `chats.admin` has those of chats."""

from engines.admin import engines

__all__ = ["engines"]
