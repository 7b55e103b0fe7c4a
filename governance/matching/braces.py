"""Brace expansion of unquoted text, as bash does it: `a{b,c}` is `ab ac`, `{1..3}` is `1 2 3`.

Source: the bash manual, "Brace Expansion".
"""

from __future__ import annotations

import re

MAX_WORDS = 64
NUMBERS = re.compile(r"(-?\d{1,6})\.\.(-?\d{1,6})(?:\.\.(-?\d{1,4}))?\Z")
LETTERS = re.compile(r"([A-Za-z])\.\.([A-Za-z])\Z")


class TooManyWordsError(Exception):
    """The expansion makes more words than are looked at."""


def expand_braces(text: str) -> list[str]:
    """The words that bash makes of it, one of them the text itself when it holds no brace expression.

    The text has no quotes, backslashes or expansions. Raises TooManyWordsError, also for forms that are not
    worth following (letters and steps).
    """
    for start, end in find_pairs(text):
        inner = text[start + 1 : end]
        parts = split_commas(inner)
        if len(parts) == 1:
            made = expand_sequence(inner)
            if made is None:
                continue
            parts = made
        else:
            parts = [word for part in parts for word in expand_braces(part)]
        tails = expand_braces(text[end + 1 :])
        if len(parts) * len(tails) > MAX_WORDS:
            raise TooManyWordsError
        return [text[:start] + part + tail for part in parts for tail in tails]
    return [text]


def find_pairs(text: str) -> list[tuple[int, int]]:
    """(start, end) of each outermost balanced pair, from the left; inner ones where the outer is none."""
    pairs = []
    for start, character in enumerate(text):
        if character != "{":
            continue
        depth = 0
        for position in range(start, len(text)):
            if text[position] == "{":
                depth += 1
            elif text[position] == "}":
                depth -= 1
                if depth == 0:
                    pairs.append((start, position))
                    break
    return pairs


def split_commas(inner: str) -> list[str]:
    """At the commas that stand in no inner brace."""
    parts, depth, begin = [], 0, 0
    for position, character in enumerate(inner):
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(inner[begin:position])
            begin = position + 1
    return [*parts, inner[begin:]]


def expand_sequence(inner: str) -> list[str] | None:
    """`1..3`; None when it is no sequence."""
    if LETTERS.match(inner):
        raise TooManyWordsError
    found = NUMBERS.match(inner)
    if not found:
        return None
    first, last, step = found.groups()
    if step or is_padded(first) or is_padded(last) or abs(int(last) - int(first)) >= MAX_WORDS:
        raise TooManyWordsError
    low, high = int(first), int(last)
    direction = 1 if high >= low else -1
    return [str(number) for number in range(low, high + direction, direction)]


def is_padded(number: str) -> bool:
    digits = number.lstrip("-")
    return digits.startswith("0") and len(digits) > 1
