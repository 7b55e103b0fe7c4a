"""Admin pages of this app; importing the modules registers them."""

from governance.admin import gates, panels, proposals, questions, replays, requests, rules

__all__ = ["gates", "panels", "proposals", "questions", "replays", "requests", "rules"]
