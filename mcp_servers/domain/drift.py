"""A server that is not what was approved any more: off everywhere, until people approve what it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engines.models import Engine
from events.actors import RELAY_ACTOR, Actor
from events.changes import changes
from events.text import make_storable, make_visible
from mcp_servers.domain.moves import lock_server, move_server
from mcp_servers.enums import ServerState
from mcp_servers.models import McpServer

NOT_AS_APPROVED = "It is not what was approved any more."


def record_drift(
    *,
    server: McpServer,
    differences: Sequence[Mapping[str, Any]] = (),
    engine: Engine | None = None,
    reason: str = NOT_AS_APPROVED,
    actor: Actor = RELAY_ACTOR,
) -> bool:
    """It shows other things than were approved: it is off everywhere until people approve what it is now.

    `differences` are `ListingChange`s, written; names alone reach the log. False when nothing of it is on.
    """
    with changes(actor) as change:
        server = lock_server(server.pk)
        McpServer.objects.filter(pk=server.pk, approval__isnull=False).update(has_drifted=True)
        if server.state not in ServerState.enabled():
            return False
        names = [
            f"{item.get('change', '')} {item.get('kind', '')} {item.get('name', '')}" for item in differences
        ]
        move_server(
            change,
            server,
            ServerState.DRIFTED,
            verb="drift",
            only_from=ServerState.enabled(),
            reason=reason,
            facts={
                "engine": engine.pk if engine else "",
                "differences": [make_visible(make_storable(name, 200)) for name in names[:50]],
            },
        )
    return True
