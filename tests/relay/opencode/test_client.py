"""Each answer of an engine, sane or not, becomes a value or a named error; nothing else gets through."""

import ast
import asyncio
import base64
import json
import logging
import socket
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from events.egress import AllowList, EgressRefused
from relay.opencode import calls
from relay.opencode.calls import Timeouts
from relay.opencode.client import Health, Listing, OpenCodeClient, ReplyOutcome
from relay.opencode.errors import (
    EngineError,
    EngineProtocolError,
    EngineUnauthorized,
    EngineUnknown,
    EngineUnreachable,
)
from relay.opencode.records import PermissionAsk, ToolCall
from tests.relay.opencode.captures import find_exchange
from tests.relay.opencode.odd_engine import Handler, OddEngine, OddRequest, answer, hang_up, say_nothing

DIRECTORY = "/srv/demo"
CHAT_ID = "abcdefghij01234"
QUICK = Timeouts(connect_s=1.0, call_s=0.3)


def connect(engine: OddEngine, timeouts: Timeouts | None = None) -> OpenCodeClient:
    return OpenCodeClient(engine.address, "opencode", "correct horse", timeouts=timeouts)


def play(note: str, path: str = "") -> Handler:
    """Answer as the real engine once did."""
    exchange = find_exchange(note, path)
    return answer(exchange["status"], json.dumps(exchange["response"]).encode())


def get_closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_recorded_answers_are_read() -> None:
    async with OddEngine(play("health")) as engine, connect(engine) as client:
        assert await client.health() == Health(is_healthy=True, version="1.18.33")
        engine.handler = play("/project")
        assert await client.list_projects() == (DIRECTORY,)
        engine.handler = play("chain_once: pending list")
        listed = await client.list_permissions(DIRECTORY)
        engine.handler = play("question: pending list")
        questions = await client.list_questions(DIRECTORY)
        engine.handler = play("children")
        children = await client.list_children(DIRECTORY, "ses_e0031c802ffeHpQiPe40mXirFY")
        engine.handler = play("mcp status")
        servers = await client.list_mcp_servers(DIRECTORY)
    command = "ls && rm -rf ./x && git status | head -3"
    ask = PermissionAsk(
        id="per_1ffce197b00145pesdF6flizW5",
        session_id="ses_e0031e6ccffeJNVP1NKlzca4iD",
        permission="bash",
        patterns=("ls", "rm -rf ./x", "git status", "head -3"),
        metadata={"command": command},
        tool=ToolCall("msg_1ffce194c001TTeOun906vd5Be", "call_chain_0_0"),
        is_text_altered=False,
    )
    assert listed == Listing((ask,), is_complete=True, status=200)
    assert [question.id for question in questions.items] == ["que_1ffce3ce300145Bz4fxqlS1QQ3"]
    assert [(child.parent_id, child.agent) for child in children] == [
        ("ses_e0031c802ffeHpQiPe40mXirFY", "general")
    ]
    assert servers == {"demo": "connected"}


async def test_credentials_stand_in_the_header_and_the_folder_in_the_query() -> None:
    async with OddEngine(answer(200, b"[]")) as engine, connect(engine) as client:
        await client.list_permissions("/srv/a b&c=d/é")
        await client.reply_permission("/srv/demo", "per_1", "once")
    asked, replied = engine.requests
    token = base64.b64encode(b"opencode:correct horse").decode()
    assert asked.headers["authorization"] == replied.headers["authorization"] == f"Basic {token}"
    assert "correct" not in asked.target + replied.target
    assert parse_qs(urlsplit(asked.target).query) == {"directory": ["/srv/a b&c=d/é"]}
    assert (replied.method, replied.target) == ("POST", "/permission/per_1/reply?directory=%2Fsrv%2Fdemo")
    assert json.loads(replied.body) == {"reply": "once"}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"true", ReplyOutcome.ACCEPTED),
        (200, b"false", ReplyOutcome.UNKNOWN),
        (200, b"", ReplyOutcome.UNKNOWN),
        (200, b"<!doctype html>", ReplyOutcome.UNKNOWN),
        (204, b"", ReplyOutcome.UNKNOWN),
        (302, b"", ReplyOutcome.UNKNOWN),
        (400, b"{}", ReplyOutcome.REFUSED),
        (401, b"", ReplyOutcome.UNAUTHORIZED),
        (404, b"{}", ReplyOutcome.GONE),
        (500, b"true", ReplyOutcome.UNKNOWN),
        (503, b"", ReplyOutcome.UNKNOWN),
    ],
)
async def test_every_answer_to_a_reply_has_its_outcome(
    status: int, body: bytes, expected: ReplyOutcome
) -> None:
    async with OddEngine(answer(status, body)) as engine, connect(engine) as client:
        assert await client.reply_permission(DIRECTORY, "per_1", "once") is expected
        assert await client.reply_permission(DIRECTORY, "per_1", "reject", "no") is expected
        assert await client.reject_question(DIRECTORY, "que_1") is expected
        assert await client.reply_question(DIRECTORY, "que_1", [["Red", "Blue"], ["mine"]]) is expected
    assert [json.loads(request.body) if request.body else None for request in engine.requests] == [
        {"reply": "once"},
        {"reply": "reject", "message": "no"},
        None,
        {"answers": [["Red", "Blue"], ["mine"]]},
    ]


