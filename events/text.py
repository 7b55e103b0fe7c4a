"""Texts from outside: what can be stored, and how they are shown without fooling anybody."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from events.errors import Invalid

_PLAIN = re.compile(r"[^ -~]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# Unicode's Default_Ignorable_Code_Point: what a reader is not shown at all. First and last of each range.
_IGNORABLE = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
_IGNORABLE_STARTS = [first for first, _ in _IGNORABLE]
# Not a space to a program, and one to the eye.
_BRAILLE_BLANK = "\u2800"

# What this module writes itself; the same characters in a text are marked, so that no text imitates a mark.
LINE_BREAK = "⏎"
TAB = "⇥"
_OWN_MARKS = frozenset({LINE_BREAK, TAB, "⟨"})


def classify_character(character: str) -> str:
    """Why this character could fool a reader; "" for an honest one. Line breaks and tabs are honest."""
    if character == "\r":
        return "carriage_return"
    if character in _BIDIRECTIONAL:
        return "bidirectional"
    if is_ignorable(ord(character)):
        return "invisible"
    category = unicodedata.category(character)
    if category == "Cs":
        return "surrogate"
    if category in {"Cc", "Cn", "Co"}:
        return "" if character in "\n\t" else "control"
    if category in {"Cf", "Zl", "Zp"}:
        return "invisible"
    if (category == "Zs" and character != " ") or character == _BRAILLE_BLANK:
        return "unusual_space"
    return ""


def is_ignorable(code_point: int) -> bool:
    index = bisect_right(_IGNORABLE_STARTS, code_point) - 1
    return index >= 0 and code_point <= _IGNORABLE[index][1]


def list_deceptions(text: str) -> set[str]:
    """The codes of every character in `text` that could fool a reader."""
    return {code for code in map(classify_character, set(_PLAIN.findall(text))) if code}


def make_visible(text: str) -> str:
    """`text` on one line, every deceptive character, line break and tab as a readable mark.

    Two different texts never look the same afterwards.
    """
    return _PLAIN.sub(lambda match: mark_character(match[0], is_one_line=True), text)


def make_visible_lines(text: str) -> str:
    """As `make_visible`, but line breaks and tabs stay."""
    return _PLAIN.sub(lambda match: mark_character(match[0], is_one_line=False), text)


def mark_character(character: str, *, is_one_line: bool) -> str:
    if character == "\n":
        return LINE_BREAK if is_one_line else character
    if character == "\t":
        return TAB if is_one_line else character
    if character in _OWN_MARKS or classify_character(character):
        return f"⟨U+{ord(character):04X}⟩"
    return character


def make_storable(text: str, max_length: int) -> str:
    """`text` cut to a column's length, NUL and lone surrogates (which no database takes) replaced."""
    return _UNSTORABLE.sub("\ufffd", text)[:max_length]


def is_storable(text: str) -> bool:
    return _UNSTORABLE.search(text) is None


def read_line(text: str, *, field: str, max_length: int, is_required: bool = False) -> str:
    """A name that a person typed, without outer blanks; raise Invalid for what can't be shown honestly."""
    text = text.strip()
    if is_required and not text:
        raise Invalid(f"{field}: this may not be empty.", field=field)
    if len(text) > max_length:
        raise Invalid(f"{field}: at most {max_length} characters.", field=field)
    if "\n" in text or "\t" in text or list_deceptions(text):
        raise Invalid(f"{field}: this holds characters that can't be shown.", field=field)
    return text


def read_lines(text: str, *, field: str, max_length: int) -> str:
    """A longer text that a person typed, without outer blanks; raise Invalid for what can't be stored."""
    text = text.strip()
    if len(text) > max_length:
        raise Invalid(f"{field}: at most {max_length} characters.", field=field)
    if not is_storable(text):
        raise Invalid(f"{field}: this holds characters that can't be stored.", field=field)
    return text


def iterate_texts(value: Any) -> Iterator[str]:
    """Every text inside a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from iterate_texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from iterate_texts(item)


def measure_depth(value: Any, limit: int) -> int:
    """How many containers stand inside one another, counted no further than `limit` + 1."""
    depth, level = 0, [value]
    while level and depth <= limit:
        containers = [item for item in level if isinstance(item, dict | list | tuple)]
        if not containers:
            return depth
        depth += 1
        level = [
            item
            for holder in containers
            for item in (holder.values() if isinstance(holder, dict) else holder)
        ]
    return depth
