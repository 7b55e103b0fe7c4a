"""What an engine's page says of MCP servers: whether approvals hold there, and how each server stands."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.admin.display import Pill
from accounts.admin.panels import Panel, register_panel
from accounts.principal import Principal
from engines.models import Engine
from mcp_servers.enums import EngineWish, IncidentState, ServerState
from mcp_servers.models import McpEngineStatus, McpIncident
from relay.opencode.mcp_calls import CONNECTED, DISABLED
from releases.mcp_gate import Closure, is_in_force, list_closures
from releases.policies import can_see_engine_releases

IN_FORCE = Pill("in force", "check", "ok", "Only approved servers run here.")
NO_GATE = Pill("no gate", "warning", "bad", "Servers that nobody approved could run here.")


@dataclass(frozen=True, slots=True)
class ClosureLine:
    closure: Closure
    pill: Pill


@dataclass(frozen=True, slots=True)
class ServerLine:
    """`steps`: rendered, reloaded, confirmed, as far as it is."""

    status: McpEngineStatus
    pill: Pill
    steps: str


def build_mcp_panel(principal: Principal, engine: Engine) -> Panel | None:
    if not can_see_engine_releases(principal, engine):
        return None
    closures = list_closures(engine)
    rows = McpEngineStatus.objects.filter(engine=engine).select_related("server")
    shown = rows.exclude(wanted=EngineWish.OFF, release_id="").order_by("server__name", "pk")
    context = {
        "pill": IN_FORCE if is_in_force(closures) else NO_GATE,
        "closures": [ClosureLine(closure, show_closure(closure)) for closure in closures],
        "servers": [ServerLine(row, show_status(row), describe_steps(row)) for row in shown],
        "incidents": McpIncident.objects.filter(engine=engine, state=IncidentState.OPEN).order_by("-at"),
    }
    return Panel("MCP servers", "admin/releases/mcp_panel.html", context)


def show_closure(closure: Closure) -> Pill:
    if closure.is_closed:
        return Pill("closed", "check", "ok")
    return Pill("not known", "dot", "quiet") if closure.is_closed is None else Pill("open", "warning", "bad")


def show_status(row: McpEngineStatus) -> Pill:
    """The engine's own word, and whether it is the one that is wanted."""
    words = row.status.replace("_", " ") or "not seen yet"
    if not row.status:
        return Pill(words, "dot", "quiet")
    is_wanted = row.wanted == EngineWish.ON and row.server.state in ServerState.enabled()
    if (row.status == CONNECTED) == is_wanted and row.status in {CONNECTED, DISABLED}:
        return Pill(words, "check", "ok")
    return Pill(words, "warning", "bad", row.error)


def describe_steps(row: McpEngineStatus) -> str:
    """How far a release with it has come on this engine."""
    if not row.release_id:
        return "taken out of the release"
    if not row.status or row.status == "missing":
        return "rendered"
    return "rendered, reloaded, confirmed" if row.status == CONNECTED else "rendered, reloaded"


register_panel("engines.engine", build_mcp_panel)
