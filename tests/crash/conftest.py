"""The product as processes of its own, an engine behind a holding proxy, and a person at the API."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.enums import Scope
from accounts.models import Team
from engines.models import Engine
from governance.models import EngineReply, PermissionRequest
from relay.demo.project import PERMISSION, make_project
from relay.demo.scenarios import Say, Use
from relay.demo.scripted_llm import ScriptedModel, build_engine_config
from relay.models import RelayLease
from relay.opencode.process import EngineProcess
from relay.opencode.records import MessageWithParts
from tests.crash.proxy import HoldingProxy
from tests.factories import make_engine, make_team, make_token, make_user
from tests.portal.server_client import ServerProcess

DEADLINE_S = 60.0
POLL_S = 0.05
LISTENING = re.compile(r"Countersign is at http://127\.0\.0\.1:(\d+)/")

T = TypeVar("T")
_numbers = itertools.count(1)


def wait_until(find: Callable[[], T | None], what: str, deadline_s: float = DEADLINE_S) -> T:
    """Poll until `find()` is true and return its value."""
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        value = find()
        if value:
            return value
        time.sleep(POLL_S)
    raise AssertionError(f"not within {deadline_s:g} s: {what}")


def run_async(start: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(start())).result()


@dataclass
class Bench:
    """An engine that can be killed, its model, and the proxy that the product reaches it through."""

    engine: EngineProcess
    model: ScriptedModel
    proxy: HoldingProxy
    project: Path

    def start_engine(self) -> None:
        run_async(self.engine.start)

    def ask(self, command: str) -> str:
        """Prompt the agent to run one command; returns the session."""
        key = "crash_" + "".join(chr(ord("a") + int(digit)) for digit in str(next(_numbers)))
        self.model.scenarios[key] = lambda _turn: [Use.shell(command), Say("Done.")]
        return self.prompt(key)

    def ask_question(self, question: dict[str, Any]) -> tuple[str, str]:
        """Prompt the agent to ask it; returns the session, and the key of what the model says then."""
        key = "crash_question_" + "".join(chr(ord("a") + int(digit)) for digit in str(next(_numbers)))
        self.model.scenarios[key] = lambda _turn: [Use.one("question", questions=[question])]
        return self.prompt(key), key

    def read_conversations(self, chat_id: str) -> list[list[tuple[str, str]]]:
        """(role, what was said) of every message, for each session the engine has of a chat."""

        async def read() -> list[list[tuple[str, str]]]:
            async with self.engine.build_client() as client:
                directory = str(self.project)
                sessions = [each for each in await client.list_sessions(directory) if each.chat_id == chat_id]
                found = []
                for session in sessions:
                    messages = await client.list_messages(directory, session.id) or ()
                    found.append([(item.message.role, read_said(item)) for item in messages])
                return found

        return list(run_async(read))

    def has_answered(self, session_id: str) -> bool:
        """Whether the agent's newest message is whole, and nobody works in the session."""

        async def read() -> bool:
            async with self.engine.build_client() as client:
                directory = str(self.project)
                messages = await client.list_messages(directory, session_id) or ()
                ends = [item.message.completed_ms for item in messages if item.message.role == "assistant"]
                return bool(ends) and all(ends) and session_id not in await client.session_status(directory)

        return bool(run_async(read))

    def count_calls(self, key: str) -> int:
        """How often the model was asked in one scenario."""
        return sum(request.key == key for request in self.model.requests)

    def prompt(self, key: str) -> str:
        async def prompt() -> str:
            async with self.engine.build_client() as client:
                session = await client.create_session(str(self.project), title=key)
                await client.prompt_async(str(self.project), session.id, f"Please. [{key}]")
                return session.id

        return str(run_async(prompt))

    def abort(self, session_id: str) -> None:
        async def abort() -> None:
            async with self.engine.build_client() as client:
                await client.abort(str(self.project), session_id)

        run_async(abort)

    def read_call(self, request: PermissionRequest) -> str:
        """The status of the request's tool call in the engine's own records."""

        async def read() -> str:
            async with self.engine.build_client() as client:
                part = await client.find_tool_part(
                    str(self.project), request.session_id, request.tool_message_id, request.tool_call_id
                )
                return part.status if part else ""

        return str(run_async(read))


def read_said(item: MessageWithParts) -> str:
    return "".join(part.text for part in item.parts if part.type == "text")


