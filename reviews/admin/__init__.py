"""Admin pages of this app; importing the modules registers them."""

from reviews.admin import policies

__all__ = ["policies"]
