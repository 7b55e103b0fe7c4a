"""From a request to the engine's model and back: what people approved runs there, and nothing else stays."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import pytest
from django.conf import LazySettings

from accounts.enums import Role
from accounts.models import User
from configs.content import EngineDefaultsContent, ModelContent, ProviderContent
from configs.opencode.mcp_rules import name_permission
from engines.enums import EngineControl
from engines.models import Engine
from mcp_servers import worker as prober
from mcp_servers.content import EnvironmentVariable, McpServerContent
from mcp_servers.domain.choices import choose_tools
from mcp_servers.domain.servers import revoke_server
from mcp_servers.models import McpEngineStatus, McpIncident, McpProbe, McpRequest, McpServer
from mcp_servers.sandbox import NoSandbox, find_sandbox
from relay.demo.project import make_project
from relay.demo.scripted_llm import ScriptedModel
from relay.opencode.calls import Call, Timeouts
from relay.opencode.decoding import decode_json
from relay.opencode.errors import EngineUnreachable
from relay.opencode.mcp_calls import McpState, list_mcp_states
from relay.opencode.process import EngineProcess
from releases import worker
from releases.controls.local import LocalControl
from releases.domain.build import build_release
from releases.domain.defaults import save_defaults
from releases.domain.publications import publish
from releases.launcher.countersign_mcp_launch import BASE
from releases.models import Publication
from tests.factories import make_config, make_engine, make_principal, make_user
from tests.mcp_servers.make import approve, ask, make_content
from tests.procedures.making import make_sop
from tests.relay.conftest import Desk, running_relay
from tests.support.availability import skip_missing
from tests.support.engine_lab import EngineLab
from tests.support.mcp_servers import place_fixture, write_argv
from tests.support.mcp_store import KEPT_STORE, make_stock_content

pytestmark = pytest.mark.engine

T = TypeVar("T")
SECRET = "value-of-the-secret-77"
# For what was added behind our back.
SOON_S = 15.0
NOTHING: Mapping[str, str] = MappingProxyType({})
# Of each server from the package indexes, what is switched on.
STOCK_TOOLS = {
    "time": ("get_current_time",),
    "git": ("git_status", "git_log"),
    "fetch": ("fetch",),
    "everything": ("echo", "get-sum"),
    "filesystem": ("read_text_file", "list_directory"),
}


@dataclass(slots=True)
class Office:
    """A team, its engine, and everything that works in a portal."""

    lab: EngineLab
    root: Path
    desk: Desk
    engine: Engine
    editor: User
    approver: User
    folder: Path
    script: Path
    state: Path = field(init=False)

    def __post_init__(self) -> None:
        self.state = self.folder / "state"
        self.state.write_text("1")
        self.state.chmod(0o644)

    async def approve_server(
        self, name: str, behaviour: str, *files: Path, tools: Sequence[str] = (), **values: Any
    ) -> McpServer:
        """One of the fixture's."""
        program, *arguments = write_argv(self.script, behaviour, *files)
        secrets = values.pop("secrets", {})
        content = make_content(name, package=None, program=program, arguments=tuple(arguments), **values)
        return await self.approve(content, tools=tools, secrets=secrets)

    async def approve(
        self, content: McpServerContent, *, tools: Sequence[str] = (), secrets: Mapping[str, str] = NOTHING
    ) -> McpServer:
        """Asked for, checked and probed by the worker, approved by somebody else."""
        request = await self.desk.run(
            lambda: ask(self.engine.team, content, requester=self.editor, secrets=dict(secrets))
        )
        waiting = McpRequest.objects.filter(pk=request.pk, state="needs_review", claimed_by="")
        request = await self.desk.wait(
            waiting.select_related("review").first, f"the review of {content.name}", 120.0
        )

        def decide() -> McpServer:
            assert request.review is not None
            if tools:
                choose_tools(
                    principal=make_principal(self.approver),
                    request_id=request.pk,
                    tools=tools,
                    fingerprint=request.review.content_hash,
                )
            approve(request, self.approver, confirmation=content.name)
            return McpServer.objects.get(pk=request.server_id)

        return await self.desk.run(decide)

    async def publish(self) -> Publication:
        def build() -> Publication:
            principal = make_principal(self.approver)
            return publish(
                principal=principal, release=build_release(principal=principal, engine=self.engine)
            )

        publication = await self.desk.run(build)
        return await self.desk.wait(
            lambda: Publication.objects.filter(pk=publication.pk, ended_at__isnull=False).first(),
            "the publication's end",
            120.0,
        )

    async def list_servers(self) -> dict[str, str]:
        # It answers once its servers have started; to what comes while it starts itself, perhaps never.
        async with self.lab.engine.build_client(Timeouts(call_s=15.0)) as client:
            states: dict[str, McpState] = await list_mcp_states(client, self.lab.directory)
        return {name: state.status for name, state in states.items()}

    async def ask_engine(self, method: str, path: str, body: Any = None) -> Any:
        async with self.lab.engine.build_client() as client:
            call = Call(method, path, self.lab.directory, body=body)
            status, answer = await client.connection.send(call)
        assert status == 200, answer
        return decode_json(answer)

    async def wait_for(self, is_so: Callable[[], Awaitable[bool]], what: str, within_s: float) -> float:
        """How long it took, in seconds."""
        began_s = time.monotonic()
        while not await is_so():
            assert time.monotonic() - began_s < within_s, f"not within {within_s:g} s: {what}"
            await asyncio.sleep(0.1)
        return time.monotonic() - began_s

    async def wait_servers(self, wanted: dict[str, str], within_s: float = SOON_S) -> float:
        async def is_so() -> bool:
            try:
                return await self.list_servers() == wanted
            except EngineUnreachable:
                # It starts again meanwhile.
                return False

        return await self.wait_for(is_so, f"the engine says {wanted}", within_s)

    async def offered(self, *prefixes: str) -> list[str]:
        """The tools of MCP servers that the engine offers to its model in the next turn."""
        async with self.lab.connect() as visitor:
            await visitor.wait_idle(await visitor.prompt("nothing_named"))
        return sorted(
            name for name in self.lab.model.requests[-1].tools if name.startswith(prefixes or ("book",))
        )

    async def guard(self) -> None:
        """Start the engine again whenever it has ended, as whoever runs it does."""
        while True:
            if not self.lab.engine.is_running:
                await self.lab.engine.start()
            await asyncio.sleep(0.05)


