"""An engine's folder on disk, an engine that reads it, and a publisher that a test takes step by step."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from accounts.principal import Principal
from engines.models import Engine
from events.database_threads import DatabaseThread
from relay.opencode.calls import Timeouts
from relay.opencode.client import OpenCodeClient
from releases.controls.interface import ReleaseFile, Trial
from releases.controls.local import LocalControl
from releases.domain.leases import Lease, acquire_lease, release_lease
from releases.domain.publications import publish
from releases.models import Publication
from releases.publisher import Publisher
from tests.factories import make_engine, make_principal, make_team, make_user
from tests.relay.conftest import Desk
from tests.relay.fake_engine import DIRECTORY
from tests.releases.folder_engine import FolderEngine
from tests.releases.make import make_release

T = TypeVar("T")
DEADLINE_S = 30.0
BEFORE_TEXT = '{"$schema":"https://opencode.ai/config.json"}'


class FolderControl(LocalControl):
    """The real one on a real folder; its engine is restarted by the test's own."""

    engine: FolderEngine

    async def restart(self, timeout_s: float = 0.0) -> None:
        self.engine.restart()


@dataclass
class Site:
    """One engine and everything that publishing to it needs."""

    server: FolderEngine
    control: FolderControl
    database: DatabaseThread
    engine: Engine
    approver: Principal
    trials: list[Sequence[ReleaseFile]] = field(default_factory=list)
    trial: Trial = field(default_factory=lambda: Trial(True, ""))

    async def run(self, function: Callable[[], T]) -> T:
        return await self.database.run(function)

    async def queue(self, prompt: str, *, force: bool = False) -> Publication:
        def build() -> Publication:
            release = make_release(self.approver, self.engine, prompt)
            return publish(principal=self.approver, release=release, force=force)

        return await self.run(build)

    async def try_release(self, files: Sequence[ReleaseFile]) -> Trial:
        self.trials.append(files)
        return self.trial

    async def publish(self, prompt: str, *, force: bool = False) -> Publication:
        """Queue it and take it to its end."""
        publication = await self.queue(prompt, force=force)
        await self.finish()
        return await self.load(publication)

    async def finish(self) -> None:
        async with self.publisher() as publisher:
            await asyncio.wait_for(publisher.run(), DEADLINE_S)

    def publisher(self, holder: str = "test") -> PublisherHold:
        return PublisherHold(self, holder)

    async def load(self, publication: Publication) -> Publication:
        return await self.run(lambda: Publication.objects.select_related("release").get(pk=publication.pk))

    async def wait(self, publication: Publication, is_there: Callable[[Publication], bool]) -> Publication:
        deadline_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline_s:
            found = await self.load(publication)
            if is_there(found):
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"not within {DEADLINE_S:g} s: it is {found.state}, {found.waits_for}")

    def read_prompt(self) -> str:
        """What the engine tells its agent now."""
        [agent] = [found for found in self.server.list_agents() if found["name"] == "reviewer"]
        return str(agent["prompt"])


@dataclass
class PublisherHold:
    """A publisher with its lease and its connection, as the worker would have made it."""

    site: Site
    holder: str
    lease: Lease | None = None
    client: OpenCodeClient | None = None

    async def __aenter__(self) -> Publisher:
        site = self.site
        self.lease = await site.database.run(acquire_lease, engine_id=site.engine.pk, holder=self.holder)
        assert self.lease is not None
        self.client = OpenCodeClient(site.server.address, timeouts=Timeouts(connect_s=1.0, call_s=5.0))
        return Publisher(
            site.engine,
            self.lease,
            site.database,
            self.client,
            site.control,
            site.try_release,
            answer_within_s=1.0,
        )

    async def __aexit__(self, *exc: object) -> None:
        assert self.lease is not None
        assert self.client is not None
        await self.client.aclose()
        await self.site.database.run(release_lease, self.lease)


@pytest.fixture
async def site(transactional_db: None, tmp_path: Path) -> AsyncIterator[Site]:
    folder = tmp_path / "config-dir"
    folder.mkdir()
    (folder / "opencode.json").write_text(BEFORE_TEXT)
    database = DatabaseThread("test-publisher")
    try:
        server = FolderEngine(folder=folder)
        async with server.running():
            control = FolderControl(tmp_path)
            control.engine = server
            server.read_folder()

            def register() -> tuple[Engine, Principal]:
                team = make_team()
                engine = make_engine(team, address=server.address, directories=[DIRECTORY])
                return engine, make_principal(make_user(team))

            engine, approver = await database.run(register)
            yield Site(server, control, database, engine, approver)
    finally:
        await database.aclose()


@pytest.fixture
async def desk(transactional_db: None) -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.open()
    yield desk
    await desk.thread.aclose()
