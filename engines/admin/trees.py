"""Delegations as a tree, flattened for a page: each row knows its level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from accounts.admin.display import Pill
from engines.admin.states import describe_subagent
from engines.models import Subagent

MAX_LEVEL = 32


@dataclass(frozen=True, slots=True)
class Branch:
    """One delegation at its place in the tree; `level` begins at 1."""

    subagent: Subagent
    pill: Pill
    level: int


def grow_tree(subagents: list[Subagent]) -> list[Branch]:
    """Children right below their parents, in the given order; without a parent among them a row is a root."""
    known = {subagent.pk for subagent in subagents}
    children: dict[str | None, list[Subagent]] = defaultdict(list)
    for subagent in subagents:
        children[subagent.parent_id if subagent.parent_id in known else None].append(subagent)
    return list(walk(children, None, 1))


def walk(children: dict[str | None, list[Subagent]], parent_id: str | None, level: int) -> Iterator[Branch]:
    if level > MAX_LEVEL:
        return
    for subagent in children[parent_id]:
        yield Branch(subagent, describe_subagent(subagent), level)
        yield from walk(children, subagent.pk, level + 1)
