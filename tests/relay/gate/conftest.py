"""A real engine with the gate's plugin, and the product as a process of its own beside it."""

from __future__ import annotations

import asyncio
import itertools
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team
from accounts.principal import Principal
from engines.models import Engine
from governance.domain.decide import approve_request, deny_request
from governance.domain.gate_access import make_gate_token
from governance.enums import Confirmation
from governance.models import GatePresence, PermissionRequest
from relay.demo.project import make_project
from relay.demo.scenarios import Say, Use
from relay.demo.scripted_llm import ScriptedModel, build_engine_config
from relay.models import RelayLease
from relay.opencode.process import EngineProcess, probe_port
from tests.factories import ACTOR, make_engine, make_principal, make_team, make_user
from tests.portal.server_client import ServerProcess

DEADLINE_S = 60.0
POLL_S = 0.05
LISTENING = re.compile(r"Countersign is at http://127\.0\.0\.1:(\d+)/")
# The engine lets everything run: whatever is stopped, the gate stopped.
ALLOWING: dict[str, Any] = {"*": "allow"}

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
class Product:
    """`manage.py up`: portal and relay in one process, on a port that stays the same."""

    environment: dict[str, str]
    process: ServerProcess | None = None
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        bind = {"COUNTERSIGN_BIND": f"127.0.0.1:{self.port}"}
        self.process = ServerProcess(["manage.py", "up"], {**self.environment, **bind})
        line = self.process.wait_for_line(lambda line: bool(LISTENING.search(line)))
        found = LISTENING.search(line)
        assert found
        self.port = int(found[1])

    def kill(self) -> None:
        """As a crash; its leases run out at once instead of in twelve seconds."""
        if self.process is None:
            return
        if self.process.process.poll() is None:
            self.process.stop(signal.SIGKILL)
        if self.process.process.stdout is not None:
            self.process.process.stdout.close()
        RelayLease.objects.update(expires_at=timezone.now())


@dataclass
class Gated:
    """The engine, its model and project, the product, and a reviewer."""

    process: EngineProcess
    model: ScriptedModel
    project: Path
    product: Product
    reviewer: Principal
    row: Engine | None = None

    @property
    def engine(self) -> Engine:
        assert self.row is not None
        return self.row

    def prompt(self, *steps: Use) -> str:
        """A new session whose agent makes these calls, one after the other; returns its id."""
        return str(run_async(lambda: self._prompt(self.teach(*steps))))

    def teach(self, *steps: Use) -> str:
        key = "gate_" + "".join(chr(ord("a") + int(digit)) for digit in str(next(_numbers)))
        self.model.scenarios[key] = lambda _turn: [*steps, Say("Done.")]
        return key

    async def _prompt(self, key: str) -> str:
        async with self.process.build_client() as client:
            session = await client.create_session(str(self.project), title=key)
            await client.prompt_async(str(self.project), session.id, f"Please. [{key}]")
            return session.id

    def abort(self, session_id: str) -> None:
        async def abort() -> None:
            async with self.process.build_client() as client:
                await client.abort(str(self.project), session_id)

        run_async(abort)

    def is_busy(self, session_id: str) -> bool:
        async def read() -> bool:
            async with self.process.build_client() as client:
                return session_id in await client.session_status(str(self.project))

        return bool(run_async(read))

    def wait_idle(self, session_id: str) -> None:
        wait_until(lambda: not self.is_busy(session_id), "the end of the turn")

    def read_parts(self, session_id: str) -> list[tuple[str, str, str]]:
        """(tool, status, output or error) of each tool part."""

        async def read() -> list[tuple[str, str, str]]:
            async with self.process.build_client() as client:
                messages = await client.list_messages(str(self.project), session_id) or ()
                parts = [part for message in messages for part in message.parts if part.type == "tool"]
                return [(part.tool, part.status, part.text) for part in parts]

        return list(run_async(read))

    def requests(self, session_id: str) -> list[PermissionRequest]:
        return list(PermissionRequest.objects.filter(session_id=session_id).order_by("created_at", "id"))

    def wait_request(self, session_id: str) -> PermissionRequest:
        rows = PermissionRequest.objects.filter(session_id=session_id, state="pending")
        return wait_until(lambda: rows.order_by("created_at", "id").first(), f"a request of {session_id}")

    def decide(self, request: PermissionRequest, verb: str = "approve", reason: str = "") -> None:
        """A person does, in another process than the portal's."""
        values = {"principal": self.reviewer, "request_id": request.pk, "fingerprint": request.fingerprint}
        if verb == "approve":
            approve_request(**values, reason=reason, confirmed=set(Confirmation))
        else:
            deny_request(**values, reason=reason)


def prepare(process: EngineProcess, model: ScriptedModel, project: Path) -> Gated:
    """Nothing runs yet but the model."""
    environment = {
        "DATABASE_URL": describe_test_database(),
        "COUNTERSIGN_KEYS_FILE": str(settings.COUNTERSIGN_KEYS_FILE),
    }
    reviewer = make_principal(make_user(make_team(), Role.ADMIN))
    return Gated(process, model, project, Product(environment), reviewer)


def start(gated: Gated, *, has_plugin: bool) -> None:
    """Everything: the engine's row, its gate's token, and the plugin unless it shall be missing."""
    process, product = gated.process, gated.product
    product.start()
    process.port = probe_port(0)
    (team_id,) = gated.reviewer.team_ids
    row = make_engine(
        Team.objects.get(pk=team_id),
        address=process.address,
        username=process.username,
        password=process.password,
        directories=[str(gated.project)],
    )
    secret = make_gate_token(actor=ACTOR, engine=row).secret
    process.gate = (product.address, secret) if has_plugin else None
    run_async(process.start)
    gated.row = row
    wait_until(lambda: Engine.objects.filter(pk=row.pk, state="online").exists(), "the engine, online")


@pytest.fixture
def gated(
    request: pytest.FixtureRequest, opencode_binary: Path, tmp_path: Path, transactional_db: None
) -> Iterator[Gated]:
    """With the plugin and under rules that let everything run, unless the test's parameter says otherwise."""
    options = getattr(request, "param", {})
    rules, has_plugin = options.get("rules", ALLOWING), options.get("has_plugin", True)
    project = tmp_path / "project"
    make_project(project)
    with ScriptedModel({}) as model:
        config = build_engine_config(model.base_url, rules)
        process = EngineProcess(opencode_binary, tmp_path / "tree", project, config)
        gated = prepare(process, model, project)
        try:
            start(gated, has_plugin=has_plugin)
            if has_plugin:
                wait_until(GatePresence.objects.filter(reported_at__isnull=False).exists, "the gate's report")
            yield gated
        finally:
            process.stop()
            gated.product.kill()


def describe_test_database() -> str:
    """The database of this test run, as DATABASE_URL."""
    assert connection.vendor == "sqlite", "these tests run once, on SQLite"
    return f"sqlite:///{connection.settings_dict['NAME']}"
