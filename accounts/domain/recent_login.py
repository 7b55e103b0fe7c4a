"""The rule behind re-authentication; the admin's pages ask beforehand (`accounts.reauthentication`)."""

from __future__ import annotations

from accounts.principal import Principal
from events.errors import Refused


def require_recent_login(principal: Principal) -> None:
    """Raises Refused with the code `login_not_recent`; a token never has a recent login."""
    if not principal.has_recent_login:
        raise Refused(
            "Enter your password again first: this needs a login within the last 15 minutes.",
            code="login_not_recent",
        )
