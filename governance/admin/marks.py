"""What people have put on a request: who looks at it, who put it off, what was said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects
from django.utils import timezone

from accounts.principal import Principal
from governance.models import PermissionRequest, RequestSnooze
from governance.queries import count_comments
from governance.similar import count_similar


@dataclass(frozen=True, slots=True)
class RowMarks:
    """What stands on one row.

    `claimed_by` is a name, "" when nobody says that they look at it. `approved` and `denied` count decisions
    on the same leading words, for members alone.
    """

    claimed_by: str = ""
    is_mine: bool = False
    snoozed_until: datetime | None = None
    comments: int = 0
    approved: int = 0
    denied: int = 0

    @property
    def similar(self) -> str:
        if not self.approved and not self.denied:
            return ""
        return f"{self.approved} approved, {self.denied} denied"


NO_MARKS = RowMarks()


def build_marks(principal: Principal, requests: list[PermissionRequest]) -> dict[str, RowMarks]:
    """{request id: its marks}, in a fixed number of queries."""
    prefetch_related_objects(requests, "claimed_by")
    ids = [request.pk for request in requests]
    snoozes = find_my_snoozes(principal, ids)
    comments = count_comments(ids)
    similar = count_similar(principal, [request for request in requests if request.is_pending])
    return {
        request.pk: RowMarks(
            claimed_by=str(request.claimed_by) if request.claimed_by and request.is_pending else "",
            is_mine=request.claimed_by_id == principal.user.pk,
            snoozed_until=snoozes.get(request.pk),
            comments=comments.get(request.pk, 0),
            approved=similar[request.pk].approved if request.pk in similar else 0,
            denied=similar[request.pk].denied if request.pk in similar else 0,
        )
        for request in requests
    }


def find_my_snoozes(principal: Principal, request_ids: list[str]) -> dict[str, datetime]:
    snoozes = RequestSnooze.objects.filter(
        request_id__in=request_ids, user_id=principal.user.pk, until__gt=timezone.now()
    )
    return dict(snoozes.order_by().values_list("request_id", "until"))
