"""Admin pages of this app; importing the modules registers them."""

from governance.admin import panels, requests, rules

__all__ = ["panels", "requests", "rules"]
