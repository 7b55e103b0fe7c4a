"""How reviews and delegations stand: a word, an icon and a colour."""

from __future__ import annotations

from datetime import datetime

from accounts.admin.display import Pill
from reviews.enums import ReviewState
from reviews.models import Delegation, Review

ENDED = {
    ReviewState.APPROVED: Pill("approved", "check", "ok"),
    ReviewState.REJECTED: Pill("rejected", "cross", "bad"),
    ReviewState.WITHDRAWN: Pill("withdrawn", "off", "quiet"),
    ReviewState.EXPIRED: Pill("expired", "clock", "quiet", "nobody decided it in time"),
}


def describe_review(review: Review, now: datetime) -> Pill:
    if not review.is_open:
        return ENDED[ReviewState(review.state)]
    if review.is_expired(now):
        return Pill("time ran out", "clock", "quiet", "being closed")
    if review.is_overdue(now):
        return Pill("late", "warning", "warn", "past its due date")
    if review.is_escalated:
        return Pill("escalated", "warning", "warn", "backups may approve it" if review.backup_ids else "")
    return Pill("open", "hourglass", "wait")


def describe_delegation(delegation: Delegation, now: datetime) -> Pill:
    if delegation.revoked_at is not None:
        return Pill("revoked", "off", "bad")
    if delegation.ends_at <= now:
        return Pill("over", "clock", "quiet")
    if delegation.starts_at > now:
        return Pill("to come", "hourglass", "info")
    return Pill("holds", "check", "ok")
