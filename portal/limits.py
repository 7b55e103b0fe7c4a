"""How long a request's body may be, told before the body is read."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.conf import settings

PROBLEM_JSON = b"application/problem+json"


class BodyTooLarge(Exception):
    """The body is longer than COUNTERSIGN_MAX_BODY_BYTES; nothing of it was kept."""


def build_problem(status: int, title: str, code: str, detail: str) -> bytes:
    """A problem document (RFC 9457) for answers given before Django sees the request."""
    document = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    return json.dumps(document).encode()


def build_too_large_problem() -> bytes:
    limit = settings.COUNTERSIGN_MAX_BODY_BYTES
    return build_problem(
        413, "Content Too Large", "too_large", f"A request body holds at most {limit} bytes."
    )


def build_stopping_problem() -> bytes:
    return build_problem(503, "Service Unavailable", "stopping", "The server is stopping; try again soon.")


def refuse_declared_length(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raise BodyTooLarge when Content-Length already says so."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and int(value) > settings.COUNTERSIGN_MAX_BODY_BYTES:
            raise BodyTooLarge
