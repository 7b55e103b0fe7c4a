"""Names out of files: always one safe word, never a path."""

from __future__ import annotations

import re

from configs.content_reader import NAME
from configs.formats.drafts import Report
from configs.formats.limits import MAX_FILE_NAME, FormatError
from events.text import list_deceptions, make_visible

_UNSAFE_RUN = re.compile(r"[^a-z0-9_-]+")


def read_stem(file_name: str) -> str:
    """The name in front of the ending, folders left out. Raises FormatError for a way out of a folder."""
    if not file_name or len(file_name) > MAX_FILE_NAME:
        raise FormatError(f"A file's name has 1 to {MAX_FILE_NAME} characters.")
    if list_deceptions(file_name) or "\n" in file_name or "\t" in file_name:
        raise FormatError(f"The file's name holds characters that can't be shown: {make_visible(file_name)}.")
    parts = file_name.replace("\\", "/").split("/")
    if ".." in parts:
        raise FormatError(f"The file's name leads out of its folder: {make_visible(file_name)}.")
    return parts[-1].rpartition(".")[0] or parts[-1]


def read_name(name: object, report: Report, key: str) -> str:
    """`name` as a safe word; a change is reported. Raises FormatError for a path, or when nothing is left."""
    if not isinstance(name, str) or not name.strip():
        raise FormatError(f"{key}: a name has to stand here.")
    if "/" in name or "\\" in name or ".." in name:
        raise FormatError(f"{key}: {make_visible(name)[:80]!r} is a path, not a name.")
    if list_deceptions(name) or "\n" in name or "\t" in name:
        raise FormatError(f"{key}: a name holds no characters that can't be shown.")
    if NAME.fullmatch(name):
        report.map(key, "name", name)
        return name
    safe = _UNSAFE_RUN.sub("-", name.strip().lower()).strip("-_")[:64].rstrip("-_")
    if not safe:
        raise FormatError(f"{key}: {make_visible(name)[:80]!r} leaves nothing to make a name of.")
    report.warn(key, "Names hold a-z, 0-9, - and _ alone; this one was changed.", "name", f"{name} → {safe}")
    return safe
