"""Every request has an id: on its log lines, and in the answer for whoever reports a problem."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from structlog.contextvars import bound_contextvars

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
# A proxy's id is kept only when it can't smuggle anything into a log line.
ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """First in the chain, so that everything after it logs with the id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        request_id = given if ACCEPTED.fullmatch(given) else secrets.token_hex(8)
        started_at = time.monotonic()
        with bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            if settings.COUNTERSIGN_ACCESS_LOG:
                logger.info(
                    "request",
                    extra={
                        "method": request.method,
                        # The path alone: a query may hold what its sender would not want kept.
                        "path": request.path,
                        "status": response.status_code,
                        "duration_ms": round((time.monotonic() - started_at) * 1000, 1),
                    },
                )
        response.headers[HEADER] = request_id
        return response
