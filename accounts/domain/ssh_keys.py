"""SSH keys: added by their person, changed, deactivated, taken back, deleted; who may fetch them.

What lets somebody in needs a login of the last minutes where a person acts in a session, as making an API
token does. What keeps somebody out needs nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.domain.recent_login import require_recent_login
from accounts.domain.ssh_access import announce_access_of
from accounts.models import SshKey, Team, User
from accounts.policies import (
    can_add_ssh_keys,
    can_change_ssh_key,
    can_end_ssh_key,
    can_see_ssh_key,
    can_sync_ssh_keys,
)
from accounts.principal import Principal
from accounts.queries import list_admitted_ssh_keys, list_teams
from accounts.ssh.parsing import PublicKey, read_public_key
from events.actors import Subject
from events.changes import Change, changes, lock_rows
from events.errors import Conflict, Invalid, NotFound, Refused
from events.identifiers import is_record_id
from events.refusals import record_refusal
from events.text import list_deceptions, read_line

MAX_NAME_LENGTH = 80
MOST_KEYS = 50
CHANGEABLE = ("name", "expires_at")
LAST_USED_RESOLUTION = timedelta(minutes=1)


def subject_of(key: SshKey) -> Subject:
    return Subject("ssh_key", key.pk)


def add_ssh_key(
    *, principal: Principal, public_key: str, name: str = "", expires_at: datetime | None = None
) -> SshKey:
    """A key of one's own from the line of its .pub file; without a `name` its comment names the device.

    Raises Invalid with what to do for anything but a sound public key, Conflict for a known one.
    """
    with changes(principal.actor) as change:
        if not can_add_ssh_keys(principal):
            raise Refused("Only people add SSH keys, each their own.")
        require_recent_person(principal)
        read = read_public_key(public_key)
        name = read_name(name or suggest_name(read))
        check_expiry(expires_at, timezone.now())
        # Held, so that the count is right and a retirement in between is seen.
        [user] = lock_rows(User.objects.filter(pk=principal.user.pk))
        if not user.is_active:
            raise Refused("Retired people add no keys.")
        if SshKey.objects.filter(user=user, deleted_at=None).count() >= MOST_KEYS:
            raise Conflict(f"You have {MOST_KEYS} keys. Delete those you no longer use.")
        key = insert_key(user, read, name, expires_at)
        change.audit("ssh_key.add", subject_of(key), after={"user": user.pk, **describe(key)})
        announce_key(change, key, "active")
    return key


def insert_key(user: User, read: PublicKey, name: str, expires_at: datetime | None) -> SshKey:
    """Raises Conflict, saying whose it is only to its own person."""
    try:
        with transaction.atomic():
            return SshKey.objects.create(
                user=user,
                name=name,
                key_type=read.key_type,
                bits=read.bits,
                public_key=read.text,
                fingerprint=read.fingerprint,
                expires_at=expires_at,
            )
    except IntegrityError as error:
        own = SshKey.objects.filter(fingerprint=read.fingerprint, deleted_at=None, user=user).first()
        if own is None:
            sentence = "This key is registered already, and not by you. Make a key of your own."
        elif own.is_active:
            sentence = f"You have this key already, as “{own.name}”."
        else:
            sentence = f"You have this key already, as “{own.name}”; it is deactivated. Take it back instead."
        raise Conflict(sentence, code="duplicate_key", field="public_key") from error


def suggest_name(read: PublicKey) -> str:
    """The comment, mostly `person@device`, as far as it can be shown; else the type."""
    comment = read.comment[:MAX_NAME_LENGTH].strip()
    return comment if comment and not list_deceptions(comment) else read.key_type


def read_name(name: str) -> str:
    return read_line(name, field="name", max_length=MAX_NAME_LENGTH, is_required=True)


def check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise Invalid("A key expires in the future, or never.", field="expires_at")


def require_recent_person(principal: Principal) -> None:
    """A token that may write keys was made with a recent login itself."""
    if principal.token is None:
        require_recent_login(principal)


def change_ssh_key(*, principal: Principal, key_id: str, values: dict[str, Any]) -> SshKey:
    """Change `name` and `expires_at` (None: never), some of CHANGEABLE; the key itself stays what it is."""
    with changes(principal.actor) as change:
        key = lock_key(principal, key_id)
        if not can_change_ssh_key(principal, key):
            raise Refused("Only its person changes an SSH key.")
        after = read_values(values)
        before = {field: getattr(key, field) for field in after}
        if after == before:
            return key
        if "expires_at" in after and after["expires_at"] != key.expires_at:
            check_expiry(after["expires_at"], timezone.now())
            if lets_in_longer(key.expires_at, after["expires_at"]):
                require_recent_person(principal)
        SshKey.objects.filter(pk=key.pk).update(**after)
        for field, value in after.items():
            setattr(key, field, value)
        change.audit("ssh_key.change", subject_of(key), before=plain(before), after=plain(after))
        announce_key(change, key, describe_state(key))
    return key


def read_values(values: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(values) - set(CHANGEABLE))
    if unknown:
        raise Invalid(f"An SSH key's {unknown[0]} can't be changed.", field=unknown[0])
    return {field: read_name(value) if field == "name" else value for field, value in values.items()}


def lets_in_longer(before: datetime | None, after: datetime | None) -> bool:
    return before is not None and (after is None or after > before)


def deactivate_ssh_key(*, principal: Principal, key_id: str) -> SshKey:
    """It lets nobody in from now on; its person may take it back."""
    with changes(principal.actor) as change:
        key = lock_key(principal, key_id)
        require_may_end(principal, key)
        if not key.is_active:
            raise Conflict("This key is deactivated already.")
        now = timezone.now()
        SshKey.objects.filter(pk=key.pk).update(is_active=False, deactivated_at=now)
        key.is_active, key.deactivated_at = False, now
        change.audit("ssh_key.deactivate", subject_of(key), before={"is_active": True, "user": key.user_id})
        announce_key(change, key, "inactive")
    return key


def activate_ssh_key(*, principal: Principal, key_id: str) -> SshKey:
    """Take a deactivated key back."""
    with changes(principal.actor) as change:
        key = lock_key(principal, key_id)
        if not can_change_ssh_key(principal, key):
            raise Refused("Only its person takes an SSH key back.")
        require_recent_person(principal)
        if key.is_active:
            raise Conflict("This key is active already.")
        if key.is_expired(timezone.now()):
            raise Conflict("This key has expired. Give it another end first, or add a new key.")
        SshKey.objects.filter(pk=key.pk).update(is_active=True, deactivated_at=None)
        key.is_active, key.deactivated_at = True, None
        change.audit("ssh_key.activate", subject_of(key), after={"is_active": True, "user": key.user_id})
        announce_key(change, key, "active")
    return key


def delete_ssh_key(*, principal: Principal, key_id: str) -> None:
    """It is gone from every list; its fingerprint stays with who had it."""
    with changes(principal.actor) as change:
        key = lock_key(principal, key_id)
        require_may_end(principal, key)
        delete_row(change, key)
        announce_key(change, key, "deleted")


def require_may_end(principal: Principal, key: SshKey) -> None:
    if not can_end_ssh_key(principal, key):
        raise Refused("Only its person and owners end an SSH key.")


def delete_ssh_keys_of(change: Change, user: User) -> None:
    """All of a user who is retired; the caller has checked the actor's right to do so."""
    keys = lock_rows(SshKey.objects.filter(user=user, deleted_at=None))
    for key in keys:
        delete_row(change, key)
    # Whether or not there are keys: the sandbox may hold what it last fetched.
    announce_access_of(change, user)


