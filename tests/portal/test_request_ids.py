from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from structlog.contextvars import get_contextvars

from portal.request_ids import RequestIdMiddleware


def run(**headers: Any) -> tuple[str, dict[str, Any]]:
    """The id in the answer, and the logging context inside the request."""
    seen: dict[str, Any] = {}

    def view(request: HttpRequest) -> HttpResponse:
        seen.update(get_contextvars())
        return HttpResponse()

    response = RequestIdMiddleware(view)(RequestFactory().get("/path/?token=secret", **headers))
    assert get_contextvars() == {}
    return response.headers["X-Request-ID"], seen


def test_each_request_gets_an_id_of_its_own() -> None:
    (first, context), (second, _) = run(), run()
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert (first != second, context) == (True, {"request_id": first})


def test_a_trusted_proxys_id_is_kept(settings: Any) -> None:
    settings.COUNTERSIGN_TRUST_PROXY_HEADERS = True
    assert run(HTTP_X_REQUEST_ID="req-0123.abc_XYZ")[0] == "req-0123.abc_XYZ"


def test_an_id_that_anybody_could_have_sent_is_replaced() -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", run(HTTP_X_REQUEST_ID="req-0123.abc_XYZ")[0])


@pytest.mark.parametrize(
    "given", ["short", "with space 123", "line\nbreak-123", "x" * 65, "ünicode-12", "<script>1"]
)
def test_an_id_that_could_smuggle_something_is_replaced(settings: Any, given: str) -> None:
    settings.COUNTERSIGN_TRUST_PROXY_HEADERS = True
    assert re.fullmatch(r"[0-9a-f]{16}", run(HTTP_X_REQUEST_ID=given)[0])
