"""What one process serves: HTTP, websockets and its background tasks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from channels.routing import URLRouter
from django.conf import settings

from mcp_door.door import McpDoor
from portal.background import BackgroundTask, BackgroundTasks, until_stopped
from portal.garbage import settle_garbage
from portal.housekeeping import check_chains, propose_rules, prune_daily, sign_heads
from portal.observation import observe
from portal.onehop import OneHopHandler
from portal.proxies import apply_forwarded_headers
from portal.request_ids import NOTE

logger = logging.getLogger(__name__)

MCP_ROUTE = "/mcp"


class Application:
    """The ASGI application. `start()` and `stop()` are called by the server, in its event loop."""

    def __init__(
        self,
        *,
        http: OneHopHandler,
        websocket_patterns: list[Any],
        build_tasks: Callable[[], list[BackgroundTask]],
        mcp_door: McpDoor | None = None,
    ) -> None:
        self.http = http
        self.websocket_patterns = websocket_patterns
        self.websocket = URLRouter(websocket_patterns)
        self.build_tasks = build_tasks
        self.mcp_door = mcp_door
        self.background: BackgroundTasks | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await self.run_lifespan(receive, send)
            return
        if settings.COUNTERSIGN_TRUST_PROXY_HEADERS:
            scope = apply_forwarded_headers(scope)
        await observe(self.serve_http if kind == "http" else self.serve_websocket, scope, receive, send)

    async def serve_http(self, scope: Any, receive: Any, send: Any) -> None:
        if self.mcp_door is not None and self.mcp_door.is_here(scope):
            scope[NOTE].route = MCP_ROUTE
            await self.mcp_door(scope, receive, send)
        else:
            await self.http(scope, receive, send)

    async def serve_websocket(self, scope: Any, receive: Any, send: Any) -> None:
        if self.is_routed(scope):
            await self.websocket(scope, receive, send)
        else:
            # Before accepting, a close is an HTTP 403.
            await send({"type": "websocket.close", "code": 4404})

    def is_routed(self, scope: Any) -> bool:
        path = scope["path"].lstrip("/")
        return any(route.pattern.match(path) for route in self.websocket_patterns)

    async def start(self) -> None:
        self.background = BackgroundTasks(self.build_tasks())
        self.background.start()
        settle_garbage()

    async def stop(self, deadline_s: float) -> None:
        """Let the requests in the worker and the background tasks end, at most `deadline_s` each."""
        tasks, self.background = self.background, None
        closing = [self.close_requests(deadline_s)]
        if tasks is not None:
            closing.append(tasks.stop(deadline_s))
        for result in await asyncio.gather(*closing, return_exceptions=True):
            if isinstance(result, BaseException):
                logger.error("stopping: %s", type(result).__name__, exc_info=result)

    async def close_requests(self, deadline_s: float) -> None:
        async with asyncio.timeout(deadline_s):
            await self.http.aclose()

    async def run_lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop(settings.COUNTERSIGN_STOP_DEADLINE_S)
                await send({"type": "lifespan.shutdown.complete"})
                return


def build_application(*, with_relay: bool | None = None) -> Application:
    """The application of a web process; `with_relay` overrules COUNTERSIGN_RELAY."""
    from live.routing import websocket_urlpatterns

    runs_relay = settings.COUNTERSIGN_RELAY if with_relay is None else with_relay
    mcp_door = McpDoor()
    at_the_door = BackgroundTask("MCP endpoint", mcp_door.run, has_started=lambda: mcp_door.is_open)
    return Application(
        http=OneHopHandler(),
        websocket_patterns=websocket_urlpatterns,
        build_tasks=lambda: [*build_tasks(with_relay=runs_relay), at_the_door],
        mcp_door=mcp_door,
    )


def build_tasks(*, with_relay: bool) -> list[BackgroundTask]:
    """The background tasks of a web process."""
    from health.worker import HealthWorker
    from live.hub import get_hub
    from mcp_servers.worker import run_prober
    from relay.cao.supervisor import run_collectors
    from releases.worker import run_publishers

    health = HealthWorker()
    tasks = [
        BackgroundTask("hub", until_stopped(get_hub().run), has_started=lambda: get_hub().is_started),
        BackgroundTask("signed audit heads", sign_heads),
        BackgroundTask("event pruning", prune_daily),
        BackgroundTask("audit checks", check_chains),
        BackgroundTask("rule proposals", propose_rules),
        BackgroundTask("publisher", run_publishers),
        BackgroundTask("MCP prober", run_prober),
        BackgroundTask("CAO collector", run_collectors),
        BackgroundTask("health", health.run, has_started=lambda: health.is_heard),
    ]
    if with_relay:
        from relay.supervisor import run_supervisors

        tasks.append(BackgroundTask("relay", run_supervisors))
    else:
        from relay.clock import keep_clock

        tasks.append(BackgroundTask("what falls due", until_stopped(keep_clock)))
    return tasks
