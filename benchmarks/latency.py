"""Engine to listener, and decision to engine: `python -m benchmarks.latency [--rounds 30]`.

The product as `manage.py up` starts it (one process, SQLite with full flushes), a real engine, a scripted
model. Times of the engine are those it stamps into its event ids, to the millisecond. The share spent in our
code is what is left after the engine's own: for an event, how long it takes to reach any client that listens
to the engine; for a decision, the same three calls made directly in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import orjson

if TYPE_CHECKING:
    from relay.opencode.client import OpenCodeClient
    from relay.opencode.process import EngineProcess

ROOT = Path(__file__).resolve().parent.parent
GOAL_MS = 50.0
WAIT_S = 60.0
WARM_UP = 3
LISTENING = re.compile(rb"Countersign is at http://127\.0\.0\.1:(\d+)/")
COMMAND = "true"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="requests measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "COUNTERSIGN_DATA_DIR": f"{folder}/data",
            "COUNTERSIGN_KEYS_FILE": f"{folder}/keys/countersign.keys",
            "COUNTERSIGN_BIND": "127.0.0.1:0",
            "COUNTERSIGN_LOG_LEVEL": "WARNING",
            "DATABASE_URL": "",
            "REDIS_URL": "",
        }
        import django

        django.setup()
        from deploy.bootstrap import opencode_binary

        binary = opencode_binary()
        if binary is None:
            print("NOT RUN: there is no OpenCode engine; `make bench` says why it could not be fetched.")
            return 0
        return asyncio.run(measure(Path(folder), binary, options.rounds))


@dataclass
class Figures:
    """Milliseconds, one entry for each round."""

    heard: list[float] = field(default_factory=list)
    created: list[float] = field(default_factory=list)
    sealed: list[float] = field(default_factory=list)
    decided: list[float] = field(default_factory=list)
    direct: list[float] = field(default_factory=list)
    ruled: list[float] = field(default_factory=list)


async def measure(folder: Path, binary: Path, rounds: int) -> int:
    from relay.demo.project import PERMISSION, make_project
    from relay.demo.scenarios import Say, Use
    from relay.demo.scripted_llm import ScriptedModel, build_engine_config
    from relay.opencode.process import EngineProcess

    project = folder / "project"
    make_project(project)
    figures = Figures()
    with ScriptedModel({"bench": lambda _turn: [Use.shell(COMMAND), Say("Done.")]}) as model:
        config = build_engine_config(model.base_url, PERMISSION)
        engine = EngineProcess(binary, folder / "engine", project, config)
        await engine.start()
        try:
            async with engine.build_client() as client, listening_to_engine(client) as heard:
                agent = Agent(client, str(project), heard)
                for number in range(WARM_UP + rounds):
                    await answer_directly(agent, figures if number >= WARM_UP else Figures())
                async with running_product(engine, project) as site:
                    for number in range(WARM_UP + rounds):
                        await answer_through_product(agent, site, figures if number >= WARM_UP else Figures())
                    await asyncio.to_thread(let_a_rule_answer, project)
                    for number in range(WARM_UP + rounds):
                        await answer_by_rule(agent, figures if number >= WARM_UP else Figures())
        finally:
            await engine.stop_async()
    return report(figures, rounds)


# The engine, as any client of it sees it


@dataclass
class Heard:
    """Frames of the engine's stream: (kind, request id) → (when it was stamped, when it came), in seconds."""

    asks: dict[str, Any] = field(default_factory=dict)
    times: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    idle: set[str] = field(default_factory=set)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def wait(self, condition: Callable[[], Any]) -> Any:
        async with asyncio.timeout(WAIT_S), self.changed:
            await self.changed.wait_for(condition)
        return condition()


