"""Which approved MCP servers a release holds, whether they may still run, and how engines stand with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from engines.models import Engine
from mcp_servers.domain.engine_statuses import record_status
from mcp_servers.domain.secrets import open_secrets
from mcp_servers.enums import EngineWish
from mcp_servers.models import McpApproval, McpEngineStatus, McpServer
from mcp_servers.queries import EnabledServer, load_enabled
from releases.domain.leases import PUBLISHER_ACTOR
from releases.enums import PublicationState
from releases.mcp_part import McpPart, ReleasedServer, render_servers
from releases.models import Release
from releases.queries import find_live_release, find_unfinished

# From here on the engine may read the release at any moment.
SHOWN = frozenset(
    {
        PublicationState.BY_HAND,
        PublicationState.SWAPPING,
        PublicationState.DISPOSING,
        PublicationState.READING_BACK,
    }
)


@dataclass(frozen=True, slots=True)
class CarriedServer:
    """One server as a release's `inputs` name it."""

    server_id: str
    approval_id: str
    name: str
    bound_hash: str
    tools: tuple[str, ...]

    @classmethod
    def read(cls, raw: Sequence[Any]) -> Self:
        server_id, approval_id, name, bound_hash, tools = raw
        return cls(server_id, approval_id, name, bound_hash, tuple(tools))

    def write(self) -> list[Any]:
        return [self.server_id, self.approval_id, self.name, self.bound_hash, list(self.tools)]


def list_carried(release: Release | None) -> list[CarriedServer]:
    raw = [] if release is None else release.inputs.get("mcp", [])
    return [CarriedServer.read(item) for item in raw]


def describe_servers(servers: Iterable[EnabledServer]) -> list[CarriedServer]:
    found = [
        CarriedServer(
            item.server.pk, item.approval.pk, item.content.name, item.approval.bound_hash, item.tools
        )
        for item in servers
    ]
    return sorted(found, key=lambda item: item.name)


def render_enabled(servers: Iterable[EnabledServer]) -> McpPart:
    return render_servers(
        ReleasedServer(item.content, item.argv, None if item.has_all_tools else item.tools, item.approval.pk)
        for item in servers
    )


def list_restricted(release: Release) -> tuple[EnabledServer, ...]:
    """Of a release's servers those that may still run, as they were released, with the tools still on.

    One that another approval has been given for since stays as it was approved: only people bring the other
    one to an engine.
    """
    enabled = {item.server.pk: item for item in load_enabled(release.engine.team)}
    approvals = McpApproval.objects.select_related("request").in_bulk(
        [item.approval_id for item in list_carried(release)]
    )
    found = []
    for item in list_carried(release):
        known, approval = enabled.get(item.server_id), approvals.get(item.approval_id)
        if known is not None and approval is not None:
            off = set(known.server.switched_off)
            tools = tuple(tool for tool in item.tools if tool not in off)
            found.append(EnabledServer(known.server, approval, approval.read_content(), tools))
    return tuple(found)


def explain_unapproved(release: Release) -> str:
    """What of this release's servers may not run any more, as a sentence; "" when all may."""
    carried = list_carried(release)
    if not carried:
        return ""
    allowed = {item.server.pk: item.tools for item in list_restricted(release)}
    gone = [item.name for item in carried if item.server_id not in allowed]
    if gone:
        return f"It holds MCP servers that are not approved any more: {', '.join(gone)}."
    off = [
        f"{item.name} {tool}"
        for item in carried
        for tool in item.tools
        if tool not in allowed[item.server_id]
    ]
    return f"It holds tools of MCP servers that are switched off: {', '.join(off)}." if off else ""


def load_secrets(release: Release) -> dict[str, str]:
    """{file's name: value} of every secret that the release refers to, "" for one that is not set."""
    carried = list_carried(release)
    servers = McpServer.objects.select_related("approval__request").in_bulk(
        [item.server_id for item in carried]
    )
    approvals = McpApproval.objects.select_related("request").in_bulk([item.approval_id for item in carried])
    values = {}
    for item in carried:
        server = servers[item.server_id]
        known = open_secrets(server=server) if server.approval is not None else {}
        for kind, name in approvals[item.approval_id].read_content().secret_names:
            values[f"{item.name}.{kind}.{name}"] = known.get((kind, name), "")
    return values


def put_statuses(engine: Engine) -> None:
    """What is wanted of each server on this engine, by what it has, or is about to be shown."""
    carried: dict[str, str] = {}
    for release in list_shown(engine):
        carried |= {item.server_id: release.pk for item in list_carried(release)}
    rows = {row.server_id: row for row in McpEngineStatus.objects.filter(engine=engine)}
    for server in McpServer.objects.filter(pk__in=[*carried, *rows]).order_by("pk"):
        release_id = carried.get(server.pk, "")
        wanted = EngineWish.ON if release_id else EngineWish.OFF
        row = rows.get(server.pk)
        if row is None or (row.wanted, row.release_id) != (wanted, release_id):
            record_status(
                server=server, engine=engine, wanted=wanted, release_id=release_id, actor=PUBLISHER_ACTOR
            )


def list_shown(engine: Engine) -> list[Release]:
    """What the engine runs, and what it may read at any moment, which comes last."""
    found = [find_live_release(engine)]
    unfinished = find_unfinished(engine)
    if unfinished is not None and unfinished.state in SHOWN:
        found.append(unfinished.release)
    return [release for release in found if release is not None]
