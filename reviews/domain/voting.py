"""People review. A vote begins with the conditional UPDATE of the review, which takes its lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q
from django.utils import timezone

from accounts.domain.recent_login import require_recent_login
from accounts.principal import Principal
from events.changes import Change, changes
from events.errors import Conflict, Invalid, Refused
from events.text import is_storable, read_lines
from reviews.domain.announce import announce_review
from reviews.domain.reviews import MAX_REASON_LENGTH, end_review, explain_end, lock_subject
from reviews.domain.votes import cast_vote
from reviews.enums import ReviewState, Verdict
from reviews.models import Review
from reviews.queries import get_review
from reviews.registry import explain_unapprovable, find_confirmation, find_spec
from reviews.seats import Seat, Voter, explain_not_voting, list_counting_votes, list_votes


@dataclass(frozen=True, slots=True)
class Outcome:
    """`is_decided` is False when more approvals are needed."""

    review: Review
    is_decided: bool


def approve_review(
    *, principal: Principal, review_id: str, fingerprint: str, reason: str = "", confirmation: str = ""
) -> Outcome:
    """Vote for it; with the last approval needed it takes effect in the same transaction.

    `fingerprint` is the content hash that was shown; `confirmation` what the kind has approvers type. Raises
    NotFound, Refused (also for a login that is not recent), Invalid (also for a confirmation that is not the
    kind's), Conflict (ended, changed since shown, voted already, what is live has moved on, can't be approved
    as it is), and whatever the kind's `apply` raises; then nothing has changed.
    """
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    with changes(principal.actor) as change:
        review = get_votable(principal, review_id)
        require_recent_login(principal)
        require_same_base(review)
        vote(change, principal, review, fingerprint, Verdict.APPROVE, reason)
        require_approvable(review, confirmation)
        if review.approvals < review.approvals_needed:
            announce_review(change, review, "voted")
            return Outcome(review, is_decided=False)
        end_review(change, review, state=ReviewState.APPROVED, reason=reason)
    return Outcome(review, is_decided=True)


def reject_review(*, principal: Principal, review_id: str, fingerprint: str, reason: str) -> Outcome:
    """One rejection ends it, with a reason for who asked. Raises as `approve_review` does."""
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    if not reason:
        raise Invalid("Say why: whoever asked reads it.", field="reason")
    with changes(principal.actor) as change:
        review = get_votable(principal, review_id)
        vote(change, principal, review, fingerprint, Verdict.DENY, reason)
        end_review(change, review, state=ReviewState.REJECTED, reason=reason)
    return Outcome(review, is_decided=True)


def get_votable(principal: Principal, review_id: str) -> Review:
    """Raises NotFound, or Refused for who may not vote on it, whatever its state. Holds what it is about."""
    review = get_review(principal, review_id)
    refusal = explain_not_voting(principal, review, timezone.now())
    if refusal:
        raise Refused(refusal, subject_kind="review", subject_id=review.pk)
    lock_subject(review)
    return review


def require_same_base(review: Review) -> None:
    """Raises Conflict when what is live is no longer what the content was written against."""
    spec = find_spec(review.kind)
    if not review.is_open or spec is None or spec.read_live is None:
        return
    if spec.read_live(review.reviewed) != review.base:
        # It was read before its subject was held: somebody may have ended it, which moved what is live.
        current = Review.objects.get(pk=review.pk)
        if not current.is_open:
            raise explain_end(current)
        raise Conflict(
            "What is live has changed since this was asked for; it has to be put up for review again.",
            code="base_moved",
            state=review.state,
        )


def require_approvable(review: Review, confirmation: str) -> None:
    """What the kind says of this content, read after the lock: raises Conflict or Invalid."""
    if refusal := explain_unapprovable(review):
        raise Conflict(refusal, code="not_approvable", state=review.state)
    expected = find_confirmation(review)
    if expected and confirmation.strip() != expected:
        raise Invalid(
            f"Type {expected} to confirm that you have read what was found.",
            code="confirmation_needed",
            field="confirmation",
            expected=expected,
        )


def vote(
    change: Change, principal: Principal, review: Review, fingerprint: str, verdict: Verdict, reason: str
) -> None:
    """Lock, take a seat, cast, count. Afterwards `review` is the row as it is."""
    now = timezone.now()
    take_lock(review, fingerprint, verdict, now)
    review.refresh_from_db()
    seat = take_seat(principal, review, now)
    cast_vote(
        change=change,
        principal=principal,
        subject=review.subject,
        verdict=verdict,
        reason=reason,
        fingerprint=fingerprint,
        revision=review.revision,
        delegation=seat.delegation,
    )
    review.approvals = len(list_counting_votes(review))
    Review.objects.filter(pk=review.pk).update(approvals=review.approvals)


def take_lock(review: Review, fingerprint: str, verdict: Verdict, now: datetime) -> None:
    """The conditional UPDATE every vote begins with; raises Conflict saying why it can't begin."""
    is_current = Q(expires_at=None) | Q(expires_at__gt=now)
    rows = Review.objects.filter(is_current, pk=review.pk, state=ReviewState.OPEN)
    more = 1 if verdict == Verdict.APPROVE else 0
    if is_storable(fingerprint) and rows.filter(content_hash=fingerprint).update(
        approvals=F("approvals") + more
    ):
        return
    current = Review.objects.get(pk=review.pk)
    if current.is_expired(now):
        raise Conflict("The time for this review has run out.", code="expired", state=current.state)
    conflict = explain_end(current)
    if current.is_open:
        conflict.facts["fingerprint"] = current.content_hash
    raise conflict


def take_seat(principal: Principal, review: Review, now: datetime) -> Seat:
    """The seat this vote uses up. Raises Conflict when the person, or their seat, has voted already."""
    current = [row for row in list_votes(review) if row.revision == review.revision]
    mine = principal.user.pk
    if any(row.voter_id == mine for row in current):
        raise Conflict("You have voted on this already.", code="already_voted")
    counting = list_counting_votes(review)
    seat = Voter(principal, now).find_seat(review, counting)
    if seat is not None:
        return seat
    for row in counting:
        if row.seat_id == mine:
            raise Conflict(f"{row.voter_label} has voted for you already.", code="already_voted")
    refusal = explain_not_voting(principal, review, now)
    if refusal:
        raise Refused(refusal, subject_kind="review", subject_id=review.pk)
    raise Conflict("The person you stand in for has voted already.", code="already_voted")
