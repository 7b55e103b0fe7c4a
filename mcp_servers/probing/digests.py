"""One number for each thing a server offers: whether it is still what was approved.

SHA-256 over canonical JSON: sorted names, Unicode in composed form (NFC), `required` and `enum` in any order.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from mcp_servers.probing.listing import KINDS, Item, Listing, ListingError

UNORDERED = frozenset({"required", "enum"})


@dataclass(frozen=True, slots=True)
class Digests:
    """`items` by kind and name; `totals` of tools, prompts, resources, templates, instructions."""

    items: Mapping[tuple[str, str], str]
    totals: Mapping[str, str]
    total: str

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        items = {(kind, name): digest for kind in KINDS for name, digest in raw["items"][kind].items()}
        return cls(items, dict(raw["totals"]), raw["total"])

    def write(self) -> dict[str, Any]:
        by_kind: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
        for (kind, name), digest in sorted(self.items.items()):
            by_kind[kind][name] = digest
        return {"items": by_kind, "totals": dict(self.totals), "total": self.total}


def digests(listing: Listing) -> Digests:
    """Raises ListingError for texts that no canonical form exists of."""
    items = {(kind, name): digest_item(item) for kind in KINDS for name, item in listing.index(kind).items()}
    totals = {
        f"{kind}s": digest(sorted([name, value] for (of, name), value in items.items() if of == kind))
        for kind in KINDS
    }
    totals["instructions"] = digest(listing.instructions)
    return Digests(items, totals, digest(totals))


def digest_item(item: Item) -> str:
    return digest(dict(item))


def digest(value: Any) -> str:
    return hashlib.sha256(write_canonical(value)).hexdigest()


def write_canonical(value: Any) -> bytes:
    try:
        text = json.dumps(
            normalise(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        return text.encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise ListingError(f"It offers something that can't be written down exactly: {error}") from None


def normalise(value: Any, key: str = "") -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return normalise_names({name: normalise(entry, name) for name, entry in value.items()})
    if isinstance(value, list | tuple):
        entries = [normalise(entry) for entry in value]
        return sorted(entries, key=sort_key) if key in UNORDERED else entries
    return value


def normalise_names(value: dict[str, Any]) -> dict[str, Any]:
    """Two names that are one in composed form stay two: none of them may vanish from the digest."""
    composed = {unicodedata.normalize("NFC", name): entry for name, entry in value.items()}
    return composed if len(composed) == len(value) else value


def sort_key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
