"""Markdown with YAML between two lines of dashes, as agent files and profiles are written."""

from __future__ import annotations

import re
from typing import Any

from configs.formats.limits import MAX_FRONT_MATTER_BYTES, FormatError
from configs.formats.plain_yaml import read_yaml, write_yaml

_OPENING = re.compile(r"---[ \t]*\n")
_CLOSING = re.compile(r"^---[ \t]*$\n?", flags=re.MULTILINE)
# A key at the margin and a text behind it that begins like no other kind of value.
_LOOSE = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*):[ \t]+([^\s\"'\[{|>&*!#%@`].*?)[ \t]*")


def has_front_matter(text: str) -> bool:
    return _OPENING.match(text) is not None


def read_front_matter(text: str) -> tuple[dict[str, Any], str, list[str]]:
    """The keys, the body without outer blanks, and the keys whose value was no valid YAML.

    Files in the wild hold descriptions such as `Use it so: user: hello`; engines take them as text, and so
    does this: a second reading quotes values at the margin that hold `: ` or ` #`. Raises FormatError.
    """
    head, body = split_front_matter(text)
    loose: list[str] = []
    try:
        value = read_yaml(head)
    except FormatError as error:
        quoted, loose = quote_loose_values(head)
        if not loose:
            raise
        try:
            value = read_yaml(quoted)
        except FormatError:
            raise error from None
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise FormatError("What stands between the two lines of dashes is no list of keys and values.")
    return value, body, loose


def split_front_matter(text: str) -> tuple[str, str]:
    """What stands between the dashes, and what follows; without dashes all of it is body."""
    opening = _OPENING.match(text)
    if opening is None:
        return "", text.strip()
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        raise FormatError("The file begins with a line of dashes, and no second one follows.")
    head = text[opening.end() : closing.start()]
    if len(head.encode()) > MAX_FRONT_MATTER_BYTES:
        raise FormatError(
            f"More than {MAX_FRONT_MATTER_BYTES // 1024} KB stand between the two lines of dashes."
        )
    return head, text[closing.end() :].strip()


def quote_loose_values(head: str) -> tuple[str, list[str]]:
    lines, loose = [], []
    for line in head.split("\n"):
        match = _LOOSE.fullmatch(line)
        if match and (": " in match[2] or match[2].endswith(":")):
            escaped = match[2].replace("\\", "\\\\").replace('"', '\\"')
            line = f'{match[1]}: "{escaped}"'  # noqa: PLW2901 - the line as it should have been
            loose.append(match[1])
        lines.append(line)
    return "\n".join(lines), loose


def write_front_matter(keys: dict[str, Any], body: str) -> str:
    head = write_yaml(keys) if keys else ""
    return f"---\n{head}---\n\n{body}\n" if body else f"---\n{head}---\n"
