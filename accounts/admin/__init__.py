"""Admin pages of this app; importing the modules registers them."""

from accounts.admin import audit, invitations, logins, ssh_keys, teams, tokens, users

__all__ = ["audit", "invitations", "logins", "ssh_keys", "teams", "tokens", "users"]
