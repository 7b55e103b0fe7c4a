"""How servers and requests change their state: one conditional UPDATE each, of rows that the caller holds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.utils import timezone

from events.changes import Change, lock_rows
from events.errors import Conflict
from mcp_servers.domain.log import announce_mcp_request, announce_server, describe_request
from mcp_servers.enums import RequestState, ServerState
from mcp_servers.models import McpRequest, McpSecret, McpServer
from reviews.domain.reviews import withdraw_reviews_of


def lock_server(server_id: str) -> McpServer:
    """The row as it is, ours until the commit; everything of the server changes under this lock."""
    [server] = lock_rows(McpServer.objects.filter(pk=server_id))
    return McpServer.objects.select_related("team", "approval__request").get(pk=server.pk)


def lock_request(request_id: str) -> McpRequest:
    """The request as it is, its server held first."""
    server_id = McpRequest.objects.values_list("server_id", flat=True).get(pk=request_id)
    server = lock_server(server_id)
    request = McpRequest.objects.select_related("review", "probe").get(pk=request_id)
    request.server = server
    return request


def find_open_request(server: McpServer) -> McpRequest | None:
    rows = McpRequest.objects.filter(server=server, state__in=RequestState.open())
    request = rows.select_related("review", "probe").first()
    if request is not None:
        request.server = server
    return request


def move_server(
    change: Change,
    server: McpServer,
    state: str,
    *,
    verb: str,
    only_from: Collection[str],
    reason: str = "",
    facts: dict[str, Any] | None = None,
    **values: Any,
) -> None:
    """Audited as `mcp_server.<verb>` and told. Raises Conflict when it is in no state of `only_from`."""
    before = server.state
    values |= {"state": state, "state_reason": reason[:500], "changed_at": timezone.now()}
    if state in ServerState.ended():
        values |= {"retired_at": values["changed_at"], "approval": None, "expires_at": None}
    rows = McpServer.objects.filter(pk=server.pk, state=before, state__in=list(only_from))
    if not rows.update(**values):
        raise explain_state(McpServer.objects.get(pk=server.pk))
    for name, value in values.items():
        setattr(server, name, value)
    after = {"state": state, "name": server.name, "team": server.team_id, **(facts or {})}
    change.audit(
        f"mcp_server.{verb}",
        server.subject,
        before={"state": before},
        after={**after, "reason": reason[:500]} if reason else after,
    )
    announce_server(change, server, ServerState(state).value)


def follow_request(server: McpServer, state: str) -> None:
    """As long as nothing of a server was approved, its state is its request's, whose entry tells it."""
    rows = McpServer.objects.filter(pk=server.pk, state__in=ServerState.unapproved())
    if rows.update(state=state, changed_at=timezone.now()):
        server.state = state


def move_request(
    change: Change,
    request: McpRequest,
    state: str,
    *,
    verb: str,
    only_from: Collection[str],
    reason: str = "",
    is_told: bool = True,
    **values: Any,
) -> None:
    """Audited as `mcp_request.<verb>` and told, unless its server tells the same.

    Raises Conflict when it is in no state of `only_from`.
    """
    before = request.state
    values |= {"state": state, "changed_at": timezone.now()}
    if state in RequestState.closed():
        values |= {"ended_at": values["changed_at"], "claimed_by": "", "claimed_until": None}
    rows = McpRequest.objects.filter(pk=request.pk, state=before, state__in=list(only_from))
    if not rows.update(**values):
        raise explain_request(McpRequest.objects.get(pk=request.pk))
    for name, value in values.items():
        setattr(request, name, value)
    after = describe_request(request)
    if reason:
        after["reason"] = reason[:500]
    change.audit(f"mcp_request.{verb}", request.subject, before={"state": before}, after=after)
    if state in RequestState.open():
        follow_request(request.server, state)
    if is_told:
        announce_mcp_request(change, request, state)


def end_request(
    change: Change, request: McpRequest, state: str, *, verb: str, reason: str = "", end_server: bool = True
) -> None:
    """Close it without an approval: its review and its secrets end with it.

    A server of which nothing was ever approved ends too, unless another request takes this one's place.
    """
    ends_server = end_server and request.server.state in ServerState.unapproved()
    move_request(
        change,
        request,
        state,
        verb=verb,
        only_from=RequestState.open(),
        reason=reason,
        is_told=not ends_server,
    )
    withdraw_reviews_of(change=change, subject=request.subject, reason=reason or "The request ended.")
    McpSecret.objects.filter(request=request).delete()
    if ends_server:
        move_server(
            change,
            request.server,
            ServerState(state),
            verb=verb,
            only_from=ServerState.unapproved(),
            reason=reason,
        )


def explain_state(server: McpServer) -> Conflict:
    return Conflict(f"The server is {server.get_state_display()}.", code="wrong_state", state=server.state)


def explain_request(request: McpRequest) -> Conflict:
    code = "stale_request" if request.is_open else "already_over"
    return Conflict(f"The request is {request.get_state_display()}.", code=code, state=request.state)
