"""A worker of a web process, and servers with bad habits that it is asked to look at."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.conf import LazySettings

from accounts.enums import Role
from accounts.models import Team, User
from events.database_threads import DatabaseThread
from mcp_servers import worker
from mcp_servers.content import McpServerContent
from mcp_servers.models import McpCheck, McpProbe, McpRequest, McpServer
from mcp_servers.sandbox import NoSandbox, find_sandbox
from tests.factories import make_team, make_user
from tests.mcp_servers.make import approve, ask, make_content
from tests.support.availability import skip_missing
from tests.support.mcp_servers import place_fixture, write_argv

T = TypeVar("T")
WITHIN_S = 60.0
_numbers = itertools.count(1)


@pytest.fixture
async def sandbox() -> None:
    found = await find_sandbox()
    if isinstance(found, NoSandbox):
        skip_missing("sandbox", found.reason)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine may read, as a package's is."""
    # No random letters: they would look like a secret in an argument.
    folder = Path(tempfile.gettempdir()).resolve() / f"mcp-fixture-{os.getpid()}-{next(_numbers)}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


@dataclass(slots=True)
class Site:
    """A team with an editor who asks and an approver who decides, and a worker."""

    team: Team
    editor: User
    approver: User
    script: Path
    thread: DatabaseThread

    async def run(self, function: Callable[..., T], *args: Any, **values: Any) -> T:
        return await self.thread.run(function, *args, **values)

    def describe(self, behaviour: str, *files: Path, **values: Any) -> McpServerContent:
        program, *arguments = write_argv(self.script, behaviour, *files)
        return make_content(package=None, program=program, arguments=tuple(arguments), **values)

    async def ask(self, content: McpServerContent, **values: Any) -> McpRequest:
        return await self.run(ask, self.team, content, requester=self.editor, **values)

    async def approve(self, request: McpRequest) -> McpServer:
        await self.run(approve, request, self.approver, request.server.name)
        return await self.run(McpServer.objects.select_related("approval").get, pk=request.server_id)

    async def wait(self, request: McpRequest, state: str = "needs_review") -> McpRequest:
        """As it is once it is in that state and nobody works on it."""

        def load() -> McpRequest | None:
            rows = McpRequest.objects.select_related("server", "probe", "review")
            return rows.filter(pk=request.pk, state=state, claimed_by="").first()

        return await self.wait_for(load)

    async def wait_probe(self, probe: McpProbe) -> McpProbe:
        def load() -> McpProbe | None:
            rows = McpProbe.objects.select_related("server")
            return rows.filter(pk=probe.pk, ended_at__isnull=False).first()

        return await self.wait_for(load)

    async def wait_for(self, load: Callable[[], T | None]) -> T:
        async with asyncio.timeout(WITHIN_S):
            while (found := await self.run(load)) is None:
                await asyncio.sleep(0.05)
        return found

    async def list_checks(self, request: McpRequest) -> dict[str, tuple[str, str]]:
        """{name: (outcome, severity)} of the latest run."""

        def load() -> dict[str, tuple[str, str]]:
            current = McpRequest.objects.get(pk=request.pk)
            rows = McpCheck.objects.filter(request=current, run=current.run)
            return {row.name: (row.outcome, row.severity) for row in rows}

        return await self.run(load)


@pytest.fixture
async def site(
    transactional_db: None, open_folder: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    monkeypatch.setattr(worker, "LOOK_EVERY_S", 0.05)
    settings.COUNTERSIGN_MCP_PROGRAMS = []
    thread = DatabaseThread("test")
    script = place_fixture(open_folder)

    def prepare() -> Site:
        team = make_team()
        return Site(team, make_user(team, Role.EDITOR), make_user(team), script, thread)

    yield await thread.run(prepare)
    await thread.aclose()


@contextlib.asynccontextmanager
async def working() -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run_prober(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)
