"""What the log says of releases: numbers, hashes and state words, never a file's text."""

from __future__ import annotations

from typing import Any

from engines.models import Engine
from events.changes import Change
from releases.models import Publication, Release
from releases.pressed import mark_pressed


def describe_release(release: Release) -> dict[str, Any]:
    return {
        "engine": release.engine_id,
        "number": release.number,
        "content_hash": release.content_hash,
        "files": len(release.files),
    }


def describe_publication(publication: Publication) -> dict[str, Any]:
    return {
        "engine": publication.engine_id,
        "release": publication.release_id,
        "number": publication.release.number,
        "state": publication.state,
        "is_forced": publication.is_forced,
        "is_rollback": publication.is_rollback,
    }


def announce_publication(change: Change, publication: Publication, kind: str) -> None:
    mark_pressed()
    change.event(
        kind,
        publication.subject,
        topic="configs",
        audience=publication.engine.team.audience,
        words=describe_publication(publication),
    )


def announce_engine(change: Change, engine: Engine, kind: str, **words: Any) -> None:
    from engines.domain.registry import subject_of

    change.event(kind, subject_of(engine), topic="configs", audience=engine.team.audience, words=words)
