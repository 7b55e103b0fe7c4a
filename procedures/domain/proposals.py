"""Proposals are written, revised, submitted and taken back. Every door comes through here.

A revision of what is submitted goes to its review at once: the votes so far no longer count.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from events.actors import actor_columns
from events.changes import Change, changes, lock_rows
from events.errors import Conflict, Invalid, Refused
from events.text import read_lines
from procedures.domain.announce import announce_proposal, describe_revision
from procedures.domain.lints import lint_proposal, refuse_findings
from procedures.domain.sops import explain_slug_conflict
from procedures.domain.wanted import find_live_of, read_live, title_of, write_wanted
from procedures.drafts import ProposalDraft, read_draft, read_revision
from procedures.enums import AuthoredBy, ProposalState
from procedures.models import Proposal, ProposalRevision, Sop
from procedures.policies import explain_not_revising, explain_not_withdrawing, explain_not_writing
from procedures.queries import get_proposal, get_revision
from reviews.domain.reviews import end_review, explain_end, list_answerable, open_review, revise_review
from reviews.enums import ReviewKind, ReviewState
from reviews.models import Review
from reviews.seats import explain_not_voting

MAX_NOTE_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Revised:
    """`is_changed` False: it said so already, and nothing was written."""

    proposal: Proposal
    revision: ProposalRevision
    is_changed: bool = True


def create_proposal(
    *, principal: Principal, team: Team, draft: ProposalDraft, note: str = "", source: str = ""
) -> Proposal:
    """A draft with its first revision. Who wrote it is the principal, whatever anybody says.

    `source` names the file that it was imported from. Raises Refused, Invalid, TooLarge or Conflict.
    """
    note = read_lines(note, field="note", max_length=MAX_NOTE_LENGTH)
    draft, now = read_draft(draft), timezone.now()
    with changes(principal.actor) as change:
        refuse(explain_not_writing(principal, team.pk), "team", team.pk)
        if team.retired_at is not None:
            raise Conflict("The team is retired.", code="retired")
        proposal = Proposal(
            team=team,
            slug=draft.slug,
            authored_by=AuthoredBy.AGENT if principal.user.is_service else AuthoredBy.HUMAN,
            door=principal.door,
            source=source[:300],
            created_at=now,
            changed_at=now,
            **list_columns(team.pk, draft),
            **actor_columns(principal.actor, "author"),
        )
        proposal.save(force_insert=True)
        revision = write_revision(principal, proposal, draft, note, now)
        change.audit("proposal.create", proposal.subject, after=describe_revision(proposal, revision))
        announce_proposal(change, proposal, "created")
    return proposal


def list_columns(team_id: str, draft: ProposalDraft) -> dict[str, Any]:
    """The columns that repeat the latest revision. Raises Invalid for a procedure of another team."""
    if draft.supersedes_id and not Sop.objects.filter(pk=draft.supersedes_id, team_id=team_id).exists():
        raise Invalid("supersedes: the team has no such procedure.", field="supersedes")
    return {
        "name": draft.name,
        "description": draft.description,
        "area": draft.area,
        "supersedes_id": draft.supersedes_id or None,
    }


def write_revision(
    principal: Principal, proposal: Proposal, draft: ProposalDraft, note: str, now: datetime
) -> ProposalRevision:
    return ProposalRevision.objects.create(
        proposal=proposal,
        number=proposal.number,
        name=draft.name,
        description=draft.description,
        area=draft.area,
        supersedes_id=draft.supersedes_id or None,
        content=draft.content,
        content_hash=draft.content_hash,
        effective_from=draft.effective_from,
        review_by=draft.review_by,
        note=note,
        author_ids=list_answerable(principal),
        door=principal.door,
        created_at=now,
        **actor_columns(principal.actor, "author"),
    )


def hold_proposal(principal: Principal, proposal_id: str) -> Proposal:
    """As `get_proposal`, the row held until the commit: proposals before procedures and reviews."""
    get_proposal(principal, proposal_id)
    lock_rows(Proposal.objects.filter(pk=proposal_id))
    return get_proposal(principal, proposal_id)


def move_proposal(proposal: Proposal, states: Collection[str], **values: Any) -> None:
    """The conditional UPDATE of every change; sets the values on `proposal` too. Raises Conflict."""
    rows = Proposal.objects.filter(pk=proposal.pk, state__in=states, number=proposal.number)
    if not rows.update(**values):
        raise explain_conflict(Proposal.objects.get(pk=proposal.pk))
    for name, value in values.items():
        setattr(proposal, name, value)


def explain_conflict(proposal: Proposal) -> Conflict:
    facts = {"state": proposal.state, "revision": proposal.number}
    if proposal.is_ended:
        return Conflict(f"It is {proposal.get_state_display()} already.", code="already_decided", **facts)
    if proposal.state == ProposalState.SUBMITTED:
        return Conflict("It is submitted already.", code="already", **facts)
    return Conflict("It was changed meanwhile; look at it again.", code="stale_revision", **facts)


def require_shown(proposal: Proposal, expected_number: int | None) -> None:
    """What is changed must be what was shown; None: whatever it says now."""
    if proposal.is_ended:
        raise explain_conflict(proposal)
    if expected_number is not None and expected_number != proposal.number:
        raise Conflict(
            f"It was changed meanwhile: revision {proposal.number} is the latest. Look at both.",
            code="stale_revision",
            state=proposal.state,
            revision=proposal.number,
        )


def revise_proposal(
    *,
    principal: Principal,
    proposal_id: str,
    draft: ProposalDraft,
    expected_number: int | None,
    note: str = "",
) -> Revised:
    """Its next revision; `expected_number` is the one that was edited. Whoever revises becomes an author.

    What is submitted stays so, and its votes are stale. Raises NotFound, Refused, Invalid, TooLarge, or
    Conflict (`stale_revision`, `already_decided`).
    """
    note = read_lines(note, field="note", max_length=MAX_NOTE_LENGTH)
    draft, now = read_draft(draft), timezone.now()
    with changes(principal.actor) as change:
        proposal = hold_proposal(principal, proposal_id)
        refuse(explain_not_revising(principal, proposal), "proposal", proposal.pk)
        require_shown(proposal, expected_number)
        if draft.slug != proposal.slug:
            raise Invalid("slug: it stays as it is; write another proposal.", field="slug")
        before = get_revision(proposal)
        if read_revision(proposal, before) == draft:
            if proposal.state == ProposalState.SUBMITTED and is_base_moved(proposal):
                revise_submitted(change, principal, proposal, before)
            return Revised(proposal, before, is_changed=False)
        move_proposal(
            proposal,
            {proposal.state},
            number=proposal.number + 1,
            changed_at=now,
            **list_columns(proposal.team_id, draft),
        )
        revision = write_revision(principal, proposal, draft, note, now)
        was = {"revision": before.number, "content_hash": before.content_hash}
        change.audit(
            "proposal.revise", proposal.subject, before=was, after=describe_revision(proposal, revision)
        )
        if proposal.state == ProposalState.SUBMITTED:
            revise_submitted(change, principal, proposal, revision)
        announce_proposal(change, proposal, "revised")
    return Revised(proposal, revision)


def get_open_review(proposal: Proposal) -> Review:
    assert proposal.review is not None  # noqa: S101 - a constraint holds it for what is submitted
    return proposal.review


def is_base_moved(proposal: Proposal) -> bool:
    """Whether what is live is no longer what its review was written against: saved again, it is anew."""
    return read_live(proposal) != get_open_review(proposal).base


def revise_submitted(
    change: Change, principal: Principal, proposal: Proposal, revision: ProposalRevision
) -> None:
    review = get_open_review(proposal)
    if principal.user.is_service and principal.user.pk != review.requested_by_id:
        raise Refused("Somebody else submitted it; a service account does not change it any more.")
    require_submittable(proposal, revision)
    revise_review(
        change=change,
        # Whoever may revise the proposal may say so to its review, whatever else their token is for.
        principal=replace(principal, token=None),
        review_id=review.pk,
        content=write_wanted(proposal, revision),
        title=title_of(proposal, find_live_of(proposal)),
    )


def require_submittable(proposal: Proposal, revision: ProposalRevision) -> None:
    """Raises Conflict for one that a live procedure stands against, Invalid with what the lint found."""
    if conflict := explain_slug_conflict(proposal):
        raise Conflict(conflict, code="sop_conflict")
    refuse_findings(lint_proposal(proposal, revision))


def submit_proposal(
    *, principal: Principal, proposal_id: str, expected_number: int | None = None, reason: str = ""
) -> Proposal:
    """Put the latest revision before the team. Everybody who wrote any revision is an author.

    Raises NotFound, Refused, Invalid (`lint_failed`) or Conflict: submitted or decided already, changed
    meanwhile, a live procedure stands against it (`sop_conflict`), nobody could approve it (`unsatisfiable`).
    """
    with changes(principal.actor) as change:
        proposal = hold_proposal(principal, proposal_id)
        refuse(explain_not_revising(principal, proposal), "proposal", proposal.pk)
        require_shown(proposal, expected_number)
        if proposal.state not in ProposalState.submittable():
            raise explain_conflict(proposal)
        revision = get_revision(proposal)
        require_submittable(proposal, revision)
        review = open_review(
            change=change,
            principal=replace(principal, token=None),
            team=proposal.team,
            kind=ReviewKind.SOP_PROPOSAL,
            subject=proposal.subject,
            title=title_of(proposal, find_live_of(proposal)),
            content=write_wanted(proposal, revision),
            reason=reason or revision.note,
            author_ids=list_authors(proposal),
        )
        now, before = timezone.now(), proposal.state
        move_proposal(
            proposal,
            ProposalState.submittable(),
            state=ProposalState.SUBMITTED,
            review=review,
            submitted_at=now,
            changed_at=now,
        )
        after = {"state": proposal.state, "revision": revision.number, "review": review.pk}
        change.audit("proposal.submit", proposal.subject, before={"state": before}, after=after)
        announce_proposal(change, proposal, "submitted", review=review.pk)
    return proposal


def list_authors(proposal: Proposal) -> list[str]:
    """Who wrote any of its revisions, and who answered for those service accounts then, in that order."""
    written = proposal.revisions.order_by("number").values_list("author_ids", flat=True)
    return list(dict.fromkeys(person for people in written for person in people))


def withdraw_proposal(*, principal: Principal, proposal_id: str, reason: str = "") -> Proposal:
    """Take back what one proposed; its review ends with it. Raises NotFound, Refused, Invalid or Conflict."""
    reason = read_lines(reason, field="reason", max_length=MAX_NOTE_LENGTH)
    with changes(principal.actor) as change:
        proposal = hold_proposal(principal, proposal_id)
        refuse(explain_not_withdrawing(principal, proposal), "proposal", proposal.pk)
        if proposal.is_ended:
            raise explain_conflict(proposal)
        review = proposal.review if proposal.state == ProposalState.SUBMITTED else None
        end_proposal(change, proposal, ProposalState.WITHDRAWN, reason=reason)
        if review is not None:
            end_review(change, review, state=ReviewState.WITHDRAWN, reason=reason)
    return proposal


def request_changes(*, principal: Principal, proposal_id: str, fingerprint: str, reason: str) -> Proposal:
    """Send it back to who wrote it, which is no rejection: they revise and submit it again.

    For those who could approve it. `fingerprint` is the review's content hash that was shown. Raises
    NotFound, Refused, Invalid or Conflict.
    """
    reason = read_lines(reason, field="reason", max_length=MAX_NOTE_LENGTH)
    with changes(principal.actor) as change:
        proposal = hold_proposal(principal, proposal_id)
        review = proposal.review
        if proposal.state != ProposalState.SUBMITTED or review is None:
            raise explain_not_submitted(proposal)
        refuse(explain_not_voting(principal, review, timezone.now()), "proposal", proposal.pk)
        if not reason:
            raise Invalid("Say what should be changed: whoever wrote it reads it.", field="reason")
        if review.content_hash != fingerprint:
            raise explain_end(review)
        send_back(change, proposal, "changes_requested", ProposalState.CHANGES_REQUESTED, reason=reason)
        end_review(change, review, state=ReviewState.WITHDRAWN, reason=f"Changes requested: {reason}"[:4000])
    return proposal


def explain_not_submitted(proposal: Proposal) -> Conflict:
    if proposal.is_ended:
        return explain_conflict(proposal)
    return Conflict("It is not submitted.", code="not_submitted", state=proposal.state)


def send_back(change: Change, proposal: Proposal, kind: str, state: str, *, reason: str) -> None:
    """From its review to who wrote it."""
    move_proposal(proposal, {ProposalState.SUBMITTED}, state=state, changed_at=timezone.now())
    change.audit(
        f"proposal.{kind}",
        proposal.subject,
        before={"state": ProposalState.SUBMITTED},
        after={"state": state, "revision": proposal.number, "reason": reason},
    )
    announce_proposal(change, proposal, kind)


def end_proposal(change: Change, proposal: Proposal, state: str, **facts: Any) -> None:
    """For good. `facts` go to the audit chain."""
    before, now = proposal.state, timezone.now()
    move_proposal(proposal, {before}, state=state, changed_at=now, ended_at=now)
    after = {"state": state, "revision": proposal.number, **facts}
    change.audit(f"proposal.{VERBS[state]}", proposal.subject, before={"state": before}, after=after)
    announce_proposal(change, proposal, state)


VERBS: dict[str, str] = {
    ProposalState.APPROVED: "approve",
    ProposalState.REJECTED: "reject",
    ProposalState.WITHDRAWN: "withdraw",
}


def refuse(refusal: str, kind: str, row_id: str) -> None:
    if refusal:
        raise Refused(refusal, subject_kind=kind, subject_id=row_id)
