"""Whether a reviewer would see what the shell sees."""

from __future__ import annotations

import unicodedata

MAX_BYTES = 64 * 1024
TOO_LONG = "It is longer than 64 KiB."
# Control and format characters, surrogates, private and unassigned ones, line and paragraph separators.
DISHONEST = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks that show nothing: fillers, and what picks a variant of the character before.
INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0") | {chr(number) for number in range(0xFE00, 0xFE10)}


def explain_dishonest(source: str) -> str:
    """Why the text can't be judged at all, "" when it can."""
    if len(source) > MAX_BYTES or len(source.encode(errors="replace")) > MAX_BYTES:
        return TOO_LONG
    if not source.strip():
        return "It is empty."
    if source.isascii() and source.isprintable():
        return ""
    return next((why for character in source if (why := explain_character(character))), "")


def explain_character(character: str) -> str:
    if character in "\n\t" or " " <= character <= "~":
        return ""
    number, category = f"U+{ord(character):04X}", unicodedata.category(character)
    if category in DISHONEST or character in INVISIBLE:
        return f"It holds a character that is not shown as it is ({number})."
    if category == "Zs":
        return f"It holds a blank that is none for the shell ({number})."
    return ""