@contextlib.asynccontextmanager
async def listening_to_engine(client: OpenCodeClient) -> AsyncIterator[Heard]:
    from relay.opencode.frames import PermissionAsked, PermissionReplied, ServerConnected, SessionIdle
    from relay.opencode.stream import follow

    heard = Heard()
    greeted = asyncio.Event()

    async def listen() -> None:
        async with contextlib.aclosing(follow(client)) as frames:
            async for frame in frames:
                came_at = time.time()
                async with heard.changed:
                    if isinstance(frame, ServerConnected):
                        greeted.set()
                    elif isinstance(frame, PermissionAsked):
                        heard.asks[frame.ask.session_id] = frame.ask
                        heard.times["asked", frame.ask.id] = (read_stamp(frame.event_id), came_at)
                    elif isinstance(frame, PermissionReplied):
                        heard.times["replied", frame.request_id] = (read_stamp(frame.event_id), came_at)
                    elif isinstance(frame, SessionIdle):
                        heard.idle.add(frame.session_id)
                    heard.changed.notify_all()

    listener = asyncio.create_task(listen())
    await asyncio.wait_for(greeted.wait(), WAIT_S)
    try:
        yield heard
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


def read_stamp(event_id: str) -> float:
    """Seconds: an event id begins with the low 48 bits of milliseconds times 4096, plus a counter."""
    stamped_ms = int(event_id.partition("_")[2][:12], 16) // 4096
    now_ms = int(time.time() * 1000)
    span_ms = 2**48 // 4096
    return (now_ms - (now_ms - stamped_ms) % span_ms) / 1000


@dataclass
class Agent:
    """The scripted agent: each prompt asks for one command in a session of its own."""

    client: OpenCodeClient
    directory: str
    heard: Heard

    async def ask(self) -> Any:
        session = await self.client.create_session(self.directory, title="Benchmark")
        await self.client.prompt_async(self.directory, session.id, "Please. [bench]")
        return await self.heard.wait(lambda: self.heard.asks.get(session.id))

    async def wait_replied(self, ask: Any) -> float:
        """When the engine says that the request was answered."""
        stamped_at, _ = await self.heard.wait(lambda: self.heard.times.get(("replied", ask.id)))
        await self.heard.wait(lambda: ask.session_id in self.heard.idle)
        return float(stamped_at)


async def answer_directly(agent: Agent, figures: Figures) -> None:
    """The calls that the relay makes for an approval, without the product."""
    ask = await agent.ask()
    started_at = time.time()
    await agent.client.session_status(agent.directory)
    await agent.client.get_message(agent.directory, ask.session_id, ask.tool.message_id)
    await agent.client.reply_permission(agent.directory, ask.id, "once")
    figures.direct.append((await agent.wait_replied(ask) - started_at) * 1000)


# The product


@dataclass
class Site:
    address: str
    token: str
    times: dict[tuple[str, str], float]
    changed: asyncio.Condition

    async def wait(self, kind: str, request_id: str) -> float:
        async with asyncio.timeout(WAIT_S), self.changed:
            await self.changed.wait_for(lambda: (kind, request_id) in self.times)
        return self.times[kind, request_id]


async def answer_through_product(agent: Agent, site: Site, figures: Figures) -> None:
    ask = await agent.ask()
    row = await asyncio.to_thread(find_row, ask.id)
    created_at = await site.wait("permission_request.created", row["id"])
    sealed_at = await site.wait("permission_request.sealed", row["id"])
    stamped_at, came_at = agent.heard.times["asked", ask.id]
    figures.heard.append((came_at - stamped_at) * 1000)
    figures.created.append((created_at - stamped_at) * 1000)
    figures.sealed.append((sealed_at - stamped_at) * 1000)
    fingerprint = (await asyncio.to_thread(find_row, ask.id))["fingerprint"]
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {site.token}"}) as http:
        started_at = time.time()
        path = f"/api/v1/permission-requests/{row['id']}/approve/"
        answer = await http.post(site.address + path, json={"fingerprint": fingerprint})
        assert answer.status_code == 200, answer.text
    figures.decided.append((await agent.wait_replied(ask) - started_at) * 1000)


