"""Markdown files with front matter as drafts of proposals.

Who wrote one, and whether anybody approved it, is never read from a file.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from configs.formats.front_matter import read_front_matter
from configs.formats.limits import FormatError
from events.errors import DomainError
from events.text import make_visible
from procedures.drafts import MAX_CONTENT_BYTES, SLUG, ProposalDraft, read_draft
from procedures.enums import Area

ENDINGS = frozenset({".md", ".markdown"})
MAX_FILES = 1000
MAX_FILE_BYTES = MAX_CONTENT_BYTES + 64 * 1024
_HEADING = re.compile(r" {0,3}#[ \t]+([^\n]*)", re.MULTILINE)
# What would be a claim about who did something: told by who imports, and by reviews.
CLAIMS = frozenset(
    {
        *("author", "authored_by", "authors", "approved", "approved_at", "approved_by", "approvers"),
        *("sealed_at", "sealed_by", "signature", "state", "status", "version"),
    }
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`name` is relative to the folder. `problem` says why it was not read, "" when it was."""

    name: str
    text: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ReadProposal:
    """`supersedes` is a slug; `notes` say what became of what was left out."""

    draft: ProposalDraft
    supersedes: str
    notes: tuple[str, ...]


def read_folder(folder: Path) -> list[SourceFile]:
    """Every Markdown file in it, by name. No link is followed, neither to a file nor to a folder.

    Raises FormatError for a folder of too many files, OSError for one that can't be read.
    """
    found = sorted(walk(folder), key=lambda file: file.name)
    if len(found) > MAX_FILES:
        raise FormatError(f"More than {MAX_FILES} files: import them in parts.")
    return found


def walk(folder: Path) -> Iterator[SourceFile]:
    def stop(error: OSError) -> None:
        raise error

    for place, folders, names, handle in os.fwalk(folder, onerror=stop, follow_symlinks=False):
        inside = PurePosixPath(Path(place).relative_to(folder).as_posix())
        folders.sort()
        for name in sorted(names):
            if PurePosixPath(name).suffix.lower() in ENDINGS:
                yield read_file((inside / name).as_posix(), name, handle)


def read_file(shown: str, name: str, folder: int) -> SourceFile:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        is_link = error.errno == errno.ELOOP
        why = "It is a link; links are not followed." if is_link else f"It can't be read: {error.strerror}."
        return SourceFile(shown, problem=why)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return SourceFile(shown, problem="It is no ordinary file.")
        raw = file.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        return SourceFile(shown, problem=f"It has more than {MAX_FILE_BYTES // 1024} KB.")
    try:
        return SourceFile(shown, raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return SourceFile(shown, problem="It is no UTF-8 text.")


def read_proposal(file: SourceFile) -> ReadProposal:
    """Raises FormatError with a sentence for the person who brought it."""
    if file.problem:
        raise FormatError(file.problem)
    keys, body, _ = read_front_matter(file.text.replace("\r\n", "\n"))
    notes: list[str] = []
    slug, name = read_names(file.name, keys, body)
    try:
        draft = read_draft(
            ProposalDraft(
                slug=slug,
                name=name,
                content=f"{body}\n",
                description=take_text(keys, "description"),
                area=take_text(keys, "area") or Area.GENERAL,
                effective_from=take_moment(keys, "effective_from"),
                review_by=take_date(keys, "review_by"),
            )
        )
    except DomainError as error:
        raise FormatError(error.message) from None
    supersedes = take_text(keys, "supersedes")
    for key in keys:
        why = "said by who imports and who approves, not by a file" if key in CLAIMS else "not known"
        notes.append(f"{make_visible(key[:80])}: left out, {why}.")
    return ReadProposal(draft, supersedes, tuple(notes))


def read_names(file_name: str, keys: dict[str, Any], body: str) -> tuple[str, str]:
    """(slug, name). A skill file's `name` is its slug; without one the file's own name, or its folder's."""
    slug, name = take_text(keys, "slug"), take_text(keys, "name")
    title = take_text(keys, "title")
    path = PurePosixPath(file_name)
    if not slug and SLUG.fullmatch(name):
        slug, name = name, ""
    if not slug:
        slug = path.parent.name if path.stem.lower() == "skill" else path.stem
    heading = _HEADING.search(body)
    name = title or name or (heading[1].strip().rstrip("#").strip()[:120] if heading else "")
    return slug, name or slug.replace("-", " ").capitalize()


def take_text(keys: dict[str, Any], name: str) -> str:
    value = keys.pop(name, None)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FormatError(f"{name}: a text, please.")
    return value.strip()


def take_date(keys: dict[str, Any], name: str) -> date | None:
    text = take_text(keys, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise FormatError(f"{name}: a date such as 2030-01-31, please.") from None


def take_moment(keys: dict[str, Any], name: str) -> datetime | None:
    """A day begins at midnight, UTC, and so does a time without a zone."""
    text = take_text(keys, name)
    if not text:
        return None
    try:
        # Also of a date alone: its midnight.
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FormatError(f"{name}: a date such as 2030-01-31, please.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