@pytest.fixture(scope="module")
def bench(opencode_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    root = tmp_path_factory.mktemp("bench")
    project = root / "project"
    make_project(project)
    with ScriptedModel({}) as model:
        config = build_engine_config(model.base_url, PERMISSION)
        engine = EngineProcess(opencode_binary, root / "tree", project, config)
        run_async(engine.start)
        try:
            with HoldingProxy(engine.port) as proxy:
                yield Bench(engine, model, proxy, project)
        finally:
            engine.stop()


@dataclass
class System:
    """Portal and relay in one process or in two. Everything is seen from outside: database, API, engine."""

    is_one_process: bool
    token: str
    portal: ServerProcess | None = None
    relay: ServerProcess | None = None
    port: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        if "portal" in names:
            arguments = ["manage.py", "up", *([] if self.is_one_process else ["--no-relay"])]
            self.portal = ServerProcess(arguments, self.environment)
            line = self.portal.wait_for_line(lambda line: bool(LISTENING.search(line)))
            found = LISTENING.search(line)
            assert found
            self.port = int(found[1])
        if "relay" in names and not self.is_one_process:
            self.relay = ServerProcess(["manage.py", "relay"], self.environment)
            self.relay.wait_for_line(lambda line: line.startswith("Relaying."))

    def kill(self, name: str) -> None:
        """As a crash: no signal handler runs. Its lease runs out in no time, instead of in twelve seconds."""
        process = self.portal if name == "portal" else self.relay
        assert process is not None
        process.stop(signal.SIGKILL)
        close_output(process)
        if name == "relay" or self.is_one_process:
            RelayLease.objects.update(expires_at=timezone.now())

    def stop(self) -> None:
        for process in (self.portal, self.relay):
            if process is not None:
                if process.process.poll() is None:
                    process.stop(signal.SIGKILL)
                close_output(process)

    def decide(self, request: PermissionRequest, verb: str = "approve") -> int:
        """POST the decision to the portal; returns the status."""
        request.refresh_from_db()
        return self.post(f"permission-requests/{request.pk}/{verb}/", {"fingerprint": request.fingerprint})

    def post(self, path: str, values: dict[str, Any]) -> int:
        """POST to the portal's API as the approver; returns the status."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        try:
            body = json.dumps(values)
            headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
            client.request("POST", f"/api/v1/{path}", body, headers)
            return client.getresponse().status
        finally:
            client.close()


def close_output(process: ServerProcess) -> None:
    if process.process.stdout is not None:
        process.process.stdout.close()


@pytest.fixture
def team(transactional_db: None) -> Team:
    team = make_team()
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    return team


@pytest.fixture
def token(team: Team) -> str:
    scopes = (Scope.REQUESTS_READ, Scope.REQUESTS_DECIDE, Scope.QUESTIONS_READ, Scope.QUESTIONS_ANSWER)
    return make_token(make_user(team), *scopes)


@pytest.fixture
def engine(team: Team, bench: Bench) -> Engine:
    return make_engine(
        team,
        address=bench.proxy.address,
        username=bench.engine.username,
        password=bench.engine.password,
        directories=[str(bench.project)],
    )


@pytest.fixture(params=["one process", "two processes"])
def system(request: pytest.FixtureRequest, engine: Engine, token: str, bench: Bench) -> Iterator[System]:
    environment = {
        "DATABASE_URL": describe_test_database(),
        "COUNTERSIGN_BIND": "127.0.0.1:0",
        "COUNTERSIGN_KEYS_FILE": str(settings.COUNTERSIGN_KEYS_FILE),
    }
    system = System(request.param == "one process", token, environment=environment)
    system.start("portal", "relay")
    try:
        wait_until(lambda: Engine.objects.filter(pk=engine.pk, state="online").exists(), "the engine, online")
        yield system
    finally:
        bench.proxy.open_all(drop=True)
        system.stop()


def describe_test_database() -> str:
    """The database of this test run, as DATABASE_URL."""
    assert connection.vendor == "sqlite", "these tests run once, on SQLite"
    return f"sqlite:///{connection.settings_dict['NAME']}"


def read_replies(request: PermissionRequest) -> list[tuple[str, str]]:
    rows = EngineReply.objects.filter(request=request).order_by("created_at", "id")
    return list(rows.values_list("reply", "state"))
