"""People and their tools save, restore, copy and retire what is configured. Every door comes through here.

A save of other content makes the next `ConfigVersion` and moves the row by a conditional UPDATE on the
version that was read: of two editors the second gets a Conflict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from configs.content import AgentContent, Content, ContentError, hash_content, read_content as read_content_of
from configs.domain.config_log import announce_config, describe_version
from configs.domain.label_changes import withdraw_changes_of
from configs.domain.references import (
    list_taken_keys,
    require_free_key,
    require_references,
    require_unused,
)
from configs.enums import ConfigKind
from configs.kinds import KINDS, get_kind, list_columns
from configs.models import ConfigLabel, Configured, ConfigVersion
from configs.policies import can_read_config, explain_not_editing
from configs.queries import get_object, list_objects, list_protected, read_content
from events.changes import Change, changes, lock_rows
from events.errors import Conflict, Invalid, Refused
from events.identifiers import make_id
from events.text import read_lines

MAX_NOTE_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Saved:
    """`is_changed` False: it said so already, and nothing was written."""

    row: Any
    version: ConfigVersion
    is_new: bool = False
    is_changed: bool = True


def read_fields(kind: str, fields: Mapping[str, Any]) -> Content:
    """The content that these fields say. Raises NotFound for the kind, Invalid for the first wrong field."""
    get_kind(kind)
    try:
        return read_content_of(kind, fields)
    except ContentError as error:
        raise Invalid(str(error), field=error.field) from None


def save_object(
    *,
    principal: Principal,
    kind: str,
    team: Team | None,
    content: Content,
    object_id: str | None = None,
    expected_version: int | None = None,
    note: str = "",
) -> Saved:
    """Write something new, or the next version of what is there.

    `team` None is everybody's. `expected_version` is the version that was edited: None for something new.
    `note` says why, for its history. Raises NotFound, Refused, Invalid (nothing is saved) or Conflict:
    changed meanwhile (`stale_version`, with `version`), retired, or the name is taken (`name_taken`).
    """
    return save_version(principal, kind, team, content, object_id or "", expected_version, note, None)


def save_version(
    principal: Principal,
    kind: str,
    team: Team | None,
    content: Content,
    object_id: str,
    expected_version: int | None,
    note: str,
    based_on: int | None,
) -> Saved:
    """`based_on`: the version that is restored, None for the latest."""
    note = read_lines(note, field="note", max_length=MAX_NOTE_LENGTH)
    content = read_fields(kind, content.write())
    now = timezone.now()
    with changes(principal.actor) as change:
        refuse(explain_not_editing(principal, team.pk if team else None), kind, object_id)
        row = hold_row(principal, kind, object_id) if object_id else None
        if row is None:
            row, version = insert_object(principal, kind, team, content, note, now)
            return record_save(change, row, version, None)
        if row.team_id != (team.pk if team else None):
            raise Invalid("team: it stays with its team.", field="team")
        require_shown(row, expected_version)
        before = row.latest
        if before.content_hash == hash_content(content):
            return Saved(row, before, is_changed=False)
        version = update_object(principal, row, content, note, based_on or row.version, now)
        return record_save(change, row, version, before)


def record_save(
    change: Change, row: Configured, version: ConfigVersion, before: ConfigVersion | None
) -> Saved:
    was = {"version": before.number, "content_hash": before.content_hash} if before else None
    change.audit("config.save", row.subject, before=was, after=describe_version(row, version))
    announce_config(change, row, "saved")
    return Saved(row, version, is_new=before is None)


def hold_row(principal: Principal, kind: str, object_id: str) -> Any:
    """As `get_object`, the row held until the commit: what is configured before its labels and reviews."""
    get_object(principal, kind, object_id)
    # Without its latest version: PostgreSQL drops a joined row that moved on while it waited for the lock.
    [row] = lock_rows(list_objects(principal, kind).filter(pk=object_id))
    return row


def insert_object(
    principal: Principal, kind: str, team: Team | None, content: Content, note: str, now: datetime
) -> tuple[Any, ConfigVersion]:
    if team is not None and team.retired_at is not None:
        raise Conflict("The team is retired.", code="retired")
    require_references(team=team, content=content)
    require_free_key(kind=kind, team=team, content=content)
    row = KINDS[kind].model(
        id=make_id(),
        team=team,
        created_by=principal.user,
        created_at=now,
        changed_at=now,
        **list_columns(content),
    )
    row.latest = write_version(principal, row, content, note, None, now)
    row.save(force_insert=True)
    return row, row.latest


def update_object(
    principal: Principal, row: Any, content: Content, note: str, based_on: int, now: datetime
) -> ConfigVersion:
    require_references(team=row.team, content=content)
    if content.key != row.key:
        require_free_key(kind=row.kind, team=row.team, content=content, except_id=row.pk)
    number = row.version
    row.version = number + 1
    version = write_version(principal, row, content, note, based_on, now)
    row.version = number
    move_row(row, {**list_columns(content), "version": number + 1, "latest": version, "changed_at": now})
    return version


def write_version(
    principal: Principal, row: Configured, content: Content, note: str, based_on: int | None, now: datetime
) -> ConfigVersion:
    actor = principal.actor
    return ConfigVersion.objects.create(
        kind=row.kind,
        object_id=row.pk,
        team_id=row.team_id,
        number=row.version,
        content=content.write(),
        content_hash=hash_content(content),
        note=note,
        author_kind=actor.kind,
        author_id=actor.id,
        author_label=actor.label[:200],
        door=actor.door,
        based_on=based_on,
        created_at=now,
    )


def move_row(row: Any, values: dict[str, Any]) -> None:
    """The conditional UPDATE of every change; sets the values on `row` too."""
    rows = type(row).objects.filter(pk=row.pk, version=row.version, retired_at=row.retired_at)
    if not rows.update(**values):
        raise explain_conflict(type(row).objects.get(pk=row.pk))
    for name, value in values.items():
        setattr(row, name, value)


def require_shown(row: Configured, expected_version: int | None) -> None:
    """What is changed must be live, and what was shown."""
    if row.is_retired or expected_version != row.version:
        raise explain_conflict(row)


def explain_conflict(row: Configured) -> Conflict:
    if row.is_retired:
        return Conflict("It is retired; take it back first.", code="retired", version=row.version)
    return Conflict(
        f"It was changed meanwhile: version {row.version} is the latest. Look at both.",
        code="stale_version",
        version=row.version,
    )


def restore_version(
    *,
    principal: Principal,
    kind: str,
    object_id: str,
    number: int,
    expected_version: int | None,
    note: str = "",
) -> Saved:
    """Save what an older version said as the newest one. Raises as `save_object` does."""
    row = get_object(principal, kind, object_id)
    content = read_content(row, number)
    note = note.strip() or f"Restored version {number}."
    return save_version(principal, kind, row.team, content, row.pk, expected_version, note, number)


def copy_object(
    *,
    principal: Principal,
    kind: str,
    object_id: str,
    team: Team | None,
    name: str = "",
    number: int | None = None,
    note: str = "",
) -> Saved:
    """Something new that says the same, also of another team; `name` "" finds a free one.

    Raises NotFound, Refused (its content is not this principal's to read), Invalid or Conflict.
    """
    with changes(principal.actor):
        row = get_object(principal, kind, object_id)
        if not can_read_config(principal, row):
            raise Refused("Only members of its team read what it says.", subject_kind=kind, subject_id=row.pk)
        content = read_content(row, number)
        named = replace(content, name=name or find_free_name(kind, team, content))
        if row.team_id is not None and row.team_id != (team.pk if team else None):
            named = drop_references(named)
        return save_object(
            principal=principal,
            kind=kind,
            team=team,
            content=named,
            note=note.strip() or f"Copied from {row.name}, version {number or row.version}.",
        )


def drop_references(content: Content) -> Content:
    """A copy for another team can't use what is the first team's."""
    if isinstance(content, AgentContent):
        return replace(content, prompt="", model="", prompt_values={})
    return content


def find_free_name(kind: str, team: Team | None, content: Content) -> str:
    """The name itself, else with `-2`, `-3` … behind it."""
    if kind in {ConfigKind.TOOL_RULES, ConfigKind.MODEL}:
        return content.name
    taken = list_taken_keys(kind, team)
    candidates = [content.name, *(f"{content.name[:60]}-{number}" for number in range(2, 1000))]
    return next((name for name in candidates if name not in taken), content.name)


def retire_object(
    *, principal: Principal, kind: str, object_id: str, expected_version: int | None = None, reason: str = ""
) -> Any:
    """It takes part in nothing new any more; its labels go. Returns the row.

    Raises NotFound, Refused, Invalid, or Conflict: changed meanwhile, retired, used by something
    (`in_use`), or it wears a protected label (`labelled`), which somebody else has to take off first.
    """
    reason = read_lines(reason, field="reason", max_length=MAX_NOTE_LENGTH)
    with changes(principal.actor) as change:
        row = hold_row(principal, kind, object_id)
        refuse(explain_not_editing(principal, row.team_id), kind, row.pk)
        require_shown(row, row.version if expected_version is None else expected_version)
        require_unused(row)
        labels = ConfigLabel.objects.filter(kind=kind, object_id=row.pk)
        worn = dict(labels.values_list("name", "number"))
        if kept := sorted(set(worn) & list_protected(row.team_id)):
            raise Conflict(
                f"It is labelled {kept[0]}, which is protected: take that label off first.", code="labelled"
            )
        labels.delete()
        now = timezone.now()
        move_row(row, {"retired_at": now, "changed_at": now})
        withdraw_changes_of(change, row, reason=f"{row.name} was retired.")
        after = {**describe_version(row, row.latest), "reason": reason}
        change.audit("config.retire", row.subject, before={"labels": worn}, after=after)
        announce_config(change, row, "retired")
    return row


def unretire_object(*, principal: Principal, kind: str, object_id: str) -> Any:
    """Take a retired one back, without labels. Raises NotFound, Refused or Conflict (live, name taken)."""
    with changes(principal.actor) as change:
        row = hold_row(principal, kind, object_id)
        refuse(explain_not_editing(principal, row.team_id), kind, row.pk)
        if not row.is_retired:
            raise Conflict("It is not retired.", code="already")
        content = read_content(row)
        require_references(team=row.team, content=content)
        require_free_key(kind=kind, team=row.team, content=content, except_id=row.pk)
        move_row(row, {"retired_at": None, "changed_at": timezone.now()})
        change.audit("config.restore", row.subject, after=describe_version(row, row.latest))
        announce_config(change, row, "restored")
    return row


def refuse(refusal: str, kind: str, object_id: str) -> None:
    if refusal:
        raise Refused(refusal, subject_kind=kind, subject_id=object_id)
