"""What the review page shows: the content beside what is live, the votes, the talk, and how to decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin.base import get_principal
from accounts.admin.opened import stamp_opened
from accounts.models import User
from accounts.principal import Principal
from events.markdown import render_markdown
from reviews.admin.content_lines import build_content
from reviews.admin.keys import REVIEW_KEYS
from reviews.admin.states import describe_review
from reviews.admin.timeline import build_timeline
from reviews.enums import Verdict
from reviews.models import Review, ReviewComment, Vote
from reviews.policies import (
    can_read_comments,
    can_read_content,
    explain_not_commenting,
    explain_not_withdrawing,
)
from reviews.registry import explain_unapprovable, find_confirmation, find_spec, label_kind
from reviews.seats import (
    Seat,
    Voter,
    count_possible_approvers,
    explain_not_voting,
    list_counting_votes,
    list_votes,
)


@dataclass(frozen=True, slots=True)
class ShownVote:
    """`note` says why an approval does not count, or whose seat it took."""

    vote: Vote
    is_approval: bool
    counts: bool
    note: str


@dataclass(frozen=True, slots=True)
class ShownComment:
    """`html` is safe: a person's Markdown, sanitised."""

    author: str
    at: datetime
    html: SafeString


def build_page(request: HttpRequest, review: Review) -> dict[str, Any]:
    """The template's context for one review."""
    principal, now = get_principal(request), timezone.now()
    votes, counting = list_votes(review), list_counting_votes(review) if review.is_open else []
    seat = find_seat(principal, review, counting, now)
    spec = find_spec(review.kind)
    may_read = can_read_content(principal, review)
    return {
        "review": review,
        "kind": label_kind(review.kind),
        "pill": describe_review(review, now),
        "is_late": review.is_overdue(now),
        "facts": spec.describe(review) if spec and spec.describe and may_read else [],
        "subject_url": spec.url(review) if spec and spec.url else "",
        "may_read": may_read,
        "content": build_content(review) if may_read else None,
        "reason": render_markdown(review.reason) if may_read else "",
        "votes": [show_vote(review, vote, counting) for vote in votes],
        "needed": max(0, review.approvals_needed - len(counting)),
        "counted": len(counting) if review.is_open else review.approvals,
        "possible": count_possible_approvers(review) if review.is_open else None,
        "backups": list_names(review.backup_ids),
        "seat": seat,
        "stands_in_for": str(seat.holder) if seat and seat.delegation else "",
        "confirmation_word": find_confirmation(review) if seat else "",
        "unapprovable": explain_unapprovable(review) if seat else "",
        "why_not": explain_standing(principal, review, seat, votes, now),
        "can_withdraw": review.is_open and not explain_not_withdrawing(principal, review),
        "can_read_comments": can_read_comments(principal, review),
        "can_comment": not explain_not_commenting(principal, review),
        "comments": list_comments(principal, review),
        "moments": build_timeline(review, votes),
        "opened": stamp_opened(subject_id=review.pk, user_id=principal.user.pk),
        "keys": REVIEW_KEYS,
    }


def find_seat(principal: Principal, review: Review, counting: list[Vote], now: datetime) -> Seat | None:
    """None also for what has ended."""
    if not review.is_open or review.is_expired(now) or has_voted(principal, review, counting):
        return None
    return Voter(principal, now).find_seat(review, counting)


def has_voted(principal: Principal, review: Review, votes: list[Vote]) -> bool:
    return any(vote.voter_id == principal.user.pk and vote.revision == review.revision for vote in votes)


def explain_standing(
    principal: Principal, review: Review, seat: Seat | None, votes: list[Vote], now: datetime
) -> str:
    """Why there are no buttons; "" when there are, or when it has ended."""
    if seat is not None or not review.is_open:
        return ""
    if review.is_expired(now):
        return "Its time has run out."
    if has_voted(principal, review, votes):
        return "You have voted; it waits for others."
    refusal = explain_not_voting(principal, review, now)
    return refusal or "Somebody has voted in the seat that is yours."


def show_vote(review: Review, vote: Vote, counting: list[Vote]) -> ShownVote:
    parts = [f"standing in for {vote.on_behalf_of_label}"] if vote.on_behalf_of_id else []
    is_approval = vote.verdict == Verdict.APPROVE
    is_stale = vote.revision != review.revision
    if is_stale:
        parts.append(f"on revision {vote.revision}: stale, it no longer counts")
    elif review.is_open and is_approval and vote not in counting:
        parts.append("no longer counts: the right to give it has ended")
    return ShownVote(vote, is_approval, not is_stale, "; ".join(parts))


def list_names(user_ids: list[str]) -> list[str]:
    people = User.objects.in_bulk(user_ids)
    return sorted(str(people[user_id]) for user_id in user_ids if user_id in people)


def list_comments(principal: Principal, review: Review) -> list[ShownComment]:
    """Oldest first; none for who may not read them."""
    if not can_read_comments(principal, review):
        return []
    rows = ReviewComment.objects.filter(review=review).select_related("author")
    return [ShownComment(str(row.author), row.created_at, render_markdown(row.text)) for row in rows]
