"""Votes. The caller holds the subject's row (its conditional UPDATE came first)."""

from __future__ import annotations

from django.utils import timezone

from accounts.principal import Principal
from events.actors import Subject
from events.changes import Change
from events.errors import Conflict, Refused
from events.prepared import insert_rows
from reviews.models import Delegation, Vote


def cast_vote(
    *,
    change: Change,
    principal: Principal,
    subject: Subject,
    verdict: str,
    reason: str,
    fingerprint: str,
    revision: int = 0,
    delegation: Delegation | None = None,
) -> Vote:
    """Record one person's vote, in the caller's transaction. Raises Conflict when there is one.

    With a `delegation` it takes the delegator's seat, which counts once too.
    """
    if principal.user.is_service:
        raise Refused("Service accounts never decide.", subject_kind=subject.kind, subject_id=subject.id)
    vote = Vote(
        subject_kind=subject.kind,
        subject_id=subject.id,
        revision=revision,
        voter_id=principal.user.pk,
        voter_label=str(principal.user)[:200],
        verdict=verdict,
        reason=reason,
        fingerprint=fingerprint,
        door=principal.door,
        at=timezone.now(),
    )
    told = {"verdict": verdict, "fingerprint": fingerprint}
    if delegation is not None:
        vote.delegation_id, vote.on_behalf_of_id = delegation.pk, delegation.delegator_id
        vote.on_behalf_of_label = str(delegation.delegator)[:200]
        told |= {"on_behalf_of": delegation.delegator_id, "delegation": delegation.pk}
    if not insert_rows([vote], unless_there=True):
        raise Conflict("You have voted on this already.", code="already_voted")
    change.audit("vote.cast", subject, after=told)
    return vote
