"""How long a request's body may be, told before the body is read, and problems for what Django never sees."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from events.canonical import canonical_json
from events.problems import PROBLEM_JSON, build_problem

PROBLEM_TYPE = PROBLEM_JSON.encode()


class BodyTooLarge(Exception):
    """The body is longer than COUNTERSIGN_MAX_BODY_BYTES; nothing of it was kept."""


def encode_problem(status: int, code: str, detail: str) -> bytes:
    return canonical_json(build_problem(status=status, code=code, detail=detail)).encode()


def encode_too_large() -> bytes:
    limit = settings.COUNTERSIGN_MAX_BODY_BYTES
    return encode_problem(413, "too_large", f"A request body holds at most {limit} bytes.")


def encode_stopping() -> bytes:
    return encode_problem(503, "stopping", "The server is stopping; try again soon.")


def encode_malformed_path() -> bytes:
    return encode_problem(400, "bad_request", "The address holds a NUL.")


def refuse_declared_length(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raise BodyTooLarge when Content-Length already says so."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and int(value) > settings.COUNTERSIGN_MAX_BODY_BYTES:
            raise BodyTooLarge
