"""The reads of one request that every agent's and every decider's call makes, built once (`events.prepared`).

Who sees what is said by `queries.list_requests` and `accounts.queries.list_teams` alone: they are asked with
placeholders in place of the caller's id and teams.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.models import Team
from accounts.principal import Outline, Principal
from accounts.queries import list_teams
from events.identifiers import is_record_id
from events.prepared import Prepared
from governance.models import PermissionRequest
from governance.queries import list_requests

# What the API shows of a request: building a wide row costs more than the database takes to find it.
COLUMNS = [
    *(
        field.name
        for field in PermissionRequest._meta.fields
        if field.name not in {"content", "idempotency_key"}
    ),
    *(f"team__{name}" for name in ("name", "chat_user_may_decide", "tokens_may_decide")),
    "engine__name",
    *(f"chat__{name}" for name in ("title", "ai_engine_session_id", "user")),
    *(f"subagent__{name}" for name in ("agent", "description")),
]
SHOWN_WITH = ("team", "engine", "chat", "subagent")


def find_shown_request(
    principal: Principal, request_id: str, *, with_content: bool = False
) -> PermissionRequest | None:
    """A request that this principal may see, with what the API shows of it."""
    if not is_record_id(request_id):
        return None
    outline = principal.outline
    return SHOWN.first(outline.shape, with_content, request_id=request_id, **outline.values)


def build_shown(
    shape: Any, with_content: bool, *, request_id: Any, **values: Any
) -> QuerySet[PermissionRequest]:
    rows = list_requests(Outline.build_principal(shape, **values)).filter(pk=request_id)
    columns = [*COLUMNS, "content"] if with_content else COLUMNS
    return rows.select_related(*SHOWN_WITH).only(*columns).order_by()[:1]


def find_request_to_decide(principal: Principal, request_id: str) -> PermissionRequest | None:
    """A request that this principal may see, without its content, with what its policies ask about."""
    if not is_record_id(request_id):
        return None
    outline = principal.outline
    return TO_DECIDE.first(outline.shape, request_id=request_id, **outline.values)


def build_to_decide(shape: Any, *, request_id: Any, **values: Any) -> QuerySet[PermissionRequest]:
    rows = list_requests(Outline.build_principal(shape, **values)).filter(pk=request_id)
    return rows.select_related("team", "chat").defer("content").order_by()[:1]


def find_team(principal: Principal, team_id: str) -> Team | None:
    """A team that this principal may see."""
    if not is_record_id(team_id):
        return None
    outline = principal.outline
    return TEAM.first(outline.shape, team_id=team_id, **outline.values)


def build_team(shape: Any, *, team_id: Any, **values: Any) -> QuerySet[Team]:
    return list_teams(Outline.build_principal(shape, **values)).filter(pk=team_id).order_by()[:1]


def read_state(request_id: str) -> str | None:
    """A request's state, whoever asks: for the domain, never for an answer."""
    row = STATE.first(request_id=request_id) if is_record_id(request_id) else None
    return row[0] if row else None


def read_approvals(request_id: str) -> int:
    row = APPROVALS.first(request_id=request_id)
    if row is None:
        raise PermissionRequest.DoesNotExist
    return row[0]


SHOWN: Prepared[PermissionRequest] = Prepared(build_shown)
TO_DECIDE: Prepared[PermissionRequest] = Prepared(build_to_decide)
TEAM: Prepared[Team] = Prepared(build_team)
STATE: Prepared[tuple[str]] = Prepared(
    lambda request_id: PermissionRequest.objects.filter(pk=request_id).order_by().values_list("state")
)
APPROVALS: Prepared[tuple[int]] = Prepared(
    lambda request_id: PermissionRequest.objects.filter(pk=request_id).order_by().values_list("approvals")
)