async def test_a_reply_that_was_not_sent_is_told_from_one_that_may_have_arrived() -> None:
    async with OpenCodeClient(f"http://127.0.0.1:{get_closed_port()}", password="x") as client:
        assert await client.reply_permission(DIRECTORY, "per_1", "once") is ReplyOutcome.UNREACHABLE
    async with OddEngine(say_nothing) as engine, connect(engine, QUICK) as client:
        assert await client.reply_permission(DIRECTORY, "per_1", "once") is ReplyOutcome.UNKNOWN
    async with OddEngine(hang_up) as engine, connect(engine) as client:
        assert await client.reply_permission(DIRECTORY, "per_1", "once") is ReplyOutcome.UNKNOWN


@pytest.mark.parametrize("reply", ["always", "Once", "", "once ", None, "allow", ["once"]])
async def test_nothing_but_once_or_reject_can_be_sent(reply: Any) -> None:
    async with OddEngine(answer(200, b"true")) as engine, connect(engine) as client:
        with pytest.raises((ValueError, TypeError)):
            await client.reply_permission(DIRECTORY, "per_1", reply)
    assert engine.requests == []


def test_no_code_of_the_wire_says_always() -> None:
    """The word may stand in prose; no text that a program could send may be it."""
    found = []
    for path in sorted((Path(calls.__file__).parent).glob("*.py")):
        tree = ast.parse(path.read_text())
        found += [
            f"{path.name}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.strip().lower() == "always"
        ]
    assert found == []


@pytest.mark.parametrize("status", [400, 404, 500, 503])
async def test_a_list_with_another_status_is_unknown_and_never_empty(status: int) -> None:
    async with OddEngine(answer(status, b"[]")) as engine, connect(engine) as client:
        assert await client.list_permissions(DIRECTORY) == Listing((), is_complete=False, status=status)
        assert await client.list_questions(DIRECTORY) == Listing((), is_complete=False, status=status)


async def test_the_recorded_400_list_is_unknown() -> None:
    async with OddEngine(play("web_undefined_timeout: pending list")) as engine, connect(engine) as client:
        assert await client.list_permissions(DIRECTORY) == Listing((), is_complete=False, status=400)


async def test_one_unreadable_entry_makes_a_list_incomplete_and_hides_no_other() -> None:
    entries = [{"id": 7}, *find_exchange("chain_once: pending list")["response"], None]
    async with OddEngine(answer(200, json.dumps(entries).encode())) as engine, connect(engine) as client:
        listed = await client.list_permissions(DIRECTORY)
    assert [ask.id for ask in listed.items] == ["per_1ffce197b00145pesdF6flizW5"]
    assert (listed.is_complete, listed.status) == (False, 200)


NONSENSE = [b"", b"{", b"<!doctype html><p>hi", b"null", b"7", b'"text"', b"[[]]", b'{"x": 1}', b"\xff\xfe"]


@pytest.mark.parametrize("body", NONSENSE)
async def test_nonsense_is_a_protocol_error_or_an_honest_value(body: bytes) -> None:
    async with OddEngine(answer(200, body)) as engine, connect(engine) as client:
        for call in (
            client.health(),
            client.list_projects(),
            client.list_directories(),
            client.get_agents(DIRECTORY),
            client.list_sessions(DIRECTORY),
            client.list_messages(DIRECTORY, "ses_1"),
            client.get_message(DIRECTORY, "ses_1", "msg_1"),
            client.get_session(DIRECTORY, "ses_1"),
            client.list_children(DIRECTORY, "ses_1"),
            client.create_session(DIRECTORY, title="t"),
            client.session_status(DIRECTORY),
            client.list_mcp_servers(DIRECTORY),
            client.get_config(DIRECTORY),
        ):
            try:
                value = await call
            except EngineProtocolError:
                continue
            # What is no error holds nothing.
            assert value in (None, (), {})


