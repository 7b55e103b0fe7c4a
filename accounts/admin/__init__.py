"""Admin pages of this app; importing the modules registers them."""

from accounts.admin import audit, teams, tokens, users

__all__ = ["audit", "teams", "tokens", "users"]
