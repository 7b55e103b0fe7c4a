"""Admin pages of this app; importing the modules registers them."""

from health.admin import checks

__all__ = ["checks"]
