"""Reviews of proposals: what the last approval does, and what everybody reads who gives one."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from configs.differences import match_lines, split_lines, write_unified
from events.actors import Subject
from events.changes import Change, lock_rows
from events.errors import Conflict
from procedures.domain.proposals import end_proposal, send_back
from procedures.domain.sops import hold_sops, seal_proposal
from procedures.domain.wanted import find_live_of, read_live as read_live_of, write_wanted
from procedures.enums import AuthoredBy, ProposalState
from procedures.models import Proposal
from procedures.queries import get_revision
from reviews.enums import ReviewKind, ReviewState
from reviews.models import Review
from reviews.registry import Fact, ReviewKindSpec, register_kind

MAX_NOTE_LENGTH = 20_000


def register_proposal_reviews() -> None:
    """Called once, when the app is ready."""
    register_kind(
        ReviewKind.SOP_PROPOSAL,
        ReviewKindSpec(
            label="proposals of procedures",
            apply=apply_proposal,
            on_reject=end_without_approval,
            describe=describe,
            url=find_url,
            lock_subject=lock_proposal,
            read_live=read_live,
        ),
    )


def find_proposal(subject: Subject) -> Proposal | None:
    return Proposal.objects.select_related("team", "supersedes").filter(pk=subject.id).first()


def lock_proposal(review: Review) -> object:
    """The proposal, then the procedures that its approval could touch."""
    found = lock_rows(Proposal.objects.filter(pk=review.subject_id))
    return [*found, *(sop for proposal in found for sop in hold_sops(proposal))]


def read_live(subject: Subject) -> dict[str, Any] | None:
    proposal = find_proposal(subject)
    return read_live_of(proposal) if proposal else None


def apply_proposal(change: Change, review: Review) -> None:
    """The last approval: exactly the revision that was approved is sealed, by nobody who wrote it."""
    proposal = find_proposal(review.reviewed)
    if proposal is None or proposal.review_id != review.pk or proposal.state != ProposalState.SUBMITTED:
        raise Conflict("This review is not about this proposal any more.", code="base_moved")
    revision = get_revision(proposal)
    if review.content != write_wanted(proposal, revision):
        raise Conflict("The proposal was changed since it was put up for review.", code="base_moved")
    version = seal_proposal(change, review, proposal, revision, timezone.now())
    end_proposal(
        change,
        proposal,
        ProposalState.APPROVED,
        review=review.pk,
        sop=version.sop_id,
        version=version.number,
        content_hash=version.content_hash,
    )


def end_without_approval(change: Change, review: Review) -> None:
    """Rejected and withdrawn ends it too; what nobody decided in time is a draft again."""
    proposal = find_proposal(review.reviewed)
    if proposal is None or proposal.review_id != review.pk or proposal.state != ProposalState.SUBMITTED:
        # It has moved already: whoever moved it ends its review.
        return
    if review.state == ReviewState.REJECTED:
        end_proposal(change, proposal, ProposalState.REJECTED, review=review.pk)
    elif review.state == ReviewState.WITHDRAWN:
        end_proposal(change, proposal, ProposalState.WITHDRAWN, review=review.pk)
    else:
        send_back(change, proposal, "lapsed", ProposalState.DRAFT, reason=review.decision_reason)


def find_url(review: Review) -> str:
    return reverse("admin:procedures_proposal_change", args=[review.subject_id])


def describe(review: Review) -> list[Fact]:
    """What it says against what is live, as lines; all of it stands on the proposal's own page."""
    proposal = find_proposal(review.reviewed)
    if proposal is None:
        return []
    revision, live = get_revision(proposal, review.content["revision"]), find_live_of(proposal)
    lines = write_unified(
        match_lines(split_lines(live.content if live else ""), split_lines(revision.content))
    )
    note = "\n".join(lines)
    if len(note) > MAX_NOTE_LENGTH:
        note = f"{note[:MAX_NOTE_LENGTH]}\n… cut here: all of it stands on the proposal's page."
    against = f"against version {live.number} of {live.slug}" if live else "all of it is new"
    writer = "an agent" if proposal.authored_by == AuthoredBy.AGENT else "a person"
    return [Fact("Written by", f"{writer}: {proposal.author_label}"), Fact("Text", against, note)]
