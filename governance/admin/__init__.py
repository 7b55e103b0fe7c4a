"""Admin pages of this app; importing the modules registers them."""

from governance.admin import panels, proposals, replays, requests, rules

__all__ = ["panels", "proposals", "replays", "requests", "rules"]
