"""Under the one-hop handler everything behaves as under Django's own: each test runs with both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.signals import got_request_exception, request_finished, request_started

from tests.factories import make_owner
from tests.portal.asgi_exchange import HttpExchange, Received, encode_form, request
from tests.portal.one_hop_site import Trace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signals() -> Iterator[list[str]]:
    heard: list[str] = []

    def started(**kwargs: Any) -> None:
        heard.append("started")

    def finished(**kwargs: Any) -> None:
        heard.append("finished")

    def failed(**kwargs: Any) -> None:
        heard.append("exception")

    pairs = [(request_started, started), (request_finished, finished), (got_request_exception, failed)]
    for signal, receiver in pairs:
        signal.connect(receiver)
    yield heard
    for signal, receiver in pairs:
        signal.disconnect(receiver)


def facts(received: Received) -> tuple[int, str | None, bytes]:
    return received.status, received.header("content-type"), received.body


async def test_plain_answer_with_cookies_and_headers(handler: Any, signals: list[str]) -> None:
    received = await request(handler, "GET", "/plain/")
    assert facts(received) == (200, "text/html; charset=utf-8", b"plain")
    assert received.header("x-test") == "ünicode"
    assert received.header("content-length") == "5"
    assert [value for name, value in received.headers if name == "set-cookie"] == [
        "first=1; Path=/",
        "second=2; HttpOnly; Path=/",
    ]
    assert signals == ["started", "finished"]


async def test_query_runs(handler: Any) -> None:
    received = await request(handler, "GET", "/head-row/")
    assert (received.status, json.loads(received.body)) == (200, {"rows": 1})


async def test_upload(handler: Any) -> None:
    headers, body = encode_form({"note": "a file"}, ("data.bin", b"\0\xff" * 50_000))
    received = await request(
        handler, "POST", "/upload/", headers=headers, body=[body[:1000], body[1000:60_000], body[60_000:]]
    )
    assert (received.status, json.loads(received.body)) == (
        200,
        {"name": "data.bin", "size": 100_000, "note": "a file"},
    )


async def test_body_in_pieces(handler: Any) -> None:
    received = await request(handler, "POST", "/echo/", body=[b"one ", b"", b"two"])
    assert facts(received) == (200, "application/octet-stream", b"one two")


@pytest.mark.parametrize(("kind", "status"), [("value", 500), ("denied", 403), ("missing", 404)])
async def test_view_exceptions(handler: Any, signals: list[str], kind: str, status: int) -> None:
    received = await request(handler, "GET", f"/fail/{kind}/")
    assert received.status == status
    assert signals == ["started", *(["exception"] if status == 500 else []), "finished"]
    assert received.header("x-traced") == "yes"


@pytest.mark.parametrize(
    ("stage", "status", "body"),
    [
        ("before", 500, None),
        ("after", 500, None),
        ("view", 200, b"from process_view"),
        ("rescue", 200, b"plain"),
    ],
)
async def test_middleware_that_fails_or_answers(
    handler: Any, stage: str, status: int, body: bytes | None
) -> None:
    received = await request(handler, "GET", "/plain/", headers={"x-fail": stage})
    assert received.status == status
    assert body is None or received.body == body


async def test_exception_middleware_rescues(handler: Any) -> None:
    received = await request(handler, "GET", "/fail/value/", headers={"x-fail": "rescue"})
    assert facts(received) == (418, "text/html; charset=utf-8", b"rescued ValueError")


async def test_rendering_that_fails(handler: Any) -> None:
    assert (await request(handler, "GET", "/template/")).status == 500


async def test_unknown_path_and_missing_slash(handler: Any) -> None:
    assert (await request(handler, "GET", "/nowhere/")).status == 404
    received = await request(handler, "GET", "/plain")
    assert (received.status, received.header("location")) == (301, "/plain/")


async def test_script_prefix(handler: Any) -> None:
    received = await request(handler, "GET", "/redirect/")
    assert (received.status, received.header("location")) == (302, "/plain/")


async def test_bad_query_string_is_400(handler: Any, signals: list[str]) -> None:
    received = await request(handler, "GET", "/plain/", query=b"a=\xff")
    assert (received.status, signals) == (400, ["started", "finished"])


async def test_csrf_is_enforced(handler: Any) -> None:
    headers, body = encode_form({"note": "x"})
    assert (await request(handler, "POST", "/plain/", headers=headers, body=[body])).status == 403


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
async def test_file(handler: Any) -> None:
    received = await request(handler, "GET", "/file/")
    assert facts(received) == (200, "application/octet-stream", b"x" * 200_000)
    assert received.header("content-length") == "200000"
    assert received.header("content-disposition") == 'attachment; filename="data.bin"'
    assert max(len(chunk) for chunk in received.chunks) <= 65536


async def test_asynchronous_stream(handler: Any, signals: list[str]) -> None:
    received = await request(handler, "GET", "/stream-async/")
    assert facts(received) == (200, "text/plain", b"0;1;2;")
    assert (Trace.events, signals) == (["parts closed"], ["started", "finished"])


async def test_asynchronous_view(handler: Any, signals: list[str]) -> None:
    received = await request(handler, "GET", "/wait-async/")
    assert (received.status, json.loads(received.body)) == (200, {"rows": 1, "user": "AnonymousUser"})
    assert (received.header("x-traced"), signals) == ("yes", ["started", "finished"])


async def test_asynchronous_view_that_fails(handler: Any, signals: list[str]) -> None:
    received = await request(handler, "GET", "/fail-async/")
    assert (received.status, received.header("x-traced")) == (500, "yes")
    assert signals == ["started", "exception", "finished"]


async def test_client_leaves_an_asynchronous_view(handler: Any, signals: list[str]) -> None:
    exchange = HttpExchange(handler, "GET", "/hold-async/")
    await until(lambda: Trace.events == ["holding"])
    exchange.disconnect()
    received = await exchange.answer()
    assert (received.status, Trace.events) == (0, ["holding", "async view cancelled"])
    assert signals == ["started", "finished"]


async def test_client_leaves_an_endless_stream(handler: Any, signals: list[str]) -> None:
    exchange = HttpExchange(handler, "GET", "/stream-endless/")
    await asyncio.wait_for(exchange.got_chunk.wait(), 20)
    exchange.disconnect()
    received = await exchange.answer()
    assert (received.status, received.chunks[0], received.is_complete) == (200, b"tick;", False)
    assert (Trace.events, signals) == (["ticks closed"], ["started", "finished"])


async def test_client_leaves_before_the_body_ends(handler: Any, signals: list[str]) -> None:
    exchange = HttpExchange(handler, "POST", "/echo/", body=[b"half", b""])
    exchange.incoming = asyncio.Queue()
    exchange.task.cancel()
    exchange = HttpExchange(handler, "POST", "/echo/", body=[])
    exchange.incoming.put_nowait({"type": "http.request", "body": b"half", "more_body": True})
    exchange.disconnect()
    assert ((await exchange.answer()).status, signals) == (0, [])


async def test_rest_framework(handler: Any) -> None:
    headers = {"content-type": "application/json"}
    created = await request(handler, "POST", "/rest/", headers=headers, body=[b'{"a": [1]}'])
    malformed = await request(handler, "POST", "/rest/", headers=headers, body=[b'{"a": '])
    denied = await request(handler, "DELETE", "/rest/")
    wrong = await request(handler, "PUT", "/rest/")
    assert (created.status, json.loads(created.body)) == (201, {"got": {"a": [1]}})
    assert [malformed.status, denied.status, wrong.status] == [400, 403, 405]


@pytest.fixture
def owner_cookie(db: None, settings: Any) -> str:
    owner = make_owner()
    session = SessionStore()
    session[SESSION_KEY] = owner.pk
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = owner.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


async def test_admin(owner_cookie: str, handler: Any) -> None:
    anonymous = await request(handler, "GET", "/admin/")
    index = await request(handler, "GET", "/admin/", headers={"cookie": owner_cookie})
    assert (anonymous.status, anonymous.header("location")) == (302, "/admin/login/?next=/admin/")
    assert index.status == 200
    assert b"<title>" in index.body


async def until(condition: Any) -> None:
    """Wait for another thread or task; fails after 20 s."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)
