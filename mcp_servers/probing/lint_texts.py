"""The texts of a listing as a model would read them, made plain for looking at."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from events.text import classify_character, is_ignorable
from mcp_servers.probing.listing import KINDS, Listing

_BLANKS = re.compile(r"\s+")
# Letters of other alphabets that look like Latin ones.
_ALIKE = str.maketrans(
    "аеорсухіјѕԁһӏԛԝАВЕКМНОРСТХІЈЅαονρτυικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijsdhlqwABEKMHOPCTXIJSaovptuikABEZHIKMNOPTYX",
)
_PICTURE_SELECTOR = "\ufe0f"
_JOINER = "\u200d"
_KEYCAPS = "0123456789#*"


@dataclass(frozen=True, slots=True)
class Text:
    """`where` is for people, `tool` the name of the tool that it stands in, "" for none.

    `plain` is the text without what fools a search: case, blanks, look-alikes.
    """

    where: str
    tool: str
    raw: str
    plain: str


def list_texts(listing: Listing) -> list[Text]:
    return [Text(where, tool, raw, make_plain(raw)) for where, tool, raw in iterate_listing(listing) if raw]


def iterate_listing(listing: Listing) -> Iterator[tuple[str, str, str]]:
    yield "the server's name", "", listing.server_name
    yield "the server's instructions", "", listing.instructions
    for kind in KINDS:
        for name, item in listing.index(kind).items():
            for path, text in iterate_value(item, ""):
                yield f"{kind} {name}: {path}", name if kind == "tool" else "", text


def iterate_value(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, entry in value.items():
            inner = f"{path}.{key}" if path else str(key)
            if path:
                # The names of fields are nobody's choice at the top, and the server's below it.
                yield f"{inner} (its name)", str(key)
            yield from iterate_value(entry, inner)
    elif isinstance(value, list | tuple):
        for number, entry in enumerate(value):
            yield from iterate_value(entry, f"{path}.{number}")


def make_plain(text: str) -> str:
    text = html.unescape(unicodedata.normalize("NFKC", text))
    text = "".join(character for character in text if not is_ignorable(ord(character)))
    return _BLANKS.sub(" ", text.translate(_ALIKE)).casefold()


def list_unseen(text: str) -> list[str]:
    """Characters that nobody sees, as U+…; those that belong to a picture (an emoji) are none."""
    unseen = []
    for position, character in enumerate(text):
        code = classify_character(character)
        if code and code not in {"unusual_space", "carriage_return"} and not is_in_picture(text, position):
            unseen.append(f"U+{ord(character):04X}")
    return sorted(set(unseen))


def is_in_picture(text: str, position: int) -> bool:
    if text[position] not in {_PICTURE_SELECTOR, _JOINER} or position == 0:
        return False
    before = text[position - 1]
    return (
        unicodedata.category(before) in {"So", "Sk"}
        or before in "0123456789#*↔↕❤"
        or before == _PICTURE_SELECTOR
    )


def mixes_alphabets(text: str) -> bool:
    """Whether a single word holds letters of Latin and of an alphabet that looks like it."""
    for word in re.findall(r"[^\W\d_]{2,}", text):
        scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in word}
        if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}:
            return True
    return False
