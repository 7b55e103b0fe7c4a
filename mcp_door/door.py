"""The agents' door at /mcp: streamable HTTP without sessions, in front of the official SDK's manager.

Everything about a call that is not the protocol's is settled before the SDK sees it: host and origin, the
token, the caller's rate, the body's length and form. Answers are whole JSON documents; a tool that waits
keeps its one request open. Each call stands alone, so any process may answer it.

Daphne knows no lifespan: `run` is one of the server's background tasks and holds the manager open.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from accounts.api.bodies import check_tree, parse_json
from accounts.api.rate_limits import Rate
from events.canonical import canonical_json
from events.database_threads import DatabaseThread
from events.errors import Invalid
from events.problems import PROBLEM_JSON, build_problem
from mcp_door.callers import Knock, TurnedAway, refuse_foreign
from mcp_door.server import KNOCK, build_server

logger = logging.getLogger(__name__)

PATHS = frozenset({"/mcp", "/mcp/"})
THREAD = "countersign-mcp"
PARSE_ERROR = -32700
# For what is sent away on closing to say so.
CLOSING_TIMEOUT_S = 1.0

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class ClientLeft(Exception):
    """Nobody is there any more to be answered."""


@dataclass(slots=True)
class Opening:
    """What there is while the door is open: the SDK's manager, our thread, and the calls under way."""

    manager: StreamableHTTPSessionManager
    thread: DatabaseThread
    calls: set[asyncio.Task[None]] = field(default_factory=set)


@dataclass(slots=True)
class Answer:
    """Watches what goes out: our headers on it, and whether anything went yet."""

    send: Send
    rate: Rate | None = None
    is_begun: bool = False

    async def pass_on(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.is_begun = True
            own = [(b"cache-control", b"no-store"), *encode(self.rate.list_headers() if self.rate else ())]
            names = {name for name, _ in own}
            kept = [(name, value) for name, value in message["headers"] if name.lower() not in names]
            message = {**message, "headers": [*kept, *own]}
        await self.send(message)

    async def turn_away(self, error: TurnedAway) -> None:
        problem = build_problem(status=error.status, code=error.code, detail=error.message)
        body = canonical_json(problem).encode()
        await self.write(error.status, PROBLEM_JSON, body, error.headers)

    async def refuse_body(self, error: Invalid) -> None:
        """As JSON-RPC answers what it can't read."""
        answer = {
            "jsonrpc": "2.0",
            "id": None,
            "error": {"code": PARSE_ERROR, "message": error.message, "data": {"code": error.code}},
        }
        await self.write(400, "application/json", json.dumps(answer).encode())

    async def write(
        self, status: int, content_type: str, body: bytes, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        fixed = (("content-type", content_type), ("content-length", str(len(body))))
        start = {"type": "http.response.start", "status": status, "headers": encode((*fixed, *headers))}
        await self.pass_on(start)
        await self.send({"type": "http.response.body", "body": body, "more_body": False})


def encode(headers: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin1")) for name, value in headers]


class McpDoor:
    """An ASGI application for `http` scopes at `PATHS`."""

    def __init__(self) -> None:
        self.opening: Opening | None = None

    @property
    def is_open(self) -> bool:
        return self.opening is not None

    @staticmethod
    def is_here(scope: Scope) -> bool:
        return scope["path"].removeprefix(scope.get("root_path", "")) in PATHS

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the door open until `stop`; may be run again."""
        thread = DatabaseThread(THREAD)
        manager = StreamableHTTPSessionManager(
            app=build_server(thread),
            json_response=True,
            stateless=True,
            max_request_body_size=settings.COUNTERSIGN_MAX_BODY_BYTES,
            # Host and origin are looked at here, by the rules of every other door.
            security_settings=None,
        )
        try:
            async with manager.run():
                self.opening = opening = Opening(manager, thread)
                try:
                    await stop.wait()
                finally:
                    self.opening = None
                    await send_away(opening)
        finally:
            await thread.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = Answer(send)
        try:
            await self.serve(scope, receive, answer)
        except ClientLeft:
            return
        except TurnedAway as error:
            await answer.turn_away(error)
        except Invalid as error:
            await answer.refuse_body(error)
        except Exception:
            logger.exception("a call of the MCP endpoint failed")
            if answer.is_begun:
                raise
            detail = "Something failed here. It is logged under this answer's X-Request-ID."
            await answer.turn_away(TurnedAway(500, "server_error", detail))

    async def serve(self, scope: Scope, receive: Receive, answer: Answer) -> None:
        """Raises TurnedAway, Invalid for a body that can't be read, and ClientLeft."""
        opening = self.opening
        if opening is None:
            raise build_closed()
        refuse_foreign(scope)
        if scope["method"] != "POST":
            # No sessions: there is no stream to open and none to end.
            raise TurnedAway(405, "method_not_allowed", "Send a POST.", headers=(("Allow", "POST"),))
        knock = Knock.read(scope)
        address = (scope.get("client") or ("",))[0]
        answer.rate = await opening.thread.run(knock.count, address)
        body = await read_body(receive)
        check_tree(require_object(parse_json(body)))
        await self.hand_over({**scope, KNOCK: knock}, body, receive, answer)

    async def hand_over(self, scope: Scope, body: bytes, receive: Receive, answer: Answer) -> None:
        """Let the SDK answer, until it has, the client leaves, or the door closes."""
        opening = self.opening
        if opening is None:
            raise build_closed()
        parts = [{"type": "http.request", "body": body, "more_body": False}]
        departed = asyncio.Event()

        async def replay() -> Any:
            if parts:
                return parts.pop()
            await departed.wait()
            return {"type": "http.disconnect"}

        async def listen() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            departed.set()

        work = asyncio.ensure_future(opening.manager.handle_request(scope, replay, answer.pass_on))
        listener = asyncio.create_task(listen())
        opening.calls.add(work)
        try:
            await asyncio.wait({work, listener}, return_when=asyncio.FIRST_COMPLETED)
            if work.cancelled():
                raise build_closed()
            if not work.done():
                raise ClientLeft
            work.result()
        finally:
            opening.calls.discard(work)
            for task in (work, listener):
                task.cancel()
            await asyncio.gather(work, listener, return_exceptions=True)


async def send_away(opening: Opening) -> None:
    """Calls that wait are told that the server stops; their clients ask again, elsewhere or later."""
    for call in opening.calls:
        call.cancel()
    if opening.calls:
        await asyncio.wait(set(opening.calls), timeout=CLOSING_TIMEOUT_S)


async def read_body(receive: Receive) -> bytes:
    """Raises TurnedAway for one that is too long, ClientLeft when it does not end."""
    body = bytearray()
    limit = settings.COUNTERSIGN_MAX_BODY_BYTES
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        body += message.get("body", b"")
        if len(body) > limit:
            raise TurnedAway(413, "too_large", f"A request body holds at most {limit} bytes.")
        if not message.get("more_body", False):
            return bytes(body)


def require_object(value: Any) -> dict[str, Any]:
    """One call at a time: the protocol has no batches any more."""
    if not isinstance(value, dict):
        raise Invalid("The body must be a JSON object.", code="malformed")
    return value


def build_closed() -> TurnedAway:
    return TurnedAway(
        503, "stopping", "The MCP endpoint is not open now; try again soon.", headers=(("Retry-After", "1"),)
    )