async def test_a_list_of_nonsense_is_never_a_complete_empty_list() -> None:
    for body in NONSENSE:
        async with OddEngine(answer(200, body)) as engine, connect(engine) as client:
            try:
                listed = await client.list_permissions(DIRECTORY)
            except EngineProtocolError:
                continue
            assert listed.is_complete is False


async def test_wrong_credentials_are_named() -> None:
    async with OddEngine(answer(401, b"")) as engine, connect(engine) as client:
        for call in (client.health(), client.list_permissions(DIRECTORY), client.abort(DIRECTORY, "ses_1")):
            with pytest.raises(EngineUnauthorized):
                await call


async def test_a_status_that_says_nothing_is_unknown() -> None:
    async with OddEngine(answer(500, b"{}")) as engine, connect(engine) as client:
        with pytest.raises(EngineUnknown) as caught:
            await client.session_status(DIRECTORY)
    assert caught.value.status == 500


async def test_what_the_engine_does_not_know_is_none() -> None:
    async with OddEngine(play("unknown session")) as engine, connect(engine) as client:
        assert await client.get_session(DIRECTORY, "ses_none") is None
        assert await client.list_messages(DIRECTORY, "ses_none") is None
        assert await client.get_message(DIRECTORY, "ses_none", "msg_none") is None
        assert await client.find_tool_part(DIRECTORY, "ses_none", "msg_none", "call") is None
        assert await client.list_children(DIRECTORY, "ses_none") == ()


async def test_an_engine_that_does_not_answer_is_unreachable_in_time() -> None:
    async with OddEngine(say_nothing) as engine, connect(engine, QUICK) as client:
        started = asyncio.get_running_loop().time()
        with pytest.raises(EngineUnreachable) as caught:
            await client.health()
        assert asyncio.get_running_loop().time() - started < 3
    assert caught.value.may_have_arrived is True


