"""API tokens: `csk_<prefix>_<secret>`, shown once, stored as a keyed digest."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.domain.recent_login import require_recent_login
from accounts.domain.users import announce_rights
from accounts.enums import Scope
from accounts.models import ApiToken, User
from accounts.policies import can_create_token_for, can_manage_token
from accounts.principal import Principal
from events.actors import Actor, Subject
from events.changes import changes
from events.errors import Conflict, Invalid, Refused
from events.keyring import get_keyring
from events.text import read_line

TOKEN_PREFIX = "csk_"  # noqa: S105 - what every token begins with
MAX_LIFETIME = timedelta(days=365)
LAST_USED_RESOLUTION = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class MadeToken:
    """`secret` is the whole token text; it can't be read again."""

    token: ApiToken
    secret: str


def create_token(
    *, actor: Actor, user: User, name: str, scopes: list[str], expires_at: datetime
) -> MadeToken:
    """The caller has checked the actor's right to do so (command line, or `create_token_as`)."""
    name = read_line(name, field="name", max_length=80, is_required=True)
    check_token_wishes(user, scopes, expires_at)
    prefix = secrets.token_hex(4)
    secret = f"{TOKEN_PREFIX}{prefix}_{secrets.token_urlsafe(32)}"
    with changes(actor) as change:
        token = ApiToken.objects.create(
            user=user,
            name=name,
            prefix=prefix,
            digest=get_keyring().digest_token(secret)[0],
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
        )
        change.audit(
            "token.create",
            Subject("api_token", token.pk),
            after={"user": user.pk, "scopes": token.scopes, "expires_at": expires_at.isoformat()},
        )
    return MadeToken(token, secret)


def check_token_wishes(user: User, scopes: list[str], expires_at: datetime) -> None:
    if not user.is_active:
        raise Invalid("Retired users get no tokens.", field="user")
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise Invalid("Name at least one known scope.", field="scopes")
    if user.is_service and set(scopes) - Scope.for_services():
        raise Invalid("Service accounts never decide, and read no audit chain.", field="scopes")
    now = timezone.now()
    if not now < expires_at <= now + MAX_LIFETIME:
        raise Invalid("A token expires within one year from now.", field="expires_at")


def create_token_as(
    *, principal: Principal, user: User, name: str, scopes: list[str], expires_at: datetime
) -> MadeToken:
    with changes(principal.actor):
        if not can_create_token_for(principal, user):
            raise Refused("Tokens are made in a session, for oneself or for a service account one owns.")
        require_recent_login(principal)
        return create_token(actor=principal.actor, user=user, name=name, scopes=scopes, expires_at=expires_at)


def revoke_token(*, principal: Principal, token: ApiToken) -> None:
    with changes(principal.actor) as change:
        if not can_manage_token(principal, token):
            raise Refused("Only the token's user and owners revoke it.")
        if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
            raise Conflict("This token is revoked already.")
        change.audit("token.revoke", Subject("api_token", token.pk), before={"user": token.user_id})
        announce_rights(change, token.user)


def find_token(secret: str) -> ApiToken | None:
    """The valid token with this text, its user active; else None. Stamps `last_used_at` by the minute."""
    if not secret.startswith(TOKEN_PREFIX) or len(secret) > 200 or not secret.isascii():
        return None
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest__in=get_keyring().digest_token(secret), user__is_active=True)
        .first()
    )
    now = timezone.now()
    if token is None or not token.is_valid(now):
        return None
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_RESOLUTION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token
