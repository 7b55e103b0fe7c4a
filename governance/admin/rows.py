"""The inbox's rows: everything one row shows and may do, for a whole page in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.text import capfirst

from accounts.admin.display import Pill
from accounts.principal import Principal
from engines.policies import can_see_chat
from events.text import make_visible
from governance.admin.marks import NO_MARKS, RowMarks, build_marks
from governance.admin.states import describe_request
from governance.enums import RequestState, Risk
from governance.models import PermissionRequest
from governance.policies import can_read_summary, explain_not_deciding
from governance.queries import find_last_replies, find_my_votes, list_requests
from reviews.enums import Verdict

ENDS_SOON = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One request in the list. `acts_here` is design rule: the whole command is shown, without findings.

    `command` is the masked summary, "" for owners outside the team.
    """

    request: PermissionRequest
    pill: Pill
    command: str
    asker: str
    subagent: str
    chat: str
    settled_by: str
    acts_here: bool
    may_decide: bool
    my_verdict: str
    siblings: int
    marks: RowMarks = NO_MARKS

    @property
    def findings(self) -> list[dict[str, str]]:
        """What a reader must be told. That arguments are unknown is only known once it is sealed."""
        return [
            finding
            for finding in self.request.findings
            if self.request.is_sealed or finding["code"] != "arguments_unknown"
        ]

    @property
    def risk(self) -> str:
        """In words, once it is known; "" while the arguments are on their way, and when it has ended."""
        return self.request.get_risk_display() if self.request.is_sealed and self.request.is_pending else ""

    @property
    def ends_soon(self) -> bool:
        return self.request.is_pending and self.request.expires_at - timezone.now() < ENDS_SOON

    @property
    def votes(self) -> str:
        """Given and needed, as in "1/2", when more than one approval is asked for, else ""."""
        needed = self.request.approvals_needed
        return f"{self.request.approvals}/{needed}" if needed > 1 else ""


def acts_from_list(request: PermissionRequest) -> bool:
    """A row's Approve acts only when the list shows the whole command uncut, and nothing is odd about it."""
    is_plain = request.risk == Risk.NORMAL and not request.findings
    return request.is_sealed and request.is_summary_whole and is_plain


def list_for_rows(principal: Principal) -> QuerySet[PermissionRequest]:
    """Visible requests without their content, which may be megabytes."""
    return list_requests(principal).defer("content")


def build_rows(
    principal: Principal, requests: list[PermissionRequest], *, marked: bool = False
) -> list[InboxRow]:
    """`marked` adds what the inbox shows besides: claims, snoozes, comments, similar decisions."""
    prefetch_related_objects(requests, "team", "engine", "chat", "subagent")
    ids = [request.pk for request in requests]
    replies = find_last_replies(ids)
    my_votes = find_my_votes(principal, ids)
    siblings = count_session_siblings(requests)
    marks = build_marks(principal, requests) if marked else {}
    rows = []
    for request in requests:
        vote = my_votes.get(request.pk)
        is_open = request.is_pending and vote is None
        session = (request.engine_id, request.session_id)
        rows.append(
            InboxRow(
                request=request,
                pill=describe_request(request, replies.get(request.pk)),
                command=request.summary if can_read_summary(principal, request) else "",
                asker=describe_asker(request),
                subagent=describe_subagent(request),
                chat=describe_chat(principal, request),
                settled_by=describe_end_briefly(request),
                acts_here=acts_from_list(request),
                may_decide=is_open and not explain_not_deciding(principal, request),
                my_verdict=Verdict(vote.verdict).label if vote else "",
                siblings=max(0, siblings.get(session, 0) - 1) if request.is_pending else 0,
                marks=marks.get(request.pk, NO_MARKS),
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class SessionGroup:
    """One session's rows on this page. `waiting` counts all that wait in it, also on other pages."""

    key: str
    title: str
    asker: str
    waiting: int
    rows: list[InboxRow]

    @property
    def closes(self) -> bool:
        """Whether a denial closes them all: an engine's session ends as one, what the API asks does not."""
        return self.rows[0].request.engine_id is not None


def group_rows(rows: list[InboxRow]) -> list[SessionGroup]:
    """By session, each where its first row stands; what came through the API is grouped by who asked."""
    groups: dict[str, list[InboxRow]] = {}
    for row in rows:
        groups.setdefault(group_key(row.request), []).append(row)
    return [describe_group(key, found) for key, found in groups.items()]


def group_key(request: PermissionRequest) -> str:
    if request.engine_id:
        return f"{request.engine_id}-{request.session_id}"
    return f"api-{request.requester_id}"


def describe_group(key: str, rows: list[InboxRow]) -> SessionGroup:
    pending = [row for row in rows if row.request.is_pending]
    first = rows[0]
    if first.request.engine_id is None:
        return SessionGroup(key, "Through the API", first.asker, len(pending), rows)
    title = first.chat or f"session {make_visible(first.request.session_id)}"
    waiting = max((row.siblings + 1 for row in pending), default=0)
    return SessionGroup(key, title, first.asker, waiting, rows)


def count_session_siblings(requests: list[PermissionRequest]) -> dict[tuple[str | None, str], int]:
    """{(engine id, session id): how many requests wait there}; a denial closes them all."""
    sessions = {
        (request.engine_id, request.session_id)
        for request in requests
        if request.engine_id and request.is_pending
    }
    if not sessions:
        return {}
    counts = (
        PermissionRequest.objects.filter(
            Q(state=RequestState.PENDING),
            engine_id__in={engine_id for engine_id, _ in sessions},
            session_id__in={session_id for _, session_id in sessions},
        )
        .order_by()
        .values_list("engine_id", "session_id")
        .annotate(count=Count("pk"))
    )
    return {(engine_id, session_id): count for engine_id, session_id, count in counts}


def describe_asker(request: PermissionRequest) -> str:
    return request.engine.name if request.engine else request.requester_label


def describe_subagent(request: PermissionRequest) -> str:
    """How deep below the chat's own agent it was asked; "" for that agent itself."""
    if request.subagent is None:
        return ""
    depth = request.subagent.depth
    return "subagent" if depth == 1 else f"subagent, level {depth}"


def describe_chat(principal: Principal, request: PermissionRequest) -> str:
    """A chat's title is content: members only."""
    if request.chat is None or not can_see_chat(principal, request.chat):
        return ""
    return make_visible(str(request.chat))


def describe_end_briefly(request: PermissionRequest) -> str:
    """Who or what ended it, for the place where the buttons stood."""
    if request.is_pending:
        return ""
    state = capfirst(request.get_state_display())
    if request.rule_id:
        return f"{state} by rule {request.decided_by_label}, version {request.rule_version}"
    if request.decided_by_label:
        return f"{state} by {request.decided_by_label}"
    return f"{state}: {request.get_close_reason_display()}"
