"""Procedures as the skill files that agents read. Pure: the same procedures give the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from configs.formats.front_matter import write_front_matter

_FOLDER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """One sealed version."""

    slug: str
    name: str
    description: str
    content: str
    version: int
    content_hash: str
    signature: str
    key_id: str


def render_skill_files(procedures: Iterable[Procedure]) -> tuple[tuple[str, str], ...]:
    """((path, text), …) by path: `skill/SLUG/SKILL.md`, one for each slug.

    The front matter names the version, its hash and its seal, so that whoever reads the file can ask for the
    sealed text. Raises ValueError for a slug that is no plain folder name, or stands there twice.
    """
    files: dict[str, str] = {}
    for procedure in procedures:
        if not _FOLDER.fullmatch(procedure.slug):
            raise ValueError("a procedure's slug is no plain folder name")
        path = f"skill/{procedure.slug}/SKILL.md"
        if path in files:
            raise ValueError(f"two procedures would be {path}")
        files[path] = render_skill_file(procedure)
    return tuple(sorted(files.items()))


def render_skill_file(procedure: Procedure) -> str:
    keys = {
        "name": procedure.slug,
        "description": procedure.description,
        "metadata": {
            "title": procedure.name,
            "sop-version": str(procedure.version),
            "sop-content-sha256": procedure.content_hash,
            "sop-key-id": procedure.key_id,
            "sop-signature": procedure.signature,
        },
    }
    return write_front_matter(keys, procedure.content.rstrip("\n"))
