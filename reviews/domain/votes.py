"""Votes. The caller holds the subject's row (its conditional UPDATE came first)."""

from __future__ import annotations

from django.utils import timezone

from accounts.principal import Principal
from events.actors import Subject
from events.changes import Change
from events.errors import Conflict, Refused
from events.prepared import insert_rows
from reviews.models import Vote


def cast_vote(
    *, change: Change, principal: Principal, subject: Subject, verdict: str, reason: str, fingerprint: str
) -> Vote:
    """Record one person's vote, in the caller's transaction. Raises Conflict when there is one."""
    if principal.user.is_service:
        raise Refused("Service accounts never decide.", subject_kind=subject.kind, subject_id=subject.id)
    vote = Vote(
        subject_kind=subject.kind,
        subject_id=subject.id,
        voter_id=principal.user.pk,
        voter_label=str(principal.user)[:200],
        verdict=verdict,
        reason=reason,
        fingerprint=fingerprint,
        door=principal.door,
        at=timezone.now(),
    )
    if not insert_rows([vote], unless_there=True):
        raise Conflict("You have voted on this already.", code="already_voted")
    change.audit("vote.cast", subject, after={"verdict": verdict, "fingerprint": fingerprint})
    return vote
