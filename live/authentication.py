"""Who opens a websocket: a token in the Authorization header, a session cookie of our own pages, a ticket.

Never a lasting credential in the query, which ends up in logs and histories: a ticket there is worth nothing
once it was used. A browser sends the cookie along whichever site's page opens the socket, so a session needs
an Origin of ours; a token and a ticket need none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from accounts.domain.tokens import find_token
from accounts.enums import Scope
from accounts.models import ApiToken
from accounts.principal import Principal
from events.actors import Door
from events.errors import Refused
from events.refusals import record_refusal
from live.domain.tickets import use_ticket
from live.enums import CloseCode, CredentialKind
from live.messages import ProtocolError
from live.rights import Credential


@dataclass(frozen=True, slots=True)
class Claim:
    """What the client offers, not looked up yet. `kind` None: a ticket, which knows its own."""

    kind: CredentialKind | None
    secret: str = field(repr=False)


def read_claim(scope: Mapping[str, Any], ticket: str | None = None) -> Claim:
    """Without the database; raises ProtocolError. A token or a ticket goes before a cookie."""
    authorization = read_header(scope, b"authorization")
    if ticket is not None:
        if authorization is not None:
            # Nobody shall have to know which of the two counts.
            raise ProtocolError(CloseCode.MALFORMED)
        return Claim(None, ticket)
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise ProtocolError(CloseCode.UNAUTHENTICATED)
        return Claim(CredentialKind.TOKEN, secret.strip())
    if not is_own_origin(scope):
        raise ProtocolError(CloseCode.FOREIGN_ORIGIN)
    key = parse_cookie(read_header(scope, b"cookie") or "").get(settings.SESSION_COOKIE_NAME, "")
    # Quoted cookies can spell any character; PostgreSQL refuses some of them with an error.
    if not (key.isascii() and key.isalnum()):
        raise ProtocolError(CloseCode.UNAUTHENTICATED)
    return Claim(CredentialKind.SESSION, key)


def read_header(scope: Mapping[str, Any], name: bytes) -> str | None:
    """None when it is absent; raises ProtocolError when it stands there twice."""
    values = [value for header, value in scope["headers"] if header.lower() == name]
    if len(values) > 1:
        raise ProtocolError(CloseCode.MALFORMED)
    return str(values[0].decode("latin1")) if values else None


def is_own_origin(scope: Mapping[str, Any]) -> bool:
    """Whether the page that opened the socket is of the public address, or of the host it talks to."""
    origin = (read_header(scope, b"origin") or "").lower()
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    host = (read_header(scope, b"host") or "").lower()
    # Without this a name that an attacker has pointed at us would be "the same host".
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    return origin == f"{scheme}://{host}"


def identify(claim: Claim) -> Credential:
    """Look the claim up; raises ProtocolError. Whether it still holds is for `read_rights` to say."""
    if claim.kind is None:
        credential = use_ticket(claim.secret)
        if credential is None:
            raise ProtocolError(CloseCode.TICKET_ENDED)
        return credential
    if claim.kind is CredentialKind.TOKEN:
        token = find_token(claim.secret)
        if token is None:
            raise ProtocolError(CloseCode.UNAUTHENTICATED)
        if Scope.EVENTS_READ not in token.scopes:
            note_refusal(token)
            raise ProtocolError(CloseCode.MISSING_SCOPE)
        return Credential(CredentialKind.TOKEN, token.pk, token.user_id)
    session = Session.objects.filter(pk=claim.secret, expire_date__gt=timezone.now()).first()
    login = SessionStore().decode(session.session_data) if session else {}
    if SESSION_KEY not in login:
        raise ProtocolError(CloseCode.UNAUTHENTICATED)
    return Credential(CredentialKind.SESSION, claim.secret, login[SESSION_KEY])


def note_refusal(token: ApiToken) -> None:
    """As every door does with a refused act of somebody it knows."""
    principal = Principal(token.user, Door.WEBSOCKET, token)
    refusal = Refused(f"This token lacks the scope {Scope.EVENTS_READ}.", code="missing_scope")
    record_refusal(principal.actor, refusal)