async def answer_by_rule(agent: Agent, figures: Figures) -> None:
    """From the engine's own stamp on the request to its stamp on the answer; nobody is asked."""
    ask = await agent.ask()
    replied_at = await agent.wait_replied(ask)
    asked_at, _ = agent.heard.times["asked", ask.id]
    figures.ruled.append((replied_at - asked_at) * 1000)


def let_a_rule_answer(project: Path) -> None:
    """A rule that allows the command in this project, and an owner's word that no gate is needed here."""
    from django.db import connection

    from accounts.domain.users import create_user
    from accounts.models import Team, User
    from accounts.principal import Principal
    from engines.models import Engine
    from events.actors import Door, build_command_actor
    from governance.domain.gate_access import waive_gate
    from governance.domain.rules import save_rule
    from governance.rule_drafts import RuleDraft

    actor = build_command_actor("benchmark")
    owner = create_user(actor=actor, username="owner", is_superuser=True)
    waive_gate(principal=Principal(owner, Door.TASK), engine=Engine.objects.get(), reason="A benchmark.")
    ada = Principal(User.objects.get(username="ada"), Door.TASK)
    draft = RuleDraft(name="Bench", value=COMMAND, effect="allow", directory=str(project))
    rule = save_rule(principal=ada, team=Team.objects.get(), draft=draft, activate=True)
    assert rule.is_active, rule.state
    connection.close()


def find_row(request_id: str) -> dict[str, Any]:
    """The request's row, once it is sealed."""
    from django.db import connection

    from governance.models import PermissionRequest

    deadline = time.monotonic() + WAIT_S
    try:
        while time.monotonic() < deadline:
            row = (
                PermissionRequest.objects.filter(engine_request_id=request_id, sealed_at__isnull=False)
                .values("id", "fingerprint")
                .first()
            )
            if row is not None:
                return dict(row)
            time.sleep(0.02)
    finally:
        connection.close()
    raise AssertionError("the request did not come")


@contextlib.asynccontextmanager
async def running_product(engine: EngineProcess, project: Path) -> AsyncIterator[Site]:
    token = await asyncio.to_thread(set_up, engine, project)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "manage.py", "up", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        port = await asyncio.wait_for(read_port(process), WAIT_S)
        # The hub runs when the relay has told its first news.
        await asyncio.to_thread(wait_online)
        async with listening_to_product(port, token) as (times, changed):
            yield Site(f"http://127.0.0.1:{port}", token, times, changed)
    finally:
        process.terminate()
        await process.wait()


async def read_port(process: asyncio.subprocess.Process) -> int:
    assert process.stdout is not None
    async for line in process.stdout:
        found = LISTENING.search(line)
        if found:
            return int(found[1])
    raise AssertionError("the server did not start")


def set_up(engine: EngineProcess, project: Path) -> str:
    """A team with its engine and one person; returns the person's token."""
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from accounts.domain.teams import add_member, create_team
    from accounts.domain.tokens import create_token
    from accounts.domain.users import create_user
    from accounts.enums import Role, Scope
    from accounts.models import Team
    from engines.domain.registry import register_engine
    from events.actors import build_command_actor
    from events.keyring import make_keys_file

    make_keys_file(Path(os.environ["COUNTERSIGN_KEYS_FILE"]))
    call_command("migrate", verbosity=0)
    actor = build_command_actor("benchmark")
    team = create_team(actor=actor, name="Bench")
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    user = create_user(actor=actor, username="ada")
    add_member(actor=actor, team=team, user=user, role=Role.APPROVER)
    register_engine(
        actor=actor,
        team=team,
        name="engine",
        address=engine.address,
        username=engine.username,
        password=engine.password,
        directories=[str(project)],
    )
    scopes: list[str] = [Scope.REQUESTS_READ, Scope.REQUESTS_DECIDE, Scope.EVENTS_READ]
    ends = timezone.now() + timedelta(hours=1)
    made = create_token(actor=actor, user=user, name="bench", scopes=scopes, expires_at=ends)
    connection.close()
    return made.secret


