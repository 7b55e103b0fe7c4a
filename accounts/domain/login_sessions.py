"""Where people are logged in: noted at each login, stamped coarsely, ended by themselves or by owners."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.addresses import read_address, read_network
from accounts.domain.users import announce_rights, subject_of
from accounts.models import LoginSession, User
from accounts.policies import can_end_sessions_of
from accounts.principal import Principal
from accounts.user_agents import describe_user_agent
from events.actors import Actor
from events.changes import changes
from events.errors import Conflict, Refused

STAMP_EVERY_S = 300.0
# A session's end moves with its writes, the stamp of it follows within STAMP_EVERY_S.
END_SLACK = timedelta(minutes=10)
KEPT = timedelta(days=30)
MAX_TRACKED = 10_000

# When this process stamped which session last, by a clock that only goes forward.
_stamped_at_s: dict[str, float] = {}


def digest_key(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()


def digest_of(request: HttpRequest) -> str:
    """Of this request's session; "" without one."""
    key = request.session.session_key if hasattr(request, "session") else None
    return digest_key(key) if key else ""


def note_login(request: HttpRequest, user: User) -> None:
    """A login has just made or renewed this request's session."""
    if request.session.session_key is None:
        # Django gives it its key when it is stored, which would be after the answer.
        request.session.create()
    stamp(request, user, digest_of(request))


def touch_session(request: HttpRequest) -> None:
    """Note that it is in use; the database hears of it every five minutes at most."""
    digest = digest_of(request)
    if digest and time.monotonic() - _stamped_at_s.get(digest, -STAMP_EVERY_S) >= STAMP_EVERY_S:
        stamp(request, request.user, digest)  # type: ignore[arg-type]  # asked of somebody who is logged in


def stamp(request: HttpRequest, user: User, digest: str) -> None:
    now, address = timezone.now(), read_address(request)
    LoginSession.objects.update_or_create(
        digest=digest,
        defaults={
            "user": user,
            "address": address,
            "network": read_network(address),
            "last_seen_at": now,
            "expires_at": request.session.get_expiry_date() + END_SLACK,
        },
        create_defaults={
            "user": user,
            "address": address,
            "network": read_network(address),
            "browser": describe_user_agent(request.META.get("HTTP_USER_AGENT", "")),
            "created_at": now,
            "last_seen_at": now,
            "expires_at": request.session.get_expiry_date() + END_SLACK,
        },
    )
    if len(_stamped_at_s) >= MAX_TRACKED:
        _stamped_at_s.clear()
    _stamped_at_s[digest] = time.monotonic()


def note_logout(request: HttpRequest) -> None:
    LoginSession.objects.filter(digest=digest_of(request), ended_at=None).update(ended_at=timezone.now())


def follow_renewed_key(request: HttpRequest, digest: str) -> None:
    """Django gave this session a new key (`digest` is of the old one); it is still the same login."""
    LoginSession.objects.filter(digest=digest).update(digest=digest_of(request))


def list_open_sessions(now: datetime) -> QuerySet[LoginSession]:
    return LoginSession.objects.filter(ended_at=None, expires_at__gt=now)


# Ending -----------------------------------------------------------------------------------------------


def end_session(*, principal: Principal, session: LoginSession) -> None:
    with changes(principal.actor):
        if not can_end_sessions_of(principal, session.user):
            raise Refused("People end their own logins; owners end those of others.")
        if not end_sessions(actor=principal.actor, user=session.user, only=session.digest):
            raise Conflict("This login has ended already.")


def end_sessions_as(*, principal: Principal, user: User, keep: str = "") -> int:
    """End every login of this user but the one with the digest `keep`; returns how many."""
    with changes(principal.actor):
        if not can_end_sessions_of(principal, user):
            raise Refused("People end their own logins; owners end those of others.")
        return end_sessions(actor=principal.actor, user=user, keep=keep)


def end_sessions(*, actor: Actor, user: User, only: str = "", keep: str = "") -> int:
    """The same without asking who may; open pages and websockets of the sessions end with them."""
    now = timezone.now()
    with changes(actor) as change:
        ending = list_open_sessions(now).filter(user=user).exclude(digest=keep)
        if only:
            ending = ending.filter(digest=only)
        digests = list(ending.values_list("digest", flat=True))
        if not digests:
            return 0
        LoginSession.objects.filter(digest__in=digests).update(ended_at=now)
        Session.objects.filter(pk__in=find_session_keys(digests, now)).delete()
        change.audit("session.end", subject_of(user), before={"count": len(digests)})
        announce_rights(change, user)
    return len(digests)


def find_session_keys(digests: Collection[str], now: datetime) -> list[str]:
    """The keys of Django's sessions that have these digests; a digest does not lead back to its key."""
    wanted = frozenset(digests)
    keys = Session.objects.filter(expire_date__gt=now).values_list("pk", flat=True).iterator()
    return [key for key in keys if digest_key(key) in wanted]


def drop_ended_sessions(*, now: datetime) -> int:
    """Django's expired sessions at once, our notes of logins 30 days after their end; returns the notes."""
    Session.objects.filter(expire_date__lte=now).delete()
    return LoginSession.objects.filter(expires_at__lte=now - KEPT).delete()[0]
