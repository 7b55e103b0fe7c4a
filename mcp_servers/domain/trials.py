"""Remote servers are visited only after somebody who may approve them said so."""

from __future__ import annotations

from accounts.principal import Principal
from events.changes import changes
from events.errors import Conflict, Invalid
from mcp_servers.domain.choices import get_decidable
from mcp_servers.domain.moves import lock_request, move_request
from mcp_servers.enums import RequestState, Severity
from mcp_servers.models import McpRequest
from mcp_servers.queries import get_request, list_checks


def begin_trial(*, principal: Principal, request_id: str) -> McpRequest:
    """Let a remote server be visited, to see what it offers; agents get nothing of it yet.

    The visit carries the request's headers. Who may approve may begin it, never who asked.
    Raises NotFound, Refused, Invalid (it is no remote one), or Conflict.
    """
    with changes(principal.actor) as change:
        request = lock_request(get_request(principal, request_id).pk)
        if not request.read_content().is_remote:
            raise Invalid("Only remote servers have a trial; this one is probed before.", code="not_remote")
        get_decidable(principal, request)
        if any(check.severity == Severity.BLOCKING for check in list_checks(request)):
            raise Conflict("What was found forbids to visit it.", code="not_approvable")
        move_request(
            change,
            request,
            RequestState.TRIAL,
            verb="begin_trial",
            only_from={RequestState.NEEDS_REVIEW},
            claimed_by="",
            claimed_until=None,
        )
    return request
