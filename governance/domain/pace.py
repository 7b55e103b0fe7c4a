"""Approval fatigue: many approvals of one session, each given within seconds, ask for a pause.

Counted from the votes, so it holds for every process and page; a denial is never held up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.conf import settings

from accounts.models import User
from governance.models import PermissionRequest
from reviews.enums import Verdict
from reviews.models import Vote


@dataclass(frozen=True, slots=True)
class Run:
    """Quick approvals of one session by one person, one after the other."""

    count: int
    span: timedelta

    @property
    def sentence(self) -> str:
        return (
            f"You have approved {self.count} requests of this session in {describe_span(self.span)}. "
            "Read this one before you go on."
        )


def find_quick_run(*, user: User, request: PermissionRequest, now: datetime) -> Run | None:
    """The run that asks for a pause before the next approval; None when there is none, or no session."""
    wanted = settings.COUNTERSIGN_PAUSE_AFTER_APPROVALS
    if not wanted or not request.session_id:
        return None
    pace = timedelta(seconds=settings.COUNTERSIGN_PAUSE_PACE_S)
    within = timedelta(minutes=settings.COUNTERSIGN_PAUSE_WITHIN_MINUTES)
    times = [now, *list_approvals(user, request, since=now - within, limit=wanted)]
    if len(times) <= wanted or any(later - earlier > pace for later, earlier in pairwise(times)):
        return None
    return Run(wanted, times[0] - times[-1])


def list_approvals(user: User, request: PermissionRequest, *, since: datetime, limit: int) -> list[datetime]:
    """When this person last approved a request of the same session, newest first."""
    session = PermissionRequest.objects.filter(
        team_id=request.team_id, engine_id=request.engine_id, session_id=request.session_id
    )
    votes = Vote.objects.filter(
        voter_id=user.pk,
        at__gt=since,
        subject_kind=request.subject.kind,
        subject_id__in=session.values("pk"),
        verdict=Verdict.APPROVE,
    )
    return list(votes.order_by("-at", "-id").values_list("at", flat=True)[:limit])


def describe_span(span: timedelta) -> str:
    seconds = max(1, round(span.total_seconds()))
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = round(seconds / 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
