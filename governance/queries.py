from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet, Value

from accounts.enums import Scope
from accounts.principal import Principal
from events.errors import NotFound
from events.identifiers import is_record_id
from events.prepared import Prepared
from governance.enums import QuestionState, ReplyState, RequestSource, RequestState
from governance.models import EngineReply, PermissionRequest, RequestComment, RequestSnooze
from governance.policies import can_read_comments
from governance.question_queries import list_questions
from reviews.models import Vote


def list_requests(principal: Principal) -> QuerySet[PermissionRequest]:
    """Everything `can_see_request` lets this principal see."""
    requests = PermissionRequest.objects.all()
    if not principal.has_scope(Scope.REQUESTS_READ):
        own = requests.filter(source=RequestSource.API, requester_id=principal.user.pk)
        return own if principal.has_scope(Scope.REQUESTS_CREATE) else requests.none()
    return requests if principal.sees_all_teams else requests.filter(team_id__in=principal.team_ids)


def get_request(principal: Principal, request_id: str) -> PermissionRequest:
    """Raises NotFound for what does not exist and for what this principal may not see, alike."""
    rows = list_requests(principal).select_related("team", "engine", "chat", "subagent", "closed_by")
    request = rows.filter(pk=request_id).first() if is_record_id(request_id) else None
    if request is None:
        raise NotFound("There is no such permission request.")
    return request


def list_by_engine_id(
    engine_ids: Iterable[str], engine_request_ids: Iterable[str]
) -> QuerySet[PermissionRequest]:
    """Requests that these engines know by these ids of theirs, at most one of each.

    SQLite takes the index only where all of its condition is asked for, too.
    """
    return PermissionRequest.objects.filter(
        ~Q(engine_request_id=""),
        engine__isnull=False,
        engine_id__in=list(engine_ids),
        engine_request_id__in=list(engine_request_ids),
    )


def list_by_key(requester_kind: str, requester_id: str, idempotency_key: str) -> QuerySet[PermissionRequest]:
    """What this requester asked for under this key of theirs, at most one; by its index, as above."""
    return PermissionRequest.objects.filter(
        ~Q(idempotency_key=""),
        requester_kind=requester_kind,
        requester_id=requester_id,
        idempotency_key=idempotency_key,
    )


def find_my_votes(principal: Principal, request_ids: list[str]) -> dict[str, Vote]:
    """{request id: this person's vote}."""
    votes = MY_VOTES.all(voter_id=principal.user.pk, request_ids=request_ids)
    return {vote.subject_id: vote for vote in votes}


MY_VOTES: Prepared[Vote] = Prepared(
    lambda voter_id, request_ids: Vote.objects.filter(
        subject_kind="permission_request", subject_id__in=request_ids, voter_id=voter_id
    ).order_by()
)


def list_comments(principal: Principal, request: PermissionRequest) -> QuerySet[RequestComment]:
    """Oldest first; none for who may not read them."""
    comments = RequestComment.objects.filter(request=request).select_related("author")
    return comments if can_read_comments(principal, request) else comments.none()


def count_comments(request_ids: list[str]) -> dict[str, int]:
    """{request id: how many comments}, without those that have none."""
    rows = RequestComment.objects.filter(request_id__in=request_ids).order_by().values_list("request_id")
    return dict(rows.annotate(count=Count("pk")))


def find_snooze(principal: Principal, request: PermissionRequest, now: datetime) -> RequestSnooze | None:
    """This person's, if it has not ended."""
    return RequestSnooze.objects.filter(user=principal.user, request=request, until__gt=now).first()


def count_siblings(request: PermissionRequest) -> int:
    """Other pending requests of the same engine session: a denial closes them too."""
    if request.engine_id is None or request.source == RequestSource.GATE:
        return 0
    return (
        PermissionRequest.objects.filter(
            engine_id=request.engine_id,
            session_id=request.session_id,
            source=RequestSource.ENGINE,
            state=RequestState.PENDING,
        )
        .exclude(pk=request.pk)
        .count()
    )


def find_last_replies(request_ids: list[str]) -> dict[str, EngineReply]:
    """{request id: its newest reply}; a list page shows delivery without one query a row."""
    return {reply.request_id: reply for reply in REPLIES.all(request_ids=request_ids)}


REPLIES: Prepared[EngineReply] = Prepared(
    lambda request_ids: EngineReply.objects.filter(request_id__in=request_ids).order_by("created_at", "id")
)


@dataclass(frozen=True, slots=True)
class WaitingCounts:
    """What waits for a person: on every page's badge."""

    requests: int = 0
    questions: int = 0

    @property
    def total(self) -> int:
        return self.requests + self.questions


def count_waiting(principal: Principal) -> WaitingCounts:
    """As far as this principal sees, in one query."""
    parts = (
        ("requests", list_requests(principal).filter(state=RequestState.PENDING)),
        ("questions", list_questions(principal).filter(state=QuestionState.OPEN)),
    )
    first, second = (
        rows.order_by().annotate(what=Value(name)).values_list("what").annotate(count=Count("pk"))
        for name, rows in parts
    )
    return WaitingCounts(**dict(first.union(second, all=True)))


@dataclass(frozen=True, slots=True)
class InboxNumbers:
    """What the dashboard's tiles show."""

    pending: int
    oldest_at: datetime | None
    undelivered: int


def read_inbox_numbers(principal: Principal) -> InboxNumbers:
    requests = list_requests(principal)
    numbers = requests.filter(state=RequestState.PENDING).aggregate(
        count=Count("pk"), oldest=Min("created_at")
    )
    undelivered = EngineReply.objects.filter(Q(state=ReplyState.QUEUED) | Q(state=ReplyState.SENT))
    if not principal.sees_all_teams:
        # Engines are few: the open replies are read by their state, then told apart by engine.
        undelivered = undelivered.filter(engine__team_id__in=principal.team_ids)
    return InboxNumbers(numbers["count"], numbers["oldest"], undelivered.count())


@dataclass(frozen=True, slots=True)
class RequestTotals:
    """Of the whole deployment, for monitoring: every request state, decisions by (door, verdict)."""

    by_state: dict[str, int]
    decisions: dict[tuple[str, str], int]
    oldest_pending_at: datetime | None
    open_replies: dict[str, int]
    oldest_queued_reply_at: datetime | None


def read_request_totals() -> RequestTotals:
    """Decided requests never change and are never deleted, so the counts of decisions only grow."""
    requests = PermissionRequest.objects.order_by()
    by_state = dict.fromkeys(RequestState.values, 0)
    decisions: dict[tuple[str, str], int] = {}
    for state, door, count in requests.values_list("state", "decision_door").annotate(count=Count("pk")):
        by_state[state] += count
        if state in {RequestState.APPROVED, RequestState.DENIED}:
            decisions[door, state] = count
    replies = EngineReply.objects.order_by().filter(state__in=[ReplyState.QUEUED, ReplyState.SENT])
    counts = dict(replies.values_list("state").annotate(count=Count("pk")))
    pending = requests.filter(state=RequestState.PENDING).aggregate(at=Min("created_at"))
    queued = replies.filter(state=ReplyState.QUEUED).aggregate(at=Min("created_at"))
    return RequestTotals(
        by_state,
        decisions,
        pending["at"],
        {state.value: counts.get(state, 0) for state in (ReplyState.QUEUED, ReplyState.SENT)},
        queued["at"],
    )
