"""What people do with approved servers: suspend, resume, revoke, switch tools; and what time does."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.principal import Principal
from events.actors import CLOCK_ACTOR
from events.changes import changes
from events.errors import Conflict, Invalid
from events.text import read_lines
from mcp_servers.domain.log import announce_server
from mcp_servers.domain.moves import end_request, explain_state, find_open_request, lock_server, move_server
from mcp_servers.domain.refusing import refuse
from mcp_servers.enums import RequestState, ServerState
from mcp_servers.models import McpApproval, McpSecret, McpServer, McpToolSwitch
from mcp_servers.policies import explain_not_managing, explain_not_suspending
from mcp_servers.queries import ALL_TOOLS, get_server

MAX_REASON_LENGTH = 4000
RAN_OUT = "Its approval ran out."
BATCH = 200
STOPPABLE = ServerState.approvable() - {ServerState.SUSPENDED}


def suspend_server(*, principal: Principal, server_id: str, reason: str) -> McpServer:
    """Stop it everywhere until somebody resumes it. Raises NotFound, Refused, Invalid or Conflict."""
    reason = read_reason(reason)
    with changes(principal.actor) as change:
        server = lock_server(get_server(principal, server_id).pk)
        refuse(explain_not_suspending(principal, server.team_id), server.subject)
        move_server(
            change,
            server,
            ServerState.SUSPENDED,
            verb="suspend",
            only_from=STOPPABLE,
            reason=reason,
        )
    return server


def resume_server(*, principal: Principal, server_id: str, reason: str = "") -> McpServer:
    """What was suspended may run again, exactly as approved.

    One that drifted, or whose approval ran out, needs a new request. Raises NotFound, Refused or Conflict.
    """
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    with changes(principal.actor) as change:
        server = lock_server(get_server(principal, server_id).pk)
        refuse(explain_not_managing(principal, server.team_id), server.subject)
        if server.approval is not None and server.approval.is_expired(timezone.now()):
            raise Conflict(f"{RAN_OUT} Ask for it again.", code="expired", state=server.state)
        if server.has_drifted:
            raise Conflict(
                "It is not what was approved any more; ask for it again.", code="drifted", state=server.state
            )
        move_server(
            change,
            server,
            ServerState.APPROVED,
            verb="resume",
            only_from={ServerState.SUSPENDED},
            reason=reason,
        )
        announce_server(change, server, "resumed")
    return server


def revoke_server(*, principal: Principal, server_id: str, reason: str) -> McpServer:
    """Take the approval back, for good: engines stop it, its secrets are forgotten, the name is free.

    Raises NotFound, Refused, Invalid or Conflict.
    """
    reason = read_reason(reason)
    with changes(principal.actor) as change:
        server = lock_server(get_server(principal, server_id).pk)
        refuse(explain_not_managing(principal, server.team_id), server.subject)
        if server.state not in ServerState.approvable():
            raise explain_state(server)
        approval = server.approval
        waiting = find_open_request(server)
        if waiting is not None:
            end_request(
                change,
                waiting,
                RequestState.REJECTED,
                verb="reject",
                reason="The server was revoked.",
                end_server=False,
            )
        McpSecret.objects.filter(server=server).delete()
        move_server(
            change,
            server,
            ServerState.REVOKED,
            verb="revoke",
            only_from=ServerState.approvable(),
            reason=reason,
            facts={"approval": approval.pk if approval else ""},
        )
    return server


def switch_tool(
    *, principal: Principal, server_id: str, tool: str, is_on: bool, reason: str = ""
) -> McpServer:
    """Switch one tool off, at once, or one that was approved on again; never one that was not approved.

    Raises NotFound, Refused, Invalid (no such approved tool), or Conflict (nothing is approved).
    """
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    with changes(principal.actor) as change:
        server = lock_server(get_server(principal, server_id).pk)
        explain = explain_not_managing if is_on else explain_not_suspending
        refuse(explain(principal, server.team_id), server.subject)
        if server.approval is None:
            raise explain_state(server)
        if tool not in server.approval.tools:
            raise Invalid(explain_no_tool(server.approval), field="tool")
        off = set(server.switched_off)
        if is_on == (tool not in off):
            return server
        server.switched_off = sorted(off - {tool} if is_on else off | {tool})
        values = {"switched_off": server.switched_off, "changed_at": timezone.now()}
        McpServer.objects.filter(pk=server.pk).update(**values)
        McpToolSwitch.objects.create(
            server=server,
            approval=server.approval,
            tool=tool,
            is_on=is_on,
            reason=reason,
            set_by_id=principal.user.pk,
            set_by_label=str(principal.user)[:200],
        )
        after = {"tool": tool, "is_on": is_on, "approval": server.approval.pk}
        change.audit("mcp_server.switch_tool", server.subject, after=after)
        announce_server(change, server, "switched", tools_on=len(server.tools_on))
    return server


def explain_no_tool(approval: McpApproval) -> str:
    if approval.tools == [ALL_TOOLS]:
        return "tool: its tools were never listed. Suspend it, or name its tools when you ask for it again."
    return "tool: the approval switches on no such tool; ask for it again."


def is_any_approval_due(*, now: datetime) -> bool:
    return list_expired(now).exists()


def list_expired(now: datetime) -> QuerySet[McpServer]:
    return McpServer.objects.filter(expires_at__lte=now)


def expire_approvals(*, now: datetime) -> int:
    """Suspend what ran on an approval whose time is over; returns how many. Worked by the clock."""
    return sum(
        expire_approval(server_id, now)
        for server_id in list(list_expired(now).order_by("pk").values_list("pk", flat=True)[:BATCH])
    )


def expire_approval(server_id: str, now: datetime) -> bool:
    """False for what was off already, or has another approval by now."""
    with changes(CLOCK_ACTOR) as change:
        server = lock_server(server_id)
        if server.expires_at is None or server.expires_at > now:
            return False
        if server.state == ServerState.SUSPENDED:
            McpServer.objects.filter(pk=server.pk).update(expires_at=None)
            return False
        move_server(
            change,
            server,
            ServerState.SUSPENDED,
            verb="expire",
            only_from=STOPPABLE,
            reason=RAN_OUT,
            expires_at=None,
        )
    return True


def read_reason(reason: str) -> str:
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    if not reason:
        raise Invalid("Say why: whoever uses it reads this.", field="reason")
    return reason
