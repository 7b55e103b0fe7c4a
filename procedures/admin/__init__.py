"""Admin pages of this app; importing the modules registers them."""

from procedures.admin import proposals, sops

__all__ = ["proposals", "sops"]
