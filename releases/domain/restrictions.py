"""What people took back leaves running engines by itself: the live release once more, without it.

The relay has disconnected the server by then; the release makes it stay away when the engine reads its folder
again. Nothing else of the live release changes, so that nothing that waits for a person goes along.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from engines.models import Engine
from events.changes import changes
from events.errors import Conflict
from releases.domain.build import draft_restricted, store_release
from releases.domain.leases import PUBLISHER_ACTOR
from releases.domain.publications import queue
from releases.domain.taken_back import explain_taken_back
from releases.models import Publication, Release
from releases.queries import find_live_release, find_unfinished

logger = logging.getLogger(__name__)

# One that failed, or that somebody cancelled, is not pressed upon the engine again at once.
AGAIN_AFTER = timedelta(minutes=10)


def restrict_engine(engine: Engine) -> Publication | None:
    """Put the live release on its way once more without what may not run; None: there is nothing to do."""
    live = find_live_release(engine)
    if live is None or not (wrong := explain_taken_back(live)):
        return None
    unfinished = find_unfinished(engine)
    if unfinished is not None and not explain_taken_back(unfinished.release):
        return None
    draft = draft_restricted(live)
    if draft.errors:
        logger.error("A release of %s without what may not run can't be built: %s", engine, draft.errors[0])
        return None
    release = store_release(actor=PUBLISHER_ACTOR, engine=engine, draft=draft, note=wrong[:300])
    if was_tried(release):
        return None
    try:
        with changes(PUBLISHER_ACTOR) as change:
            return queue(change, PUBLISHER_ACTOR, release, force=False, is_rollback=False)
    except Conflict:
        # The engine is taking over another one right now.
        return None


def was_tried(release: Release) -> bool:
    since = timezone.now() - AGAIN_AFTER
    return Publication.objects.filter(release=release, ended_at__gt=since).exists()
