"""Labels move over versions; a protected one only once somebody else has approved the move.

Lock order: the things that are labelled (`LOCK_ORDER`), then reviews. Every move is a conditional write on
the version that the label was on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.principal import Principal
from configs.domain.config_log import announce_config
from configs.domain.label_changes import request_change
from configs.domain.label_moves import HeldMove, Move, hold_moves
from configs.enums import KnownLabel
from configs.models import ConfigLabel
from configs.models.label import MAX_LABEL_LENGTH
from configs.policies import explain_not_moving
from configs.queries import list_protected
from events.actors import Actor
from events.changes import Change, changes
from events.errors import Conflict, Invalid, Refused
from events.text import make_visible

LABEL = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{MAX_LABEL_LENGTH - 1}}}")
MAX_MOVES = 500


@dataclass(frozen=True, slots=True)
class LabelMoved:
    """The labels stand where they were wanted; `moved` counts those that stood elsewhere."""

    label: str
    moved: int


@dataclass(frozen=True, slots=True)
class ChangeRequested:
    """Nothing has moved: the review of this id waits for somebody else. `is_new` False: it waited already."""

    label: str
    review_id: str
    is_new: bool = True


Outcome = LabelMoved | ChangeRequested


def move_label(
    *,
    principal: Principal,
    kind: str,
    object_id: str,
    label: str,
    number: int | None,
    expected_number: int | None = None,
    reason: str = "",
) -> Outcome:
    """Put the label on this version, or ask for it when the label is protected.

    `number` None takes the label away. `expected_number`: where it was seen, 0 on none, None not at all.
    Raises NotFound, Refused, Invalid or Conflict (`stale_label`, `retired`, `already_open` with the review).
    """
    move = Move(kind=kind, object_id=object_id, number=number, expected_number=expected_number)
    return move_labels(principal=principal, label=label, moves=[move], reason=reason)


def drop_label(
    *,
    principal: Principal,
    kind: str,
    object_id: str,
    label: str,
    expected_number: int | None = None,
    reason: str = "",
) -> Outcome:
    """Take the label away. As `move_label`."""
    return move_label(
        principal=principal,
        kind=kind,
        object_id=object_id,
        label=label,
        number=None,
        expected_number=expected_number,
        reason=reason,
    )


def move_labels(*, principal: Principal, label: str, moves: Sequence[Move], reason: str = "") -> Outcome:
    """Move one label on many things of one team, all or none; one review for all of them."""
    check_label(label)
    if not 0 < len(moves) <= MAX_MOVES:
        raise Invalid(f"moves: from 1 to {MAX_MOVES} at once.", field="moves")
    with changes(principal.actor) as change:
        held = hold_moves(principal, label, moves)
        team_id = held[0].row.team_id
        is_protected = label in list_protected(team_id)
        refusal = explain_not_moving(principal, team_id, label, is_protected=is_protected)
        if refusal:
            subject = held[0].row.subject
            raise Refused(refusal, subject_kind=subject.kind, subject_id=subject.id)
        wanted = [move for move in held if move.is_needed]
        if not wanted:
            return LabelMoved(label, 0)
        if is_protected:
            review, is_new = request_change(change, principal, label, wanted, reason)
            return ChangeRequested(label, review.pk, is_new)
        apply_moves(change, label, wanted)
    return LabelMoved(label, len(wanted))


def check_label(label: str) -> None:
    if label == KnownLabel.DRAFT:
        raise Invalid("label: draft is always the latest version; it does not move.", field="label")
    if not LABEL.fullmatch(label):
        shown = make_visible(label)[:60]
        raise Invalid(
            f"label: {shown!r} is no label; use a-z, 0-9, - and _, at most {MAX_LABEL_LENGTH} characters.",
            field="label",
        )


def apply_moves(change: Change, label: str, moves: Sequence[HeldMove], **more: Any) -> None:
    """The caller holds the rows and has asked whether it may. `more`: further facts for the audit chain."""
    for move in moves:
        write_label(change.actor, label, move)
        row = move.row
        before = {"label": label, "version": move.before, "content_hash": move.before_hash}
        after = {"label": label, "version": move.number, "content_hash": move.number_hash}
        change.audit(
            "config.move_label",
            row.subject,
            before=before,
            after={**after, "team": row.team_id, "name": row.name, **more},
        )
        announce_config(change, row, "label_moved", label=label, labelled=move.number)


def write_label(actor: Actor, label: str, move: HeldMove) -> None:
    """Raises Conflict when it is no longer where it was."""
    row, before = move.row, move.before
    at = ConfigLabel.objects.filter(kind=row.kind, object_id=row.pk, name=label)
    if move.version is None:
        written = at.filter(number=before or 0).delete()[0]
    else:
        values: dict[str, Any] = {
            "version": move.version,
            "number": move.version.number,
            "moved_by_kind": actor.kind,
            "moved_by_id": actor.id,
            "moved_by_label": actor.label[:200],
            "moved_at": timezone.now(),
        }
        if before is None:
            ConfigLabel.objects.create(
                kind=row.kind, object_id=row.pk, team_id=row.team_id, name=label, **values
            )
            return
        written = at.filter(number=before).update(**values)
    if not written:
        raise Conflict("The label was moved meanwhile; look at it again.", code="stale_label")
