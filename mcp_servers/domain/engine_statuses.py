"""How servers stand on engines, as the relay and the publisher see it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from engines.models import Engine
from events.actors import RELAY_ACTOR, Actor
from events.changes import changes
from events.text import make_storable
from mcp_servers.domain.moves import lock_server, move_server
from mcp_servers.enums import EngineWish, ServerState
from mcp_servers.models import McpEngineStatus, McpServer

# The engine's word for a server that runs and can be called.
CONNECTED = "connected"
# That it was seen again with nothing new is written down no more often than this.
SEEN_LATELY = timedelta(seconds=60)


def record_status(
    *,
    server: McpServer,
    engine: Engine,
    wanted: str | None = None,
    release_id: str | None = None,
    status: str | None = None,
    error: str = "",
    actor: Actor = RELAY_ACTOR,
) -> McpEngineStatus:
    """What is wanted of a server on an engine, which release carries it, or what the engine says of it.

    What is None stays. A server that is wanted and connected becomes active. Only a change is told.
    """
    values: dict[str, Any] = {}
    if wanted is not None:
        values["wanted"] = EngineWish(wanted)
    if release_id is not None:
        values["release_id"] = release_id
    if status is not None:
        values |= {"status": make_storable(status, 40), "error": make_storable(error, 500)}
    now = timezone.now()
    there = McpEngineStatus.objects.select_related("server").filter(server=server, engine=engine).first()
    if there is not None and is_news_of_nothing(there, values, now):
        return there
    with changes(actor) as change:
        server = lock_server(server.pk)
        row, is_new = McpEngineStatus.objects.get_or_create(server=server, engine=engine)
        before = {name: getattr(row, name) for name in values}
        for name, value in values.items():
            setattr(row, name, value)
        if status is not None:
            row.seen_at = now
        if is_new or before != values:
            row.changed_at = now
        row.save()
        is_running = row.wanted == EngineWish.ON and row.status == CONNECTED
        if is_running and server.state == ServerState.APPROVED:
            move_server(
                change,
                server,
                ServerState.ACTIVE,
                verb="activate",
                only_from={ServerState.APPROVED},
                facts={"engine": engine.pk},
            )
    return row


def is_news_of_nothing(row: McpEngineStatus, values: dict[str, Any], now: datetime) -> bool:
    """Whether it stands there already, and was seen a moment ago: engines are looked at often."""
    if any(getattr(row, name) != value for name, value in values.items()):
        return False
    if row.wanted == EngineWish.ON and row.status == CONNECTED and row.server.state == ServerState.APPROVED:
        return False
    return "status" not in values or (row.seen_at is not None and now - row.seen_at < SEEN_LATELY)
