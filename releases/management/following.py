from __future__ import annotations

import time
from collections.abc import Callable

from django.core.management.base import CommandError

from releases.enums import PublicationState
from releases.models import Publication

POLL_S = 0.5


def follow_publication(publication_id: str, say: Callable[[str], object]) -> None:
    """Say each step until its end. Raises CommandError when it does not end live."""
    said = ""
    while True:
        publication = Publication.objects.select_related("release").get(pk=publication_id)
        words = " ".join(part for part in (publication.get_state_display(), publication.waits_for) if part)
        if words != said:
            say(f"{words[0].upper()}{words[1:]}")
            said = words
        if publication.state == PublicationState.LIVE:
            return
        if publication.is_finished:
            raise CommandError(publication.error or f"It is {publication.get_state_display()}.")
        time.sleep(POLL_S)
