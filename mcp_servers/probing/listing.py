"""What a server says it offers, as it said it. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from events.text import is_storable, iterate_texts

Item = Mapping[str, Any]

# What is kept of each item, by its name on the wire. Pictures, `_meta` and sizes change nothing that a model
# reads or a call does.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "tool": ("name", "title", "description", "inputSchema", "outputSchema", "annotations"),
    "prompt": ("name", "title", "description", "arguments"),
    "resource": ("uri", "name", "title", "description", "mimeType"),
    "template": ("uriTemplate", "name", "title", "description", "mimeType"),
}
# What an item is told apart by.
KEYS: Mapping[str, str] = {"tool": "name", "prompt": "name", "resource": "uri", "template": "uriTemplate"}
KINDS = tuple(FIELDS)


class ListingError(ValueError):
    """This can't be a listing; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """`tools` and so on are plain JSON, with the names of the wire (`inputSchema`)."""

    server_name: str = ""
    server_version: str = ""
    protocol_version: str = ""
    instructions: str = ""
    tools: tuple[Item, ...] = ()
    prompts: tuple[Item, ...] = ()
    resources: tuple[Item, ...] = ()
    templates: tuple[Item, ...] = ()

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        """Raises ListingError."""
        texts = ("server_name", "server_version", "protocol_version", "instructions")
        if unknown := set(raw) - {*texts, *(f"{kind}s" for kind in KINDS)}:
            raise ListingError(f"{min(unknown)} is no part of a listing.")
        if not all(isinstance(raw.get(field, ""), str) for field in texts):
            raise ListingError("A name, version or instruction is no text.")
        if not all(is_storable(text) for text in iterate_texts(dict(raw))):
            raise ListingError("It offers texts with characters that can't be stored.")
        fields: dict[str, Any] = {field: raw.get(field, "") for field in texts}
        fields |= {f"{kind}s": read_items(kind, raw.get(f"{kind}s", [])) for kind in KINDS}
        return cls(**fields)

    def write(self) -> dict[str, Any]:
        return {
            "server_name": self.server_name,
            "server_version": self.server_version,
            "protocol_version": self.protocol_version,
            "instructions": self.instructions,
            **{f"{kind}s": [dict(item) for item in self.get_items(kind)] for kind in KINDS},
        }

    def get_items(self, kind: str) -> tuple[Item, ...]:
        items: tuple[Item, ...] = getattr(self, f"{kind}s")
        return items

    def index(self, kind: str) -> dict[str, Item]:
        """By what they are told apart by."""
        return {item[KEYS[kind]]: item for item in self.get_items(kind)}


def read_items(kind: str, raw: Any) -> tuple[Item, ...]:
    """Each with the fields that are kept; raises ListingError for two of the same name."""
    if not isinstance(raw, list | tuple):
        raise ListingError(f"The {kind}s are no list.")
    items = tuple(read_item(kind, entry) for entry in raw)
    names = [item[KEYS[kind]] for item in items]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ListingError(f"It lists the {kind} {twice!r} twice: which one is meant can't be told.")
    return items


def read_item(kind: str, raw: Any) -> Item:
    if not isinstance(raw, Mapping) or not isinstance(raw.get(KEYS[kind]), str) or not raw[KEYS[kind]]:
        raise ListingError(f"A {kind} has no name.")
    return {field: raw[field] for field in FIELDS[kind] if raw.get(field) is not None}
