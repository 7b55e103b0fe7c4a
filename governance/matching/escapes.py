"""The escapes of `$'…'`. Source: the bash manual, "ANSI-C Quoting"."""

from __future__ import annotations

import re

ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL
)
NAMED = {
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "?": "?",
}


def decode_ansi_c(text: str) -> str:
    """What stands between the quotes, decoded. Bytes above 127 and NUL end the word's being readable."""
    return ESCAPE.sub(decode_one, text)


def decode_one(found: re.Match[str]) -> str:
    hexadecimal, short, long, octal, control, other = found.groups()
    if hexadecimal or octal:
        value = int(hexadecimal, 16) if hexadecimal else int(octal, 8) & 0xFF
        return chr(value) if 0 < value < 0x80 else "\0"
    if short or long:
        value = int(short or long, 16)
        is_character = 0 < value < 0x110000 and not 0xD800 <= value < 0xE000
        return chr(value) if is_character else "\0"
    if control:
        return "\0"
    return NAMED.get(other, "\\" + other)
