"""A review's content as lines that a person reads, each beside what is live now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from accounts.admin.audit_diff import name_change
from accounts.admin.display import highlight_marks
from events.text import make_visible, make_visible_lines
from reviews.models import Review


@dataclass(frozen=True, slots=True)
class ContentLine:
    """One value. `change` against `live` is added, removed, changed or same; "" when nothing is live."""

    name: SafeString
    live: SafeString
    wanted: SafeString
    change: str


@dataclass(frozen=True, slots=True)
class ShownContent:
    """Everything there is, by name, nothing cut; `empty` are the names without a value, live or wanted."""

    lines: list[ContentLine]
    empty: list[SafeString]


def build_content(review: Review) -> ShownContent:
    """With something live, what differs comes first."""
    wanted = dict(flatten(review.content))
    live = dict(flatten(review.base)) if review.base is not None else {}
    names = sorted(wanted.keys() | live.keys())
    empty = [name for name in names if is_empty(wanted.get(name)) and is_empty(live.get(name))]
    left = [name for name in names if name not in empty]
    if review.base is None:
        nothing = SafeString("")
        lines = [ContentLine(show_name(name), nothing, show(wanted[name]), "") for name in left]
    else:
        lines = compare(left, live, wanted)
    return ShownContent(lines, [show_name(name) for name in empty])


def is_empty(value: Any) -> bool:
    """No value: false and 0 are some."""
    return value is None or value in ("", [], {})


def compare(names: list[str], live: dict[str, Any], wanted: dict[str, Any]) -> list[ContentLine]:
    lines = [
        ContentLine(
            show_name(name),
            show(live[name]) if name in live else SafeString(""),
            show(wanted[name]) if name in wanted else SafeString(""),
            name_change(name, live, wanted),
        )
        for name in names
    ]
    return sorted(lines, key=lambda line: line.change == "same")


def flatten(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Mappings inside one another as one list: `rule › value`, `moves › 1 › name`.

    Other lists stay whole, for their order matters.
    """
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        width = len(str(len(value)))
        value = {f"{number:0{width}}": item for number, item in enumerate(value, start=1)}
    if isinstance(value, dict) and value:
        for key, item in sorted(value.items()):
            yield from flatten(item, f"{name} › {key}" if name else str(key))
        return
    yield name, value


def show_name(name: str) -> SafeString:
    return highlight_marks(make_visible(name.replace("_", " ")))


def show(value: Any) -> SafeString:
    """Text as it is, with marks; everything else as JSON; empty text as a word."""
    if value == "":
        return highlight_marks("(empty)")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return highlight_marks(make_visible_lines(text))