def configure(desk: Desk, lab: EngineLab, root: Path, folder: Path) -> Office:
    team = desk.team
    engine = make_engine(
        team,
        address=lab.engine.address,
        username=lab.engine.username,
        password=lab.engine.password,
        directories=[lab.directory],
    )
    Engine.objects.filter(pk=engine.pk).update(control=EngineControl.CHILD, control_folder=str(root / "tree"))
    engine.refresh_from_db()
    editor = make_user(team, Role.EDITOR)
    provider = ProviderContent(
        name="scripted", package="@ai-sdk/openai-compatible", base_url=lab.model.base_url
    )
    make_config(team, provider, "production", author=editor)
    content = ModelContent(
        provider="scripted",
        identifier="scripted-1",
        name="Scripted",
        context_limit_tokens=128_000,
        output_limit_tokens=8_000,
        is_enabled=True,
    )
    model = make_config(team, content, "production", author=editor)
    defaults = EngineDefaultsContent(model=model.pk, small_model=model.pk)
    save_defaults(principal=make_principal(editor), engine=engine, content=defaults, expected_number=0)
    return Office(lab, root, desk, engine, editor, make_user(team), folder, place_fixture(folder))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine may read, as a package's is."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-fixture-")).resolve()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def lab(opencode_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EngineLab, Path]]:
    root = tmp_path_factory.mktemp("engine-with-servers")
    project = root / "project"
    make_project(project)
    with ScriptedModel({}) as model:
        config = {"$schema": "https://opencode.ai/config.json", "permission": {"*": "ask"}}
        engine = EngineProcess(opencode_binary, root / "tree", project, config)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, engine.start()).result()
        try:
            yield EngineLab(engine, model, project), root
        finally:
            engine.stop()


@pytest.fixture
async def office(lab: tuple[EngineLab, Path], desk: Desk, open_folder: Path) -> AsyncIterator[Office]:
    found = await find_sandbox()
    if isinstance(found, NoSandbox):
        skip_missing("sandbox", found.reason)
    office = await desk.run(lambda: configure(desk, *lab, open_folder))
    stop = asyncio.Event()
    tasks = [
        asyncio.create_task(worker.run_publishers(stop)),
        asyncio.create_task(prober.run_prober(stop)),
    ]
    guard = asyncio.create_task(office.guard())
    try:
        async with running_relay():
            await desk.wait_online(office.engine)
            yield office
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 30)
        guard.cancel()
        await asyncio.gather(guard, return_exceptions=True)