async def test_a_body_that_drips_is_bounded_in_time() -> None:
    async def drip(_request: OddRequest, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with OddEngine(drip) as engine, connect(engine, QUICK) as client:
        with pytest.raises(EngineUnreachable):
            await client.health()


async def test_nobody_listening_is_unreachable_and_nothing_was_sent() -> None:
    async with OpenCodeClient(f"http://127.0.0.1:{get_closed_port()}") as client:
        with pytest.raises(EngineUnreachable) as caught:
            await client.health()
    assert caught.value.may_have_arrived is False


async def test_a_body_beyond_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MAX_ANSWER_BYTES", 1000)
    async with OddEngine(answer(200, b"[" + b" " * 1000 + b"]")) as engine, connect(engine) as client:
        with pytest.raises(EngineProtocolError, match="longer than 1000 bytes"):
            await client.list_permissions(DIRECTORY)


async def test_a_redirect_is_not_followed() -> None:
    handler = answer(307, b"", extra="location: http://127.0.0.1:1/elsewhere\r\n")
    async with OddEngine(handler) as engine, connect(engine) as client:
        with pytest.raises(EngineProtocolError, match="redirect"):
            await client.health()
    assert len(engine.requests) == 1


async def test_an_address_that_may_not_be_connected_to_is_unreachable() -> None:
    async with OpenCodeClient("http://127.0.0.1:4096", allow=AllowList.parse([])) as client:
        with pytest.raises(EngineUnreachable, match="COUNTERSIGN_EGRESS_ALLOW") as caught:
            await client.health()
    assert caught.value.may_have_arrived is False
    with pytest.raises(EgressRefused):
        OpenCodeClient("http://user:password@127.0.0.1:4096")


@pytest.mark.parametrize("identifier", ["", ".", ".."])
async def test_an_id_that_would_change_the_path_is_refused(identifier: str) -> None:
    async with OddEngine(answer(200, b"true")) as engine, connect(engine) as client:
        with pytest.raises(ValueError, match="id"):
            await client.reply_permission(DIRECTORY, identifier, "once")
    assert engine.requests == []


async def test_an_id_stays_one_path_segment() -> None:
    async with OddEngine(answer(200, b"true")) as engine, connect(engine) as client:
        await client.reply_permission(DIRECTORY, "per_1/../../session?x#y", "reject")
    path = urlsplit(engine.requests[0].target).path
    assert path == "/permission/per_1%2F..%2F..%2Fsession%3Fx%23y/reply"


async def test_configuration_comes_without_secrets() -> None:
    raw = {
        "model": "scripted/scripted-1",
        "permission": {"bash": "ask"},
        "provider": {"scripted": {"options": {"apiKey": "sk-very-secret"}}},
        "mcp": {"demo": {"type": "remote", "headers": {"Authorization": "Bearer very-secret"}}},
    }
    async with OddEngine(answer(200, json.dumps(raw).encode())) as engine, connect(engine) as client:
        assert await client.get_config(DIRECTORY) == {
            "model": "scripted/scripted-1",
            "permission": {"bash": "ask"},
        }


async def test_no_log_line_and_no_text_of_ours_holds_a_body_or_a_password(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    texts = []
    for status, body in ((200, b"secret-body"), (400, b"secret-body"), (401, b"secret-body")):
        async with OddEngine(answer(status, body)) as engine, connect(engine) as client:
            texts.append(repr(client))
            await client.reply_permission(DIRECTORY, "per_1", "reject", "secret-message")
            with pytest.raises(EngineError) as caught:
                await client.session_status(DIRECTORY)
            texts += [str(caught.value), repr(caught.value)]
    written = "\n".join([*texts, caplog.text])
    assert "correct horse" not in written
    assert base64.b64encode(b"opencode:correct horse").decode() not in written
    assert "secret-body" not in written
    assert "secret-message" not in written


async def test_directories_come_from_projects_and_sessions_without_the_root() -> None:
    projects = [{"worktree": "/srv/demo"}, {"worktree": "/"}]
    sessions = [
        {"id": f"ses_{index}", "directory": folder, "time": {"created": 1, "updated": 1}}
        for index, folder in enumerate(["/srv/other", "/srv/demo", "/srv/other"])
    ]

    async def handle(request: OddRequest, writer: asyncio.StreamWriter) -> None:
        body = projects if request.target.startswith("/project") else sessions
        await answer(200, json.dumps(body).encode())(request, writer)

    async with OddEngine(handle) as engine, connect(engine) as client:
        assert await client.list_directories() == ("/srv/demo", "/srv/other")


async def test_a_prompt_carries_the_ids_that_make_it_repeatable() -> None:
    async with OddEngine(answer(204)) as engine, connect(engine) as client:
        await client.prompt_async(
            DIRECTORY, "ses_1", "go on", message_id="msg_1", part_id="prt_1", agent="plan"
        )
        await client.prompt_async(DIRECTORY, "ses_1", "go on")
        await client.prompt_async(DIRECTORY, "ses_1", "go on", provider="acme", model="large", variant="slow")
    assert [json.loads(request.body) for request in engine.requests] == [
        {"parts": [{"type": "text", "text": "go on", "id": "prt_1"}], "messageID": "msg_1", "agent": "plan"},
        {"parts": [{"type": "text", "text": "go on"}]},
        {
            "parts": [{"type": "text", "text": "go on"}],
            "model": {"providerID": "acme", "modelID": "large"},
            "variant": "slow",
        },
    ]


async def test_a_session_starts_with_its_rules() -> None:
    response = find_exchange("session_rules")["response"]
    async with OddEngine(answer(200, json.dumps(response).encode())) as engine, connect(engine) as client:
        session = await client.create_session(
            DIRECTORY, title="session_rules", rules=[("bash", "*", "deny")], agent="build"
        )
    assert session.id == response["id"]
    assert json.loads(engine.requests[0].body) == {
        "title": "session_rules",
        "permission": [{"permission": "bash", "pattern": "*", "action": "deny"}],
        "agent": "build",
    }


async def test_a_session_names_the_chat_it_was_made_for() -> None:
    response = {**find_exchange("session_rules")["response"], "metadata": {"portal_chat": CHAT_ID}}
    async with OddEngine(answer(200, json.dumps(response).encode())) as engine, connect(engine) as client:
        session = await client.create_session(DIRECTORY, title="Of a chat", chat_id=CHAT_ID)
    assert json.loads(engine.requests[0].body) == {
        "title": "Of a chat",
        "metadata": {"portal_chat": CHAT_ID},
    }
    assert session.chat_id == CHAT_ID


@pytest.mark.parametrize(
    "metadata",
    [None, [], "text", {}, {"portal_chat": 1}, {"portal_chat": "../x"}, {"portal_chat": CHAT_ID + "a"}],
)
async def test_metadata_that_names_no_chat_is_none(metadata: Any) -> None:
    response = {**find_exchange("session_rules")["response"], "metadata": metadata}
    async with OddEngine(answer(200, json.dumps(response).encode())) as engine, connect(engine) as client:
        assert (await client.create_session(DIRECTORY, title="t")).chat_id == ""
