"""What the publisher writes: the next step, what it waits for, how it ended. Each under its lease.

A step moves on by a conditional UPDATE on the state it was in: one that was cancelled meanwhile stops.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from engines.models import Engine
from events.changes import Change, lock_rows
from events.text import make_storable
from releases.domain.announce import announce_publication, describe_publication
from releases.domain.leases import Lease, publisher_changes
from releases.enums import PublicationState
from releases.models import Publication

MAX_WAITS_LENGTH = 500
MAX_ERROR_LENGTH = 4000


class Overtaken(Exception):
    """Somebody cancelled or replaced it, or its engine was retired."""


def load_publication(engine_id: str) -> Publication | None:
    """The one that is on its way, with all that its steps need."""
    rows = Publication.objects.filter(engine_id=engine_id, ended_at=None)
    return rows.select_related("release__engine__team", "engine__team", "previous_release").first()


def move_on(lease: Lease, publication: Publication, state: str, **details: Any) -> Publication:
    """Begin the next step; `details` are kept for it, whoever takes it. Raises Overtaken or LeaseLost."""
    with publisher_changes(lease) as change:
        [current] = hold(publication)
        values = {
            "state": state,
            "step_at": timezone.now(),
            "attempts": 0,
            "waits_for": "",
            "details": {**current.details, **details},
        }
        update(current, values)
        announce_publication(change, current, "release.publishing")
    return current


def note_waiting(lease: Lease, publication: Publication, sentence: str, *, after: timedelta) -> Publication:
    """It stays where it is and is looked at again; an event only when there is something new to read."""
    sentence = make_storable(sentence, MAX_WAITS_LENGTH)
    with publisher_changes(lease) as change:
        [current] = hold(publication)
        is_news = current.waits_for != sentence
        values = {
            "waits_for": sentence,
            "attempts": current.attempts + 1,
            "due_at": timezone.now() + after,
        }
        update(current, values)
        if is_news:
            announce_publication(change, current, "release.waiting")
    return current


def finish(
    lease: Lease, publication: Publication, state: str, *, error: str = "", **details: Any
) -> Publication:
    """How it ended; nothing of it changes any more. Raises Overtaken or LeaseLost."""
    with publisher_changes(lease) as change:
        [current] = hold(publication)
        before = current.state
        values = {
            "state": state,
            "step_at": timezone.now(),
            "ended_at": timezone.now(),
            "waits_for": "",
            "error": make_storable(error, MAX_ERROR_LENGTH),
            "details": {**current.details, **details},
        }
        update(current, values)
        put_on_record(change, current, before)
    return current


def put_on_record(change: Change, publication: Publication, before: str) -> None:
    kind = PublicationState(publication.state).event
    change.audit(
        kind,
        publication.subject,
        before={"state": before},
        after={**describe_publication(publication), "error": publication.error[:500]},
    )
    announce_publication(change, publication, kind)


def hold(publication: Publication) -> list[Publication]:
    """Raises Overtaken when it is no longer in the step that the caller took."""
    rows = Publication.objects.filter(pk=publication.pk, state=publication.state)
    found = lock_rows(rows.select_related("release__engine__team", "engine__team", "previous_release"))
    if not found:
        raise Overtaken(publication.pk)
    return found


def update(publication: Publication, values: dict[str, Any]) -> None:
    rows = Publication.objects.filter(pk=publication.pk, state=publication.state)
    if not rows.update(**values):
        raise Overtaken(publication.pk)
    for name, value in values.items():
        setattr(publication, name, value)


def fail_unopened(lease: Lease, engine_id: str, sentence: str) -> None:
    """Its engine's folder can't even be looked at."""
    publication = load_publication(engine_id)
    if publication is not None:
        finish(lease, publication, PublicationState.FAILED, error=sentence)


def list_due_engines(now: datetime) -> list[Engine]:
    """Engines with a publication whose next attempt is due."""
    due = Publication.objects.filter(ended_at=None, due_at__lte=now, engine__retired_at=None)
    return list(Engine.objects.filter(pk__in=due.values("engine_id")).select_related("team"))
