"""One-use login links: 15 minutes, spent on POST, leading to setting a password."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.domain.users import set_password, subject_of
from accounts.models import LoginLink, User
from accounts.policies import can_manage_users
from accounts.principal import Principal
from events.actors import Actor
from events.changes import changes, lock_rows
from events.errors import Gone, Invalid, Refused
from events.keyring import get_keyring

LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class MadeLink:
    """`secret` goes into the link's path and can't be read again."""

    link: LoginLink
    secret: str


def create_login_link(*, actor: Actor, user: User) -> MadeLink:
    """A fresh link for a person; earlier unused links of theirs end."""
    if user.is_service or not user.is_active:
        raise Invalid("Login links are for active people.")
    secret, now = secrets.token_urlsafe(32), timezone.now()
    with changes(actor) as change:
        # Two links made at once would both stay: the user's row makes them take turns.
        lock_rows(User.objects.filter(pk=user.pk))
        LoginLink.objects.filter(user=user, used_at=None).update(used_at=now)
        link = LoginLink.objects.create(
            user=user, digest=get_keyring().digest_token(secret)[0], expires_at=now + LIFETIME
        )
        change.audit("login_link.create", subject_of(user))
    return MadeLink(link, secret)


def create_login_link_as(*, principal: Principal, user: User) -> MadeLink:
    """An owner lets a person in, or back in after a lost password."""
    with changes(principal.actor):
        if not can_manage_users(principal):
            raise Refused("Only owners make login links.")
        return create_login_link(actor=principal.actor, user=user)


def find_login_link(secret: str) -> LoginLink | None:
    """An unspent link, or None; looking does not spend it."""
    return (
        LoginLink.objects.select_related("user")
        .filter(
            digest__in=get_keyring().digest_token(secret),
            used_at=None,
            expires_at__gt=timezone.now(),
            user__is_active=True,
        )
        .first()
    )


def spend_login_link(*, actor: Actor, secret: str, password: str) -> User:
    """Use the link once and set the password; the caller has validated it and signs the user in.

    Raises Gone when the link is unknown, used or expired.
    """
    with changes(actor) as change:
        link = find_login_link(secret)
        now = timezone.now()
        if link is None or not LoginLink.objects.filter(pk=link.pk, used_at=None).update(used_at=now):
            raise Gone("This login link has been used or has expired. Ask for a new one.")
        set_password(actor=actor, user=link.user, password=password)
        change.audit("login_link.spend", subject_of(link.user))
    return link.user
