"""The inbox's rows: everything one row shows and may do, for a whole page in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, prefetch_related_objects
from django.utils.text import capfirst

from accounts.admin.display import Pill
from accounts.principal import Principal
from engines.policies import can_see_chat
from events.text import make_visible
from governance.admin.states import describe_request
from governance.enums import RequestState
from governance.models import PermissionRequest
from governance.policies import can_read_summary, explain_not_deciding
from governance.queries import find_last_replies, find_my_votes, list_requests
from reviews.enums import Verdict


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

    @property
    def findings(self) -> list[dict[str, str]]:
        """What a reader must be told. That arguments are unknown is only known once it is sealed."""
        return [
            finding
            for finding in self.request.findings
            if self.request.is_sealed or finding["code"] != "arguments_unknown"
        ]

    @property
    def votes(self) -> str:
        """Given and needed, as in "1/2", when more than one approval is asked for, else ""."""
        needed = self.request.approvals_needed
        return f"{self.request.approvals}/{needed}" if needed > 1 else ""


def acts_from_list(request: PermissionRequest) -> bool:
    """A row's Approve acts only when the list shows the whole command uncut and without findings."""
    return request.is_sealed and request.is_summary_whole and not request.findings


def list_for_rows(principal: Principal) -> QuerySet[PermissionRequest]:
    """Visible requests without their content, which may be megabytes."""
    return list_requests(principal).defer("content")


def build_rows(principal: Principal, requests: list[PermissionRequest]) -> list[InboxRow]:
    prefetch_related_objects(requests, "team", "engine", "chat", "subagent")
    ids = [request.pk for request in requests]
    replies = find_last_replies(ids)
    my_votes = find_my_votes(principal, ids)
    siblings = count_session_siblings(requests)
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
            )
        )
    return rows


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
    if request.decided_by_label:
        return f"{state} by {request.decided_by_label}"
    return f"{state}: {request.get_close_reason_display()}"