def read_environments(word: str) -> list[dict[str, str]]:
    """Of the processes that run the fixture with this as their last argument but the interpreter's own."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = place.read_bytes().split(b"\0")
            if word.encode() in words and b"launch.py" not in b" ".join(words):
                pairs = (place.parent / "environ").read_bytes().split(b"\0")
                found.append(dict(pair.decode().split("=", 1) for pair in pairs if pair))
    return found


async def test_an_engine_runs_exactly_what_was_approved_and_drops_what_was_not(office: Office) -> None:
    await office.approve_server(
        "book",
        "honest",
        office.folder / "marks-the-process",
        tools=["read_page"],
        environment=(
            EnvironmentVariable(name="API_KEY", is_secret=True, is_required=True),
            EnvironmentVariable(name="ZONE", value="Europe/Berlin"),
        ),
        secrets={"API_KEY": SECRET},
    )
    sop = await office.desk.run(
        lambda: make_sop(office.engine.team, office.approver, slug="restore-a-backup")
    )
    published = await office.publish()
    assert (published.state, published.error) == ("live", "")

    # What the engine has, offers to its model, and starts.
    assert await office.list_servers() == {"book": "connected"}
    assert await office.offered() == ["book_read_page"]
    assert read_environments(str(office.folder / "marks-the-process")) == [
        {**BASE, "API_KEY": SECRET, "ZONE": "Europe/Berlin"}
    ]
    skills = {skill["name"]: skill for skill in await office.ask_engine("GET", "/skill")}
    assert sop.slug in skills
    assert skills[sop.slug]["content"].strip().startswith("#")
    # The value is in nobody's arguments, and not in what the engine says of its configuration.
    assert SECRET not in str(await office.ask_engine("GET", "/config"))

    # The server's page says so.
    rows = McpEngineStatus.objects.filter(engine=office.engine, status="connected", wanted="on")
    row = await office.desk.wait(rows.select_related("server").first, "connected")
    assert (row.release_id, row.server.state) == (published.release_id, "active")

    # Somebody with the engine's password adds a server at run time.
    command = list(write_argv(office.script, "honest"))
    sneak = {"name": "booklet", "config": {"type": "local", "command": command}}
    assert (await office.ask_engine("POST", "/mcp", sneak))["booklet"]["status"] == "connected"
    await office.wait_servers({"book": "connected", "booklet": "disabled"})
    incident = await office.desk.wait(McpIncident.objects.filter(name="booklet").first, "an incident", SOON_S)
    assert (incident.kind, incident.action) == ("unknown_server", "It was disconnected.")
    assert await office.offered() == ["book_read_page"]

    # Taken back: at once on the running engine, and from what it reads next.
    def take_back() -> None:
        principal = make_principal(office.approver)
        revoke_server(principal=principal, server_id=row.server_id, reason="It is not needed any more.")

    await office.desk.run(take_back)

    async def is_stopped() -> bool:
        return not read_environments(str(office.folder / "marks-the-process"))

    await office.wait_for(is_stopped, "the server's process is gone", SOON_S)
    await office.wait_servers({}, 60.0)
    kept = office.root / "tree" / "config-dir.releases" / "kept" / "mcp-secrets"

    async def is_forgotten() -> bool:
        return not list(kept.iterdir())

    await office.wait_for(is_forgotten, "its secret is gone from the engine's host", SOON_S)
    assert await office.desk.run(lambda: McpIncident.objects.exclude(name="booklet").count()) == 0


async def test_a_server_with_another_text_at_its_second_start_is_caught_and_switched_off(
    office: Office,
) -> None:
    server = await office.approve_server("bookshop", "rug_pull", office.state)
    assert (await office.publish()).state == "live"
    await office.wait_servers({"bookshop": "connected"})

    office.state.write_text("2")
    await LocalControl(office.root / "tree").restart()
    drifted = McpServer.objects.filter(pk=server.pk, state="drifted")
    found = await office.desk.wait(drifted.first, "the drift", 60.0)
    assert "read_page" in found.state_reason
    probe = await office.desk.run(
        lambda: McpProbe.objects.filter(server=server, state="done").exclude(changes=[])[0]
    )
    assert [(item["kind"], item["name"], item["change"]) for item in probe.changes] == [
        ("tool", "read_page", "changed")
    ]
    # Off by a release of our own, and nobody's fault but its own.
    await office.wait_servers({}, 60.0)
    assert await office.offered() == []
    assert await office.desk.run(McpIncident.objects.count) == 0


async def test_what_a_project_brings_along_is_not_started(office: Office) -> None:
    command = list(write_argv(office.script, "honest", office.folder / "of-the-project"))
    config = office.lab.project / "opencode.json"
    config.write_text(json.dumps({"mcp": {"bookcase": {"type": "local", "command": command}}}))
    try:
        assert (await office.publish()).state == "live"
        assert await office.list_servers() == {}
        assert read_environments(str(office.folder / "of-the-project")) == []
    finally:
        config.unlink()


async def test_servers_from_the_package_indexes_run_with_exactly_the_tools_that_were_approved(
    office: Office, settings: LazySettings
) -> None:
    settings.COUNTERSIGN_MCP_STORE = KEPT_STORE
    for name, tools in STOCK_TOOLS.items():
        arguments = (str(office.folder),) if name == "filesystem" else ()
        server = await office.approve(make_stock_content(name, arguments=arguments), tools=tools)
        assert server.state == "approved"
    published = await office.publish()
    assert (published.state, published.error) == ("live", "")
    await office.wait_servers(dict.fromkeys(STOCK_TOOLS, "connected"), 60.0)
    expected = [name_permission(name, tool) for name, tools in STOCK_TOOLS.items() for tool in tools]
    assert await office.offered(*(f"{name}_" for name in STOCK_TOOLS)) == sorted(expected)
    rows = McpServer.objects.filter(team=office.engine.team, state="active")
    await office.desk.wait(lambda: rows.count() == len(STOCK_TOOLS), "all are active")
