"""What is noted of every HTTP request and websocket from the outside: its id, how it ended, how long it took.

Outside of Django, so that the wait for the worker thread counts, and so do answers that Django never sees.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from structlog.contextvars import bind_contextvars, reset_contextvars

from portal.metrics import note_http_request
from portal.request_ids import ENCODED_HEADER, NOTE, RequestNote, pick_request_id, read_given_id
from portal.routes import UNMATCHED

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Serve = Callable[[Scope, Receive, Send], Awaitable[None]]

# Nobody was there any more to be answered; nginx's number for it.
CLIENT_LEFT = 499


async def observe(serve: Serve, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve an `http` or `websocket` scope; log lines in between carry its request id."""
    note = RequestNote(pick_request_id(read_given_id(scope["headers"])), path=scope["path"])
    started_s = time.monotonic()

    async def send_noted(message: Any) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            note.status = message["status"]
            add_request_id(message, note)
        elif kind == "websocket.close":
            note.status = message.get("code", 1000)
        await send(message)

    # Not `bound_contextvars`, which reads every variable there is, twice: this is done for each request.
    bound = bind_contextvars(request_id=note.request_id)
    try:
        await serve({**scope, NOTE: note}, receive, send_noted)
    finally:
        note_end(scope, note, duration_s=time.monotonic() - started_s)
        reset_contextvars(**bound)


def add_request_id(message: dict[str, Any], note: RequestNote) -> None:
    headers = message.get("headers", [])
    if not any(name.lower() == ENCODED_HEADER for name, _ in headers):
        message["headers"] = [*headers, (ENCODED_HEADER, note.request_id.encode())]


def note_end(scope: Scope, note: RequestNote, *, duration_s: float) -> None:
    is_http = scope["type"] == "http"
    route, method = note.route or UNMATCHED, scope["method"] if is_http else "WEBSOCKET"
    if is_http:
        note_http_request(method, route, note.status or CLIENT_LEFT, duration_s)
    if settings.COUNTERSIGN_ACCESS_LOG:
        facts = {
            "method": method,
            "route": route if is_http else "",
            # Without the query, which may hold what its sender would not want kept.
            "path": note.path,
            "status": note.status or (CLIENT_LEFT if is_http else 0),
            "duration_ms": round(duration_s * 1000, 1),
        }
        logger.info("request", extra={name: value for name, value in facts.items() if value != ""})
