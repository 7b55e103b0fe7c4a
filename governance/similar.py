"""What was decided before on the same words: reads only, and only for members of the team.

Every answer is of the newest requests with the same words, whatever became of them: an index gives those, so
it stays quick whatever the history's length.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from accounts.principal import Principal
from governance.enums import RequestState
from governance.models import PermissionRequest
from governance.policies import can_read_summary

LOOKED_AT, SHOWN = 200, 20
DECIDED = frozenset({RequestState.APPROVED, RequestState.DENIED})
COLUMNS = (
    *("team", "permission", "prefix", "state", "summary", "directory", "agent", "decision_message"),
    *("created_at", "decided_at", "decided_by_kind", "decided_by_id", "decided_by_label"),
)


@dataclass(frozen=True, slots=True)
class SimilarDecisions:
    """`near`: of the same directory and agent; `far`: elsewhere in the team. Newest first, at most 20 in all.

    The counts are of all that were looked at.
    """

    near: list[PermissionRequest]
    far: list[PermissionRequest]
    approved: int
    denied: int
    looked_at: int


@dataclass(frozen=True, slots=True)
class SimilarCounts:
    approved: int
    denied: int


def find_similar_decisions(principal: Principal, request: PermissionRequest) -> SimilarDecisions | None:
    """None where there is nothing to compare by, or nothing this principal may read."""
    if not request.prefix or not can_read_summary(principal, request):
        return None
    newest = list(list_newest(request.team_id, request.permission, request.prefix).only(*COLUMNS))
    decided = [row for row in newest if row.state in DECIDED and row.pk != request.pk]
    place = (request.directory, request.agent)
    near = [row for row in decided if (row.directory, row.agent) == place][:SHOWN]
    far = [row for row in decided if (row.directory, row.agent) != place][: SHOWN - len(near)]
    approved = sum(row.state == RequestState.APPROVED for row in decided)
    return SimilarDecisions(near, far, approved, len(decided) - approved, len(newest))


def count_similar(principal: Principal, requests: Iterable[PermissionRequest]) -> dict[str, SimilarCounts]:
    """{id of a waiting request: what was decided on the same words}, in one query; without the empty ones."""
    words: dict[tuple[str, str, str], list[PermissionRequest]] = defaultdict(list)
    for request in requests:
        if request.is_pending and request.prefix and can_read_summary(principal, request):
            words[request.team_id, request.permission, request.prefix].append(request)
    if not words:
        return {}
    counts = count_states(list(words))
    found = {}
    for position, group in enumerate(words.values()):
        approved, denied = (
            counts.get((position, state), 0) for state in (RequestState.APPROVED, RequestState.DENIED)
        )
        if approved or denied:
            found.update({request.pk: SimilarCounts(approved, denied) for request in group})
    return found


def count_states(words: list[tuple[str, str, str]]) -> dict[tuple[int, str], int]:
    """{(position in `words`, state): how many of the newest}."""
    parts: list[str] = []
    parameters: list[str] = []
    for position, (team_id, permission, prefix) in enumerate(words):
        rows = list_newest(team_id, permission, prefix).values("state")
        sql, values = rows.query.sql_with_params()
        parts.append(f"SELECT {position} AS position, state FROM ({sql}) AS rows_{position}")  # noqa: S608 - ours
        parameters += values
    union = " UNION ALL ".join(parts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT position, state, COUNT(*) FROM ({union}) AS newest GROUP BY position, state",  # noqa: S608 - ours
            parameters,
        )
        return {(position, state): count for position, state, count in cursor.fetchall()}


def list_newest(team_id: str, permission: str, prefix: str) -> QuerySet[PermissionRequest]:
    rows = PermissionRequest.objects.filter(team_id=team_id, permission=permission, prefix=prefix)
    return rows.order_by("-created_at", "-id")[:LOOKED_AT]
