"""Votes. The caller holds the subject's row (its conditional UPDATE came first)."""

from __future__ import annotations

from django.db import IntegrityError
from django.utils import timezone

from accounts.principal import Principal
from events.actors import Subject
from events.changes import changes
from events.errors import Conflict, Refused
from reviews.models import Vote


def cast_vote(*, principal: Principal, subject: Subject, verdict: str, reason: str, fingerprint: str) -> Vote:
    """Record one person's vote. Raises Conflict when this person has voted already."""
    with changes(principal.actor) as change:
        if principal.user.is_service:
            raise Refused("Service accounts never decide.", subject_kind=subject.kind, subject_id=subject.id)
        try:
            vote = Vote.objects.create(
                subject_kind=subject.kind,
                subject_id=subject.id,
                voter_id=principal.user.pk,
                voter_label=str(principal.user),
                verdict=verdict,
                reason=reason,
                fingerprint=fingerprint,
                door=principal.door,
                at=timezone.now(),
            )
        except IntegrityError as error:
            raise Conflict("You have voted on this already.", code="already_voted") from error
        change.audit("vote.cast", subject, after={"verdict": verdict, "fingerprint": fingerprint})
    return vote
