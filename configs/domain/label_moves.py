"""What a move of a label is about, held until the commit: the thing, where the label is, where it goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.principal import Principal
from configs.kinds import KINDS, get_kind
from configs.models import ConfigLabel, ConfigVersion
from configs.queries import list_objects
from events.changes import lock_rows
from events.errors import Conflict, Invalid, NotFound
from events.identifiers import is_record_id

# Agents before what they refer to: as a save of an agent holds them.
LOCK_ORDER = list(KINDS)[::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """`number` None takes the label away.

    `expected_number`: the version where the label was seen, 0 on none, None when nobody looked.
    """

    kind: str
    object_id: str
    number: int | None
    expected_number: int | None = None


@dataclass(frozen=True, slots=True)
class HeldMove:
    """`row` is held. `before` is the version's number that the label is on, None when it is on none."""

    row: Any
    before: int | None
    before_hash: str | None
    version: ConfigVersion | None

    @property
    def number(self) -> int | None:
        return self.version.number if self.version else None

    @property
    def number_hash(self) -> str | None:
        return self.version.content_hash if self.version else None

    @property
    def is_needed(self) -> bool:
        return self.number != self.before


def hold_moves(principal: Principal, label: str, moves: Sequence[Move]) -> list[HeldMove]:
    """In the order in which they came. Raises NotFound, Invalid or Conflict; never holds what is not seen."""
    keys = [(move.kind, move.object_id) for move in moves]
    if len(set(keys)) != len(keys):
        raise Invalid("moves: each thing stands here once.", field="moves")
    rows: dict[tuple[str, str], Any] = {}
    for kind in {move.kind for move in moves}:
        get_kind(kind)
    for kind, ids in group_keys(keys):
        seen = list_objects(principal, kind).filter(pk__in=[one for one in ids if is_record_id(one)])
        rows |= {(kind, row.pk): row for row in lock_rows(seen)}
    if missing := [key for key in keys if key not in rows]:
        raise NotFound(f"There is no such {KINDS[missing[0][0]].label}.")
    if len({row.team_id for row in rows.values()}) > 1:
        raise Invalid("moves: things of one team at a time.", field="moves")
    held = read_moves(label, [(rows[move.kind, move.object_id], move.number) for move in moves])
    for move, there in zip(moves, held, strict=True):
        if there.row.is_retired:
            raise Conflict(f"{there.row.name} is retired.", code="retired")
        if move.expected_number is not None and move.expected_number != (there.before or 0):
            raise Conflict(
                f"The label {label} of {there.row.name} was moved meanwhile: it is on "
                f"{f'version {there.before}' if there.before else 'no version'}.",
                code="stale_label",
                number=there.before or 0,
            )
    return held


def group_keys(keys: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """[(kind, ids)] in the order in which rows are held."""
    found: dict[str, list[str]] = {}
    for kind, object_id in keys:
        found.setdefault(kind, []).append(object_id)
    return sorted(found.items(), key=lambda item: LOCK_ORDER.index(item[0]))


def read_moves(label: str, wanted: Sequence[tuple[Any, int | None]]) -> list[HeldMove]:
    """`wanted`: (row, version number). Raises NotFound for a version that there is not."""
    labels = read_labels(label, [row.pk for row, _ in wanted])
    # No other number fits the column, and SQLite can't even be asked for it.
    numbers = {number for _, number in wanted if number is not None and 0 < number < 2**31}
    versions = {
        (version.object_id, version.number): version
        for version in ConfigVersion.objects.defer("content").filter(
            object_id__in=[row.pk for row, _ in wanted], number__in=numbers
        )
    }
    held = []
    for row, number in wanted:
        if number is not None and (row.pk, number) not in versions:
            raise NotFound(f"There is no version {number} of {row.name}.")
        there = labels.get(row.pk)
        held.append(
            HeldMove(
                row,
                there.number if there else None,
                there.version.content_hash if there else None,
                versions[row.pk, number] if number is not None else None,
            )
        )
    return held


def read_labels(label: str, object_ids: Iterable[str]) -> dict[str, ConfigLabel]:
    """{id of the thing: the label}; ids are unique across kinds."""
    labels = ConfigLabel.objects.filter(name=label, object_id__in=list(object_ids))
    return {row.object_id: row for row in labels.select_related("version").defer("version__content")}
