"""People and agents ask for MCP servers, withdraw what they asked for, and have it checked again.

Every door comes through here, and nothing here approves: a row begins as asked for, and only the review's
last approval makes an `McpApproval` (see `mcp_servers.review_kind`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Max

from accounts.domain.teams import subject_of
from accounts.models import Team
from accounts.principal import Principal
from events.actors import actor_columns
from events.changes import Change, changes, lock_rows
from events.errors import Conflict, Invalid
from events.text import read_line, read_lines
from mcp_servers.content import ContentError, McpServerContent
from mcp_servers.domain.log import announce_mcp_request, describe_request
from mcp_servers.domain.moves import (
    end_request,
    explain_request,
    find_open_request,
    follow_request,
    lock_request,
    lock_server,
    move_request,
)
from mcp_servers.domain.refusing import refuse
from mcp_servers.domain.secrets import put_secret, read_value
from mcp_servers.enums import RequestSource, RequestState, ServerState
from mcp_servers.models import McpRequest, McpServer
from mcp_servers.policies import (
    explain_not_checking,
    explain_not_requesting,
    explain_not_withdrawing,
)
from mcp_servers.queries import get_request
from reviews.domain.reviews import require_reviewable
from reviews.enums import ReviewKind

MAX_REASON_LENGTH = 4000
MAX_CATALOG_LENGTH = 300
MAX_VALID_DAYS = 3650


def request_server(
    *,
    principal: Principal,
    team: Team,
    content: McpServerContent,
    secrets: Mapping[str, str] | None = None,
    reason: str = "",
    source: str,
    catalog: str = "",
    valid_days: int | None = None,
    again: bool = False,
) -> McpRequest:
    """Ask for a server to be exactly `content`.

    `secrets` {name: value} are of variables and headers that the content declares as secret; they are this
    request's alone until it is approved. `catalog` says where an entry that was brought in came from;
    `valid_days` how long an approval shall hold, None for ever. The same that waits already is given back;
    another open request of whoever asks now is replaced. `again`: also when exactly this is approved and in
    use, for a renewal or other tools.

    Raises Refused, Invalid, or Conflict: `already_approved`, `suspended` (both with `server`), `already_open`
    (somebody else's request for the name waits, with `request`), `unsatisfiable` (nobody could approve it).
    """
    content = read_again(content)
    values = read_secrets(content, secrets or {})
    if source not in RequestSource.values:
        raise Invalid("There is no such source of requests.", field="source")
    if valid_days is not None and not 1 <= valid_days <= MAX_VALID_DAYS:
        raise Invalid(f"An approval holds for 1 to {MAX_VALID_DAYS} days.", field="valid_days")
    said: dict[str, Any] = {
        "content": content.write(),
        "content_hash": content.fingerprint(),
        "reason": read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH),
        "source": source,
        "catalog": read_line(catalog, field="catalog", max_length=MAX_CATALOG_LENGTH),
        "valid_days": valid_days,
    }
    with changes(principal.actor) as change:
        refuse(explain_not_requesting(principal, team.pk), subject_of(team))
        # Two that ask for one name at once come one after the other.
        lock_rows(Team.objects.filter(pk=team.pk))
        server = find_live_server(team, content.name)
        if server is not None:
            there = find_open_request(server)
            if there is not None and is_same(there, content, valid_days):
                return add_secrets(change, principal, there, values)
            require_new(server, content, again=again)
            if there is not None:
                supersede(change, principal, there)
        # Whoever may ask for servers may say what their review is about, whatever else the token is for.
        asker = replace(principal, token=None)
        require_reviewable(principal=asker, team=team, kind=ReviewKind.MCP_SERVER)
        if server is None:
            server = insert_server(principal, team, content.name)
        request = insert_request(principal, server, said)
        for (kind, name), value in values.items():
            put_secret(change, principal, server, request, kind, name, value)
        change.audit("mcp_request.open", request.subject, after=describe_request(request))
        follow_request(server, ServerState.REQUESTED)
        announce_mcp_request(change, request, "requested")
    return request


def read_again(content: McpServerContent) -> McpServerContent:
    """Whatever door it came through, it is read by the same rules. Raises Invalid."""
    try:
        return McpServerContent.read(content.write())
    except ContentError as error:
        raise Invalid(str(error), field=error.field) from None


def read_secrets(content: McpServerContent, secrets: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """{(kind, name): value}. Raises Invalid for a name that the content does not declare as secret."""
    declared = {name: kind for kind, name in content.secret_names}
    values = {}
    for name, value in secrets.items():
        if name not in declared:
            raise Invalid("secrets: the server declares no such secret.", field="secrets")
        if value:
            values[declared[name], name] = read_value(declared[name], value)
    return values


def find_live_server(team: Team, name: str) -> McpServer | None:
    row = McpServer.objects.filter(team=team, name=name, retired_at=None).first()
    return lock_server(row.pk) if row else None


def is_same(request: McpRequest, content: McpServerContent, valid_days: int | None) -> bool:
    return (request.content_hash, request.valid_days) == (content.fingerprint(), valid_days)


def require_new(server: McpServer, content: McpServerContent, *, again: bool) -> None:
    """Raises Conflict when exactly this was approved and nothing speaks against it."""
    approval = server.approval
    if again or approval is None or approval.request.content_hash != content.fingerprint():
        return
    if server.state in ServerState.enabled():
        raise Conflict("Exactly this is approved already.", code="already_approved", server=server.pk)
    if server.state == ServerState.SUSPENDED:
        raise Conflict(
            "Exactly this is approved, and suspended; an approver can resume it.",
            code="suspended",
            server=server.pk,
        )


def supersede(change: Change, principal: Principal, there: McpRequest) -> None:
    """One's own earlier wish gives way; nobody takes another's away."""
    asked = there.requested_by_id
    if principal.user.pk != asked and asked not in principal.service_account_ids:
        raise Conflict("Another request for this name waits already.", code="already_open", request=there.pk)
    end_request(
        change,
        there,
        RequestState.SUPERSEDED,
        verb="supersede",
        reason="Another request took its place.",
        end_server=False,
    )


def add_secrets(
    change: Change, principal: Principal, there: McpRequest, values: dict[tuple[str, str], str]
) -> McpRequest:
    """The same wish once more: whoever asked may give values that were missing."""
    if values and principal.user.pk != there.requested_by_id:
        raise Conflict(
            "The same request waits already, asked for by somebody else: its secrets are set on its page.",
            code="already_open",
            request=there.pk,
        )
    for (kind, name), value in values.items():
        put_secret(change, principal, there.server, there, kind, name, value)
    return there


def insert_server(principal: Principal, team: Team, name: str) -> McpServer:
    server = McpServer.objects.create(team=team, name=name, **actor_columns(principal.actor, "requested_by"))
    return McpServer.objects.select_related("team", "approval").get(pk=server.pk)


def insert_request(principal: Principal, server: McpServer, said: Mapping[str, Any]) -> McpRequest:
    last = McpRequest.objects.filter(server=server).aggregate(last=Max("number"))["last"] or 0
    return McpRequest.objects.create(
        server=server,
        number=last + 1,
        door=principal.door,
        **said,
        **actor_columns(principal.actor, "requested_by"),
    )


def withdraw_request(*, principal: Principal, request_id: str, reason: str = "") -> McpRequest:
    """Take back what one asked for; or end what waits without a review that it could be rejected in.

    Raises NotFound, Refused, Invalid or Conflict.
    """
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    with changes(principal.actor) as change:
        request = lock_request(get_request(principal, request_id).pk)
        refuse(explain_not_withdrawing(principal, request), request.subject)
        end_request(change, request, RequestState.WITHDRAWN, verb="withdraw", reason=reason)
    return request


def describe_open(team: Team) -> str:
    """What keeps a team from being retired."""
    count = McpRequest.objects.filter(server__team=team, state__in=RequestState.open()).count()
    return f"{count} open request{'s' if count > 1 else ''} for MCP servers" if count else ""


def retry_checks(*, principal: Principal, request_id: str) -> McpRequest:
    """Have everything checked and probed again; until then nobody can approve it.

    Raises NotFound, Refused, or Conflict (it is over).
    """
    with changes(principal.actor) as change:
        request = lock_request(get_request(principal, request_id).pk)
        refuse(explain_not_checking(principal, request), request.subject)
        if request.state != RequestState.NEEDS_REVIEW:
            if request.is_open:
                return request
            raise explain_request(request)
        # That a remote server may be visited was decided when its trial began.
        state = RequestState.TRIAL if request.tried_at else RequestState.REQUESTED
        move_request(
            change,
            request,
            state,
            verb="check_again",
            only_from={RequestState.NEEDS_REVIEW},
            claimed_by="",
            claimed_until=None,
            tried_at=None,
        )
    return request