def delete_row(change: Change, key: SshKey) -> None:
    """What is a person's goes: the key's text and what they called its device."""
    now = timezone.now()
    SshKey.objects.filter(pk=key.pk).update(
        name="", is_active=False, public_key="", deactivated_at=key.deactivated_at or now, deleted_at=now
    )
    change.audit("ssh_key.delete", subject_of(key), before={"user": key.user_id, **describe(key)})


def lock_key(principal: Principal, key_id: str) -> SshKey:
    """Raises NotFound alike for what is not there and for what this principal may not see."""
    live = SshKey.objects.select_related("user").filter(deleted_at=None)
    rows = lock_rows(live.filter(pk=key_id)) if is_record_id(key_id) else []
    if not rows or not can_see_ssh_key(principal, rows[0]):
        raise NotFound("There is no such SSH key.")
    key: SshKey = rows[0]
    return key


def describe(key: SshKey) -> dict[str, Any]:
    """What the audit chain keeps: never the key's text, nor the device's name, which may be a person's."""
    return plain({"fingerprint": key.fingerprint, "expires_at": key.expires_at})


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the audit chain takes them; a device's name stays out, so that it can be erased."""
    return {
        field: value.isoformat() if isinstance(value, datetime) else value
        for field, value in values.items()
        if field != "name"
    }


def describe_state(key: SshKey) -> str:
    return "active" if key.is_active else "inactive"


def announce_key(change: Change, key: SshKey, state: str) -> None:
    """Tell the person, and the sandboxes that the key opens or opened."""
    audience = f"user:{key.user_id}"
    change.event(
        "ssh_key.changed", subject_of(key), topic="notices", audience=audience, words={"state": state}
    )
    announce_access_of(change, key.user)


# The sandbox ----------------------------------------------------------------------------------------


def find_sandbox_team(principal: Principal, team_id: str = "") -> Team:
    """The team whose sandbox this principal keeps: `team_id`, else its only one.

    Raises Invalid when there are several to choose from, NotFound or Refused otherwise.
    """
    teams = list_teams(principal)
    if team_id:
        team = teams.filter(pk=team_id).first()
        if team is None:
            raise NotFound("There is no such team.")
    else:
        own = list(teams.filter(pk__in=principal.team_ids)[:2])
        if len(own) != 1:
            raise Invalid("Say of which team, by its id.", field="team")
        team = own[0]
    require_may_sync(principal, team)
    return team


def require_may_sync(principal: Principal, team: Team) -> None:
    """Raises Refused, on record though nothing would have been changed."""
    if can_sync_ssh_keys(principal, team):
        return
    refusal = Refused(
        "Only the team's admins and its service accounts with the scope ssh_keys:sync may do this."
    )
    record_refusal(principal.actor, refusal, Subject("team", team.pk))
    raise refusal


def record_ssh_key_use(
    *, principal: Principal, team: Team, fingerprint: str, now: datetime | None = None
) -> None:
    """A sandbox says that somebody has logged in with this key. Kept by the minute, not audited.

    Raises NotFound for a key that does not let anybody in there now.
    """
    now = now or timezone.now()
    require_may_sync(principal, team)
    admitted = list_admitted_ssh_keys(now=now, team=team)
    key = admitted.filter(fingerprint=fingerprint).first()
    if key is None:
        raise NotFound("No key of this fingerprint opens the team's sandbox.")
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_RESOLUTION)
    SshKey.objects.filter(stale, pk=key.pk, deleted_at=None).update(last_used_at=now)
