"""kill -9 of the portal in every step of a publication to a real engine: the old release or the new one."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.principal import Principal
from engines.enums import EngineControl
from engines.models import Engine
from relay.demo.project import make_project
from relay.opencode.process import EngineProcess
from relay.opencode.process_tree import end_recorded_process
from releases.config_agent.countersign_config_agent import digest_files
from releases.controls.local import LocalControl
from releases.domain.publications import publish
from releases.engine_calls import dispose, read_running
from releases.enums import PublicationState
from releases.models import Publication, PublishLease, Release
from tests.crash.conftest import System, describe_test_database, run_async, wait_until
from tests.factories import make_engine, make_principal, make_team, make_user
from tests.releases.make import make_release

pytestmark = [pytest.mark.engine, pytest.mark.slow]

DEADLINE_S = 120.0
POLL_S = 0.001
QUIET = {"$schema": "https://opencode.ai/config.json", "permission": {"*": "ask"}}


@pytest.fixture(scope="module")
def process(opencode_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    root = tmp_path_factory.mktemp("killed")
    project = root / "project"
    make_project(project)
    process = EngineProcess(opencode_binary, root / "tree", project, QUIET)
    run_async(process.start)
    yield process
    process.stop()


@dataclass
class Site:
    """An engine that runs the release `old`, and the portal that publishes to it."""

    process: EngineProcess
    engine: Engine
    approver: Principal
    old: Release
    system: System
    trials: Path

    def find_shown(self, *releases: Release) -> list[Release]:
        """Those whose files are exactly what the engine's folder shows."""
        digests = LocalControl(self.process.root).folder.read_digests()
        return [release for release in releases if digest_files(release.file_pairs) == digests]

    def read_prompt(self) -> str:
        """What the engine says it tells its agent."""

        async def read() -> str:
            async with self.process.build_client() as client:
                [running] = await read_running(client, self.engine.directories)
            [prompt] = [agent["prompt"] for agent in running.agents if agent["name"] == "reviewer"]
            return str(prompt)

        return str(run_async(read))

    def kill_in(self, publication: Publication, state: str) -> bool:
        """Kill the portal in this step; False when the publication has passed it unseen."""
        assert self.system.portal is not None
        process = self.system.portal.process
        deadline_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline_s:
            if self.is_in(publication, state):
                process.send_signal(signal.SIGSTOP)
                os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
                if self.is_in(publication, state):
                    self.system.kill("portal")
                    return True
                process.send_signal(signal.SIGCONT)
            if publication.is_finished:
                return False
            time.sleep(POLL_S)
        raise AssertionError(f"not within {DEADLINE_S:g} s: the step {state}; it is {publication.state}")

    def is_in(self, publication: Publication, state: str) -> bool:
        """Trying begins with the throwaway engine's process, which the dead portal then leaves behind."""
        publication.refresh_from_db()
        is_begun = publication.state != "trying" or any(self.trials.glob("*/process.pid"))
        return publication.state == state and is_begun


@pytest.fixture
def site(process: EngineProcess, transactional_db: None, tmp_path: Path) -> Iterator[Site]:
    team = make_team()
    engine = make_engine(
        team,
        address=process.address,
        username=process.username,
        password=process.password,
        directories=[str(process.project)],
    )
    engine.control, engine.control_folder = EngineControl.CHILD, str(process.root)
    engine.save()
    approver = make_principal(make_user(team))
    environment = {
        "DATABASE_URL": describe_test_database(),
        "COUNTERSIGN_BIND": "127.0.0.1:0",
        "COUNTERSIGN_DATA_DIR": str(tmp_path),
        "COUNTERSIGN_KEYS_FILE": str(settings.COUNTERSIGN_KEYS_FILE),
    }
    system = System(is_one_process=True, token="", environment=environment)
    old = make_release(approver, engine, "The old prompt.")
    make_live(process, approver, old)
    system.start("portal")
    try:
        yield Site(process, engine, approver, old, system, tmp_path / "trials")
    finally:
        system.stop()
        for trial in tmp_path.glob("trials/*"):
            end_recorded_process(trial)


def make_live(process: EngineProcess, approver: Principal, release: Release) -> None:
    """As if it had been published."""

    async def show() -> None:
        control = LocalControl(process.root)
        await control.stage(release.content_hash, release.file_pairs)
        await control.swap(release.content_hash)
        async with process.build_client() as client:
            await dispose(client, release.engine.directories)

    run_async(show)
    publication = publish(principal=approver, release=release)
    rows = Publication.objects.filter(pk=publication.pk)
    rows.update(state=PublicationState.LIVE, ended_at=timezone.now())


# In each step, what the engine's folder may show.
MAY_SHOW = {
    "trying": ["old"],
    "staging": ["old"],
    "waiting": ["old"],
    "swapping": ["old", "new"],
    "disposing": ["new"],
    "reading_back": ["new"],
}


@pytest.mark.parametrize("state", MAY_SHOW)
def test_a_portal_that_dies_in_a_publication_leaves_one_release_and_finishes_when_it_is_back(
    site: Site, state: str
) -> None:
    for prompt in (f"New prompt {number}." for number in itertools.count(1)):
        new = make_release(site.approver, site.engine, prompt)
        publication = publish(principal=site.approver, release=new)
        if site.kill_in(publication, state):
            break
        # The step was over before it was seen: the next release has to take it too.
        site.old = new
    [shown] = site.find_shown(site.old, new)
    assert ("new" if shown == new else "old") in MAY_SHOW[state]

    # Its lease runs out in no time, instead of in twelve seconds.
    PublishLease.objects.update(expires_at=timezone.now())
    site.system.start("portal")

    def is_over() -> bool:
        publication.refresh_from_db()
        return publication.is_finished

    wait_until(is_over, "the publication's end", DEADLINE_S)
    assert (publication.state, publication.error) == ("live", "")
    assert (site.find_shown(site.old, new), site.read_prompt()) == ([new], prompt)
    # Nor does the throwaway engine of the dead portal live on.
    assert list(site.trials.iterdir()) == []
