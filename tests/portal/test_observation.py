"""Ids, access lines and counts of requests and websockets, through the ASGI application."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from asgiref.testing import ApplicationCommunicator
from structlog.contextvars import get_contextvars

from portal.application import Application
from portal.health import answer
from portal.metrics import http_requests
from portal.onehop import OneHopHandler

pytestmark = pytest.mark.django_db(transaction=True)

ID = re.compile(r"[0-9a-f]{16}")


async def echo_id(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": get_contextvars()["request_id"]})
    await send({"type": "websocket.close", "code": 4003})


@pytest_asyncio.fixture
async def application() -> AsyncIterator[Application]:
    from django.urls import path

    http = OneHopHandler(thread_count=1)
    patterns = [path("ws/echo/", echo_id)]  # type: ignore[arg-type]
    yield Application(http=http, websocket_patterns=patterns, build_tasks=list)
    await http.aclose()


async def get(application: Application, path: str, *headers: tuple[bytes, bytes]) -> tuple[int, str]:
    """(status, X-Request-ID) of an answer."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"q=planted-query",
        "headers": [(b"host", b"localhost"), *headers],
        "client": ["127.0.0.1", 5],
        "scheme": "http",
    }
    exchange = ApplicationCommunicator(application, scope)
    await exchange.send_input({"type": "http.request", "body": b""})
    start = await exchange.receive_output(5)
    while (await exchange.receive_output(5)).get("more_body"):
        pass
    await exchange.wait(5)
    ids = [value.decode() for name, value in start["headers"] if name.lower() == b"x-request-id"]
    assert len(ids) == 1
    return start["status"], ids[0]


def count(route: str, status: int) -> float:
    wanted = {"method": "GET", "route": route, "status": str(status)}
    [family] = http_requests.collect()
    return sum(
        sample.value
        for sample in family.samples
        if sample.name.endswith("_total") and sample.labels == wanted
    )


def access_lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    records = [record for record in caplog.records if record.name == "portal.observation"]
    names = ("method", "route", "path", "status")
    return [{name: record.__dict__[name] for name in names if name in record.__dict__} for record in records]


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/healthz", "/healthz", 200),
        ("/static/admin/css/base.css", "static", 200),
        ("/api/v1/permission-requests/abcdefghijklmno/", "/api/v1/permission-requests/<pk>/", 401),
        ("/admin/engines/engine/abc/change/", "/admin/engines/engine/<object_id>/change/", 302),
        ("/nothing/here", "unmatched", 404),
        ("/with\0nul", "unmatched", 400),
    ],
)
async def test_each_request_is_counted_once_by_its_routes_template(
    application: Application, path: str, route: str, status: int
) -> None:
    before = count(route, status)
    answered, request_id = await get(application, path)
    assert (answered, count(route, status), bool(ID.fullmatch(request_id))) == (status, before + 1, True)


async def test_answers_that_django_never_sees_have_an_id_too(application: Application, settings: Any) -> None:
    settings.COUNTERSIGN_MAX_BODY_BYTES = 1024
    status, request_id = await get(application, "/", (b"content-length", b"1025"))
    assert (status, bool(ID.fullmatch(request_id))) == (413, True)


async def test_a_trusted_proxys_id_goes_through(application: Application, settings: Any) -> None:
    given = (b"x-request-id", b"from-the-proxy-1")
    assert ID.fullmatch((await get(application, "/healthz", given))[1])
    settings.COUNTERSIGN_TRUST_PROXY_HEADERS = True
    assert (await get(application, "/healthz", given))[1] == "from-the-proxy-1"
    assert ID.fullmatch((await get(application, "/healthz", given, given))[1])
    assert ID.fullmatch((await get(application, "/healthz", (b"x-request-id", b"a\nb-12345")))[1])


async def test_an_access_line_has_no_query_and_no_secret_of_a_link(
    application: Application, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.COUNTERSIGN_ACCESS_LOG = True
    with caplog.at_level(logging.INFO, logger="portal.observation"):
        await get(application, "/login/planted-secret-of-a-link/")
        await get(application, "/admin/login/")
    assert access_lines(caplog) == [
        {"method": "GET", "route": "/login/<secret>/", "path": "/login/••••/", "status": 410},
        {"method": "GET", "route": "/admin/login/", "path": "/admin/login/", "status": 200},
    ]


async def test_a_websocket_has_an_id_and_ends_in_a_line_with_its_code(
    application: Application, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.COUNTERSIGN_ACCESS_LOG = True
    scope = {"type": "websocket", "path": "/ws/echo/", "query_string": b"ticket=planted", "headers": []}
    socket = ApplicationCommunicator(application, scope)
    with caplog.at_level(logging.INFO, logger="portal.observation"):
        await socket.send_input({"type": "websocket.connect"})
        sent = [await socket.receive_output(5) for _ in range(3)]
        await socket.wait(5)
    assert (bool(ID.fullmatch(sent[1]["text"])), sent[2]["code"]) == (True, 4003)
    assert access_lines(caplog) == [{"method": "WEBSOCKET", "path": "/ws/echo/", "status": 4003}]
    assert "planted" not in str([record.__dict__ for record in caplog.records])


async def test_a_client_that_leaves_is_counted_as_such(application: Application) -> None:
    before = count("unmatched", 499)
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    exchange = ApplicationCommunicator(application, scope)
    await exchange.send_input({"type": "http.disconnect"})
    await exchange.wait(5)
    assert count("unmatched", 499) == before + 1


async def test_lines_of_the_worker_thread_carry_the_id(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def note(_request: Any) -> Any:
        seen.append(get_contextvars())
        return answer({"status": "ok"}, status=200)

    monkeypatch.setattr("portal.health.answer_health", note)
    request_ids = [(await get(application, "/healthz"))[1] for _ in range(2)]
    assert seen == [{"request_id": each} for each in request_ids]
    assert get_contextvars() == {}
