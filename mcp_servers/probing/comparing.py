"""What differs between two listings; a removed and an added one that are alike are one that was renamed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from mcp_servers.probing.digests import digest, digest_item, sort_key
from mcp_servers.probing.listing import FIELDS, KEYS, KINDS, Item, Listing

ADDED = "added"
REMOVED = "removed"
CHANGED = "changed"
RENAMED = "renamed"
INSTRUCTIONS = "instructions"
# Some words may differ before two are called different things.
ALIKE_FROM = 0.75
WEIGHT_OF_WORDS = 0.6
MAX_COMPARED = 20
MAX_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class ListingChange:
    """`name` is the present name, of a removed one its last; `fields` are the names on the wire.

    `before` and `after` are the items, empty where there is none; of instructions {"text": …}.
    """

    kind: str
    name: str
    change: str
    fields: tuple[str, ...] = ()
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        return cls(raw["kind"], raw["name"], raw["change"], tuple(raw["fields"]), raw["before"], raw["after"])

    def write(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "change": self.change,
            "fields": list(self.fields),
            "before": None if self.before is None else dict(self.before),
            "after": None if self.after is None else dict(self.after),
        }


def compare_listings(before: Listing, after: Listing) -> tuple[ListingChange, ...]:
    """In the order tools, prompts, resources, templates, instructions; within each by name."""
    changes: list[ListingChange] = []
    for kind in KINDS:
        changes += sorted(compare_kind(kind, before.index(kind), after.index(kind)), key=lambda one: one.name)
    if digest(before.instructions) != digest(after.instructions):
        texts = {"text": before.instructions}, {"text": after.instructions}
        changes.append(ListingChange(INSTRUCTIONS, "", CHANGED, ("text",), *texts))
    return tuple(changes)


def compare_kind(kind: str, before: Mapping[str, Item], after: Mapping[str, Item]) -> Iterator[ListingChange]:
    for name in before.keys() & after.keys():
        if fields := list_changed(kind, before[name], after[name]):
            yield ListingChange(kind, name, CHANGED, fields, before[name], after[name])
    removed = {name: before[name] for name in sorted(before.keys() - after.keys())}
    added = {name: after[name] for name in sorted(after.keys() - before.keys())}
    for old, new in find_renamed(kind, removed, added):
        was, became = removed.pop(old), added.pop(new)
        yield ListingChange(kind, new, RENAMED, list_changed(kind, was, became), was, became)
    for name, item in removed.items():
        yield ListingChange(kind, name, REMOVED, (), item, None)
    for name, item in added.items():
        yield ListingChange(kind, name, ADDED, (), None, item)


def list_changed(kind: str, before: Item, after: Item) -> tuple[str, ...]:
    return tuple(field for field in FIELDS[kind] if digest([before.get(field)]) != digest([after.get(field)]))


def find_renamed(kind: str, removed: Mapping[str, Item], added: Mapping[str, Item]) -> list[tuple[str, str]]:
    """Pairs of an old and a new name: first those alike to the letter, then the most alike."""
    free_old, free_new = dict(removed), dict(added)
    pairs = []
    for likeness, old, new in sorted(rate_pairs(kind, removed, added), key=lambda one: (-one[0], *one[1:])):
        if likeness >= ALIKE_FROM and old in free_old and new in free_new:
            pairs.append((old, new))
            del free_old[old], free_new[new]
    return pairs


def rate_pairs(
    kind: str, removed: Mapping[str, Item], added: Mapping[str, Item]
) -> Iterator[tuple[float, str, str]]:
    # A server that was exchanged as a whole has no renamed parts, and comparing all with all takes long.
    is_small = max(len(removed), len(added)) <= MAX_COMPARED
    same = {digest_item(drop_key(kind, item)): name for name, item in added.items()}
    for old, item in removed.items():
        if new := same.get(digest_item(drop_key(kind, item))):
            yield 1.0, old, new
        elif is_small:
            for new, other in added.items():
                yield rate_likeness(drop_key(kind, item), drop_key(kind, other)), old, new


def rate_likeness(one: dict[str, Any], other: dict[str, Any]) -> float:
    """From 0 to 1; what it says of itself counts more than what it takes, which many tools share."""
    words = rate_texts(*(f"{item.pop('title', '')} {item.pop('description', '')}" for item in (one, other)))
    return WEIGHT_OF_WORDS * words + (1 - WEIGHT_OF_WORDS) * rate_texts(sort_key(one), sort_key(other))


def rate_texts(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one[:MAX_LENGTH], other[:MAX_LENGTH], autojunk=False).ratio()


def drop_key(kind: str, item: Item) -> dict[str, Any]:
    return {field: value for field, value in item.items() if field != KEYS[kind]}