def wait_online() -> None:
    from django.db import connection

    from engines.models import Engine

    deadline = time.monotonic() + WAIT_S
    while not Engine.objects.filter(state="online").exists():
        assert time.monotonic() < deadline, "the engine did not come online"
        time.sleep(0.05)
    connection.close()


@contextlib.asynccontextmanager
async def listening_to_product(
    port: int, token: str
) -> AsyncIterator[tuple[dict[tuple[str, str], float], asyncio.Condition]]:
    """A websocket on /ws/events/: (kind, subject) → when its event came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = [
        "GET /ws/events/?topics=requests HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
        "Sec-WebSocket-Version: 13",
        f"Authorization: Bearer {token}",
    ]
    writer.write("\r\n".join([*head, "", ""]).encode())
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WAIT_S)
    assert answer.startswith(b"HTTP/1.1 101"), answer
    ready = await asyncio.wait_for(read_frame(reader), WAIT_S)
    assert ready["type"] == "ready", ready
    times: dict[tuple[str, str], float] = {}
    changed = asyncio.Condition()

    async def listen() -> None:
        while True:
            frame = await read_frame(reader)
            came_at = time.time()
            if frame.get("type") == "event":
                async with changed:
                    times.setdefault((frame["kind"], frame["subject"]["id"]), came_at)
                    changed.notify_all()
                send_text(writer, orjson.dumps({"ack": frame["seq"]}))

    listener = asyncio.create_task(listen())
    try:
        yield times, changed
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
        writer.close()


async def read_frame(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next text frame; others count as empty."""
    opcode, length = await reader.readexactly(2)
    if length == 126:
        length = int.from_bytes(await reader.readexactly(2))
    payload = await reader.readexactly(length)
    frame: dict[str, Any] = json.loads(payload) if opcode & 0x0F == 1 else {}
    return frame


def send_text(writer: asyncio.StreamWriter, payload: bytes) -> None:
    """A masked frame; the mask is zero, which is allowed."""
    writer.write(bytes([0x81, 0x80 | len(payload)]) + bytes(4) + payload)


# The report


def report(figures: Figures, rounds: int) -> int:
    """Print medians; returns 1 when one misses its goal."""
    heard, created, sealed = (middle(values) for values in (figures.heard, figures.created, figures.sealed))
    decided, direct = middle(figures.decided), middle(figures.direct)
    print(f"medians of {rounds} rounds, milliseconds (p90)")
    print(f"{'event at the engine -> message at a listener':<48}{show(figures.created)}")
    print(f"{'  of which until any client of the engine has it':<48}{show(figures.heard)}")
    print(f"{'  ours':<48}{created - heard:8.1f}  = {share(created - heard, created)}")
    print(f"{'  until it can be approved (sealed)':<48}{show(figures.sealed)}")
    print(f"{'decision (API call) -> answered at the engine':<48}{show(figures.decided)}")
    print(f"{'  of which the same calls made directly':<48}{show(figures.direct)}")
    print(f"{'  ours':<48}{decided - direct:8.1f}  = {share(decided - direct, decided)}")
    print(f"{'request -> answered by a rule, at the engine':<48}{show(figures.ruled)}")
    print(f"{'  in calls made directly':<48}{middle(figures.ruled) / direct:8.1f}")
    missed = [name for name, value in (("event", created), ("decision", decided)) if value >= GOAL_MS]
    goal = f"goal: both medians under {GOAL_MS:g} ms"
    print(f"{goal}: MISSED for {', '.join(missed)}" if missed else f"{goal}: met", f"(sealed {sealed:.1f})")
    return 1 if missed else 0


def middle(values: Sequence[float]) -> float:
    return statistics.median(values)


def show(values: Sequence[float]) -> str:
    return f"{middle(values):8.1f}  ({sorted(values)[int(len(values) * 0.9)]:.1f})"


def share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole else "-"


if __name__ == "__main__":
    sys.exit(main())
