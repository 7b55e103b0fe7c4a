"""What is settled before the SDK sees a call: host, origin, token, rate, length and form of the body."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Scope
from accounts.models import User
from live.hub import get_hub
from mcp_door.door import McpDoor
from portal.application import Application
from portal.onehop import OneHopHandler
from tests.factories import make_token
from tests.mcp_door.conftest import DEADLINE_S, in_thread, until
from tests.portal.asgi_exchange import HttpExchange, Received, request

pytestmark = pytest.mark.django_db(transaction=True)

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
HEADERS = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2025-11-25",
}


@pytest.fixture
def secret(agent: User) -> str:
    return make_token(agent, *Scope.for_services())


async def post(application: Any, secret: str, body: Any = LIST, **options: Any) -> Received:
    headers = {**HEADERS, "authorization": f"Bearer {secret}", **options.pop("headers", {})}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await request(application, "POST", "/mcp", headers=headers, body=[content], **options)


def call(name: str, **arguments: Any) -> dict[str, Any]:
    params = {"name": name, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def read_problem(answer: Received) -> tuple[int, str]:
    assert answer.header("content-type") == "application/problem+json"
    return answer.status, json.loads(answer.body)["code"]


async def test_a_call_is_answered_as_one_json_document_nobody_keeps(
    application: Application, secret: str
) -> None:
    answer = await post(application, secret)
    assert (answer.status, answer.header("content-type")) == (200, "application/json")
    assert answer.header("cache-control") == "no-store"
    assert str(answer.header("ratelimit-policy")).startswith('"caller";q=')
    assert answer.header("x-request-id")
    assert answer.header("mcp-session-id") is None


async def test_both_spellings_of_the_path_lead_there_and_nothing_below(
    application: Application, secret: str
) -> None:
    headers = {**HEADERS, "authorization": f"Bearer {secret}"}
    statuses = {
        path: (
            await request(application, "POST", path, headers=headers, body=[json.dumps(LIST).encode()])
        ).status
        for path in ("/mcp", "/mcp/", "/mcp/other", "/mcpx")
    }
    assert statuses == {"/mcp": 200, "/mcp/": 200, "/mcp/other": 404, "/mcpx": 404}


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS", "HEAD"])
async def test_there_is_no_stream_to_open_and_no_session_to_end(
    application: Application, secret: str, method: str
) -> None:
    headers = {**HEADERS, "authorization": f"Bearer {secret}"}
    answer = await request(application, method, "/mcp", headers=headers)
    assert (answer.status, answer.header("allow")) == (405, "POST")


@pytest.mark.parametrize(
    ("authorization", "code", "challenge"),
    [
        ("", "not_authenticated", 'Bearer realm="Countersign"'),
        ("Basic YWRhOmFkYQ==", "not_authenticated", 'Bearer realm="Countersign"'),
        ("Bearer csk_unknown", "invalid_token", 'Bearer realm="Countersign", error="invalid_token"'),
    ],
    ids=["nothing", "password", "unknown token"],
)
async def test_without_a_valid_token_nothing_is_read(
    application: Application, authorization: str, code: str, challenge: str
) -> None:
    headers = {**HEADERS, "authorization": authorization}
    answer = await request(application, "POST", "/mcp", headers=headers, body=[b"not even JSON"])
    assert read_problem(answer) == (401, code)
    assert answer.header("www-authenticate") == challenge


async def test_a_browsers_session_does_not_open_it(
    application: Application, approver: User, settings: Any
) -> None:
    def sign_in() -> str:
        browser = Client()
        browser.force_login(approver)
        key: str = browser.cookies[settings.SESSION_COOKIE_NAME].value
        return key

    headers = {**HEADERS, "cookie": f"{settings.SESSION_COOKIE_NAME}={await in_thread(sign_in)}"}
    answer = await request(application, "POST", "/mcp", headers=headers, body=[json.dumps(LIST).encode()])
    assert read_problem(answer) == (401, "not_authenticated")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"host": "evil.example"}, (421, "unknown_host")),
        ({"origin": "https://evil.example"}, (403, "foreign_origin")),
        ({"origin": "null"}, (403, "foreign_origin")),
    ],
    ids=["host", "origin", "origin null"],
)
async def test_pages_of_other_sites_and_foreign_names_are_turned_away(
    application: Application, secret: str, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    assert read_problem(await post(application, secret, headers=headers)) == expected


async def test_our_own_origin_is_served(application: Application, secret: str) -> None:
    assert (await post(application, secret, headers={"origin": "http://localhost"})).status == 200


async def test_a_body_has_an_end(application: Application, secret: str, settings: Any) -> None:
    settings.COUNTERSIGN_MAX_BODY_BYTES = 1024
    assert read_problem(await post(application, secret, b" " * 1025)) == (413, "too_large")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed"),
        (b"\xff{}", "malformed"),
        (json.dumps([LIST]).encode(), "malformed"),
        (b'{"jsonrpc": "2.0", "id": 1, "id": 2, "method": "ping"}', "malformed"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": {"a": NaN}}}', "malformed"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "a\\u0000"}', "unusable_text"),
        (b"[" * 5000, "too_deep"),
        (b'{"a":' * 50 + b"1" + b"}" * 50, "too_deep"),
    ],
    ids=["half", "no text", "batch", "a name twice", "not a number", "nul", "open brackets", "deep"],
)
async def test_what_could_be_read_in_two_ways_is_refused(
    application: Application, secret: str, body: bytes, code: str
) -> None:
    answer = await post(application, secret, body)
    problem = json.loads(answer.body)
    assert (answer.status, problem["id"], problem["error"]["code"], problem["error"]["data"]) == (
        400,
        None,
        -32700,
        {"code": code},
    )


async def test_calls_are_counted_by_token_as_the_apis_are(
    application: Application, secret: str, settings: Any
) -> None:
    settings.COUNTERSIGN_API_CALLS_PER_MINUTE = 1
    answers = [await post(application, secret) for _ in range(3)]
    # The clock's minute may turn in between; no two calls of three are then let through twice.
    assert 429 in {answer.status for answer in answers}
    over = next(answer for answer in answers if answer.status == 429)
    assert read_problem(over) == (429, "throttled")
    assert int(over.header("retry-after") or 0) >= 1


async def test_before_it_is_open_it_says_so(transactional_db: None) -> None:
    closed = Application(http=OneHopHandler(), websocket_patterns=[], build_tasks=list, mcp_door=McpDoor())
    answer = await post(closed, "csk_any")
    assert read_problem(answer) == (503, "stopping")
    assert answer.header("retry-after") == "1"
    await closed.stop(DEADLINE_S)


async def begin_waiting(application: Application, secret: str) -> HttpExchange:
    """A wait for a permission, on the hub."""
    asked = await post(application, secret, call("request_permission", permission="deploy"))
    request_id = json.loads(asked.body)["result"]["structuredContent"]["id"]
    exchange = HttpExchange(
        application,
        "POST",
        "/mcp",
        headers={**HEADERS, "authorization": f"Bearer {secret}"},
        body=[json.dumps(call("wait_for_permission", id=request_id)).encode()],
    )
    await until(lambda: any(get_hub().waiters.values()) or exchange.task.done())
    return exchange


async def test_a_client_that_leaves_frees_what_it_waited_with(application: Application, secret: str) -> None:
    exchange = await begin_waiting(application, secret)
    exchange.disconnect()
    received = await exchange.answer()
    assert (received.status, received.chunks) == (0, [])
    await until(lambda: not any(get_hub().waiters.values()))


async def test_a_stopping_server_answers_those_who_wait(application: Application, secret: str) -> None:
    exchange = await begin_waiting(application, secret)
    stopping = asyncio.create_task(application.stop(DEADLINE_S))
    received = await exchange.answer()
    await stopping
    assert read_problem(received) == (503, "stopping")


async def test_a_fault_of_ours_is_a_sentence_never_a_trace(
    application: Application, secret: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("mcp_door.permission_tools.create_request", fail)
    answer = await post(application, secret, call("request_permission", permission="deploy"))
    assert answer.status == 200
    result = json.loads(answer.body)["result"]
    assert (result["isError"], result["structuredContent"]["code"]) == (True, "server_error")
    assert b"inside" not in answer.body
    assert b"Traceback" not in answer.body
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "the tool request_permission failed"
    ]


async def test_no_secret_of_a_call_reaches_the_log(
    application: Application, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await post(application, secret, call("request_permission", permission="deploy", bogus="hunter2-secret"))
    await post(application, secret, {**LIST, "params": {"cursor": ["hunter2-secret"]}})
    await post(application, secret, {"jsonrpc": "2.0", "id": 1, "method": "hunter2-secret"})
    await post(
        application,
        secret,
        {"jsonrpc": "2.0", "method": "notifications/x", "params": {"a": "hunter2-secret"}},
    )
    assert secret not in caplog.text
    assert "hunter2" not in caplog.text
