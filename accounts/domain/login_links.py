"""One-use login links, spent on POST, leading to setting a password.

Made as a password reset (15 minutes) or as the way in of an invitation (7 days).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.domain.login_sessions import end_sessions
from accounts.domain.recent_login import require_recent_login
from accounts.domain.users import set_password, subject_of
from accounts.models import Invitation, LoginLink, User
from accounts.policies import can_reset_password
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


def create_login_link(*, actor: Actor, user: User, lifetime: timedelta = LIFETIME) -> MadeLink:
    """A fresh link for a person; earlier unused links of theirs end."""
    if user.is_service or not user.is_active:
        raise Invalid("Login links are for active people.")
    secret, now = secrets.token_urlsafe(32), timezone.now()
    with changes(actor) as change:
        # Two links made at once would both stay: the user's row makes them take turns.
        lock_rows(User.objects.filter(pk=user.pk))
        end_login_links(user)
        link = LoginLink.objects.create(
            user=user, digest=get_keyring().digest_token(secret)[0], expires_at=now + lifetime
        )
        change.audit("login_link.create", subject_of(user))
    return MadeLink(link, secret)


def end_login_links(user: User) -> None:
    """Inside `changes()`, with the user's row held or the user's right to come in gone."""
    LoginLink.objects.filter(user=user, used_at=None).update(used_at=timezone.now())


def reset_password(*, principal: Principal, user: User) -> MadeLink:
    """A link to set a new password with; every session of the person ends now, and again with its use.

    The old password works until then: whoever only wants to lock somebody out retires them.
    """
    with changes(principal.actor) as change:
        if not can_reset_password(principal, user):
            raise Refused(
                "Owners reset anybody's password; team admins those of people who are in their teams alone."
            )
        require_recent_login(principal)
        change.audit("user.reset_password", subject_of(user))
        end_sessions(actor=principal.actor, user=user)
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
        end_sessions(actor=actor, user=link.user)
        accepted = Invitation.objects.filter(user=link.user, accepted_at=None, revoked_at=None)
        if accepted.update(accepted_at=now):
            change.audit("invitation.accept", subject_of(link.user))
        change.audit("login_link.spend", subject_of(link.user))
    return link.user
