"""What time alone does to open reviews: a reminder, the escalation, the end. Worked by the clock.

Each step is one conditional UPDATE, so any number of clocks do it once, and a clock that was stopped does
what is due when it runs again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet

from accounts.models import Team
from events.actors import CLOCK_ACTOR
from events.changes import changes
from events.errors import Conflict
from reviews.domain.announce import announce_review
from reviews.domain.reviews import end_review, lock_subject
from reviews.enums import ReviewState
from reviews.models import Review

logger = logging.getLogger(__name__)

BATCH = 200
TIMED_OUT = "Nobody decided it in time."


def describe_open(team: Team) -> str:
    """What keeps a team from being retired: reviews that only its members could decide."""
    count = Review.objects.filter(team=team, state=ReviewState.OPEN).count()
    return f"{count} open review{'s' if count > 1 else ''}" if count else ""


def list_open() -> QuerySet[Review]:
    return Review.objects.filter(state=ReviewState.OPEN)


def list_unended(now: datetime) -> QuerySet[Review]:
    """Open ones whose time has not run out: the others are not reminded of any more."""
    return list_open().filter(Q(expires_at=None) | Q(expires_at__gt=now))


def list_to_remind(now: datetime) -> QuerySet[Review]:
    return list_unended(now).filter(remind_at__lte=now, reminded_at=None)


def list_to_escalate(now: datetime) -> QuerySet[Review]:
    return list_unended(now).filter(escalate_at__lte=now, escalated_at=None)


def list_to_expire(now: datetime) -> QuerySet[Review]:
    return list_open().filter(expires_at__lte=now)


def is_any_review_due(*, now: datetime) -> bool:
    """One look for all three, so that an idle clock costs one query."""
    rows = list_to_expire(now) | list_to_escalate(now) | list_to_remind(now)
    return rows.exists()


def work_due_reviews(*, now: datetime) -> int:
    """Do what is due, at most a batch of each; returns how many reviews it touched."""
    return (
        work_each(list_to_expire(now), expire_review)
        + work_each(list_to_escalate(now), lambda review: escalate_review(review, now))
        + work_each(list_to_remind(now), lambda review: remind_of_review(review, now))
    )


def work_each(rows: QuerySet[Review], act: Callable[[Review], bool]) -> int:
    """One by one: a review whose kind fails must not hold up the others."""
    count = 0
    for review in rows.select_related("team").order_by("pk")[:BATCH]:
        try:
            count += act(review)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("A due review could not be worked.", extra={"review": review.pk})
    return count


def expire_review(review: Review) -> bool:
    """End it without an approval; False when somebody was faster."""
    try:
        with changes(CLOCK_ACTOR) as change:
            lock_subject(review)
            end_review(change, review, state=ReviewState.EXPIRED, reason=TIMED_OUT)
    except Conflict:
        return False
    return True


def escalate_review(review: Review, now: datetime) -> bool:
    """From now on the backups' approvals count as well; without any, the owners are told that it hangs.

    False when it was done already.
    """
    with changes(CLOCK_ACTOR) as change:
        if not list_to_escalate(now).filter(pk=review.pk).update(escalated_at=now):
            return False
        review.escalated_at = now
        change.audit("review.escalate", review.subject, after={"backup_ids": review.backup_ids})
        announce_review(change, review, "escalated")
        if not review.backup_ids:
            announce_review(change, review, "escalated", audience="owners")
    return True


def remind_of_review(review: Review, now: datetime) -> bool:
    with changes(CLOCK_ACTOR) as change:
        if not list_to_remind(now).filter(pk=review.pk).update(reminded_at=now):
            return False
        change.audit("review.remind", review.subject)
        announce_review(change, review, "reminded")
    return True
