"""Who may look behind the scenes: this machine, the monitoring token, a token with `metrics:read`."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest

from accounts.api.token_cache import token_cache
from accounts.policies import can_read_metrics
from accounts.principal import Principal
from events.actors import Door
from events.errors import Refused
from events.refusals import record_refusal
from portal.binding import is_loopback

PROXY_HEADERS = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


def may_monitor(request: HttpRequest) -> bool:
    secret = read_bearer(request)
    return has_token(secret) if secret else is_from_this_machine(request)


def read_bearer(request: HttpRequest) -> str:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def has_token(secret: str) -> bool:
    """The setting's own token needs no database: what is wrong is told when it is the database."""
    monitoring_token = settings.COUNTERSIGN_MONITORING_TOKEN
    if monitoring_token and hmac.compare_digest(secret.encode(), monitoring_token.encode()):
        return True
    try:
        token = token_cache.find(secret)
        return token is not None and has_right(Principal(token.user, Door.API, token))
    except DatabaseError:
        return False


def has_right(principal: Principal) -> bool:
    """A known caller's refusal is put on record, as at every door."""
    if can_read_metrics(principal):
        return True
    refusal = Refused(
        "Metrics are for tokens of owners and their service accounts with the scope metrics:read.",
        code="missing_scope",
    )
    record_refusal(principal.actor, refusal)
    return False


def is_from_this_machine(request: HttpRequest) -> bool:
    """Not a proxy on this machine that speaks for others.

    A portal with a public address has a proxy in front. It need not say so in its headers, unless it is
    trusted to: then a request without them has come past it.
    """
    if any(name in request.headers for name in PROXY_HEADERS):
        return False
    is_private = is_loopback(urlsplit(settings.COUNTERSIGN_PUBLIC_URL).hostname or "")
    if not (is_private or settings.COUNTERSIGN_TRUST_PROXY_HEADERS):
        return False
    return is_loopback(request.META.get("REMOTE_ADDR", ""))
