"""Every request has an id: on its log lines, and in the answer for whoever reports a problem."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from structlog.contextvars import bound_contextvars

from portal.routes import describe_path, describe_route

HEADER = "X-Request-ID"
ENCODED_HEADER = HEADER.lower().encode()
# Where a request's note lies in its ASGI scope.
NOTE = "countersign.request"
# A proxy's id is kept only when it can't smuggle anything into a log line.
ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")


@dataclass(slots=True)
class RequestNote:
    """What is known of one HTTP request or websocket while it runs."""

    request_id: str
    path: str = ""
    # The template of its address, without the ids in it; "" until it is resolved.
    route: str = ""
    # The answer's status, or the code a websocket was closed with.
    status: int | None = None


def pick_request_id(given: str) -> str:
    """The id that our own proxy gave this request, else a new one."""
    if settings.COUNTERSIGN_TRUST_PROXY_HEADERS and ACCEPTED.fullmatch(given):
        return given
    return secrets.token_hex(8)


def read_given_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """What an ASGI scope's headers say; "" when they say nothing, or two things."""
    values = [value for name, value in headers if name == ENCODED_HEADER]
    return values[0].decode("latin1") if len(values) == 1 else ""


class RequestIdMiddleware:
    """First in the chain. Says which route the request took, which only Django knows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        scope: dict[str, Any] = getattr(request, "scope", {})
        note = scope.get(NOTE)
        if note is None:
            # Django's test client comes past our ASGI application.
            note = RequestNote(pick_request_id(request.headers.get(HEADER, "")))
            with bound_contextvars(request_id=note.request_id):
                response = self.get_response(request)
        else:
            response = self.get_response(request)
        note.route, note.path = describe_route(request), describe_path(request)
        response.headers[HEADER] = note.request_id
        return response
