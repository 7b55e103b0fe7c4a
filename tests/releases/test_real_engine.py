"""From a label to the model: what is released is what the real engine's next request carries, and back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from accounts.enums import Role
from accounts.principal import Principal
from configs.content import (
    AgentContent,
    EngineDefaultsContent,
    ModelContent,
    PromptContent,
    ProviderContent,
    ToolRule,
    ToolRulesContent,
)
from engines.enums import EngineControl
from engines.models import Engine
from events.models import Event
from relay.demo.project import make_project
from relay.demo.scripted_llm import ModelRequest, ScriptedModel
from relay.opencode.process import EngineProcess
from releases import worker
from releases.controls.interface import Trial
from releases.domain.build import Draft, build_release, store_release
from releases.domain.defaults import save_defaults
from releases.domain.drift import CHECK_EVERY
from releases.domain.publications import publish, rollback
from releases.enums import DriftState
from releases.models import Drift, Publication, Release
from tests.factories import change_config, make_config, make_engine, make_principal, make_user
from tests.relay.conftest import Desk
from tests.support.engine_lab import EngineLab

pytestmark = pytest.mark.engine

PROVIDERS = ("first", "second")


@dataclass(slots=True)
class Site:
    """A real engine of ours, and two providers of models, so that it shows which model was asked."""

    lab: EngineLab
    models: dict[str, ScriptedModel]
    root: Path

    def count(self) -> dict[str, int]:
        return {name: len(model.requests) for name, model in self.models.items()}

    def last(self, provider: str) -> ModelRequest:
        return self.models[provider].requests[-1]

    async def guard(self) -> None:
        """Start the engine again whenever it has ended, as whoever runs it does."""
        while True:
            if not self.lab.engine.is_running:
                await self.lab.engine.start()
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def real(opencode_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("released-engine")
    project = root / "project"
    make_project(project)
    with contextlib.ExitStack() as stack:
        models = {name: stack.enter_context(ScriptedModel({})) for name in PROVIDERS}
        config = {"$schema": "https://opencode.ai/config.json", "permission": {"*": "ask"}}
        engine = EngineProcess(opencode_binary, root / "tree", project, config)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, engine.start()).result()
        stack.callback(engine.stop)
        yield Site(EngineLab(engine, models["first"], project), models, root / "tree")


@dataclass(slots=True)
class Office:
    """Everything a team has configured, and the person who publishes it."""

    site: Site
    desk: Desk
    engine: Engine
    editor: Principal
    approver: Principal
    prompt: Any
    agent: Any
    models: dict[str, Any]

    async def publish(self) -> Publication:
        def build() -> Publication:
            release = build_release(principal=self.approver, engine=self.engine)
            return publish(principal=self.approver, release=release)

        return await self.settle(await self.desk.run(build))

    async def settle(self, publication: Publication) -> Publication:
        def find() -> Publication | None:
            found = Publication.objects.select_related("release").get(pk=publication.pk)
            return found if found.is_finished else None

        return await self.desk.wait(find, "the publication's end", 120.0)

    async def ask_model(self) -> tuple[str, str]:
        """(which provider was asked, what its agent is told) of the next turn."""
        before = self.site.count()
        async with self.site.lab.connect() as visitor:
            await visitor.wait_idle(await visitor.prompt("nothing_named"))
        [provider] = [name for name, count in self.site.count().items() if count > before[name]]
        return provider, self.site.last(provider).system_prompt


def configure(site: Site, desk: Desk) -> Office:
    lab, team = site.lab, desk.team
    engine = make_engine(
        team,
        address=lab.engine.address,
        username=lab.engine.username,
        password=lab.engine.password,
        directories=[lab.directory],
    )
    Engine.objects.filter(pk=engine.pk).update(control=EngineControl.CHILD, control_folder=str(site.root))
    engine.refresh_from_db()
    label = "production"
    editor = make_user(team, Role.EDITOR)
    models = {}
    for name in PROVIDERS:
        content = ProviderContent(
            name=name, package="@ai-sdk/openai-compatible", base_url=site.models[name].base_url
        )
        make_config(team, content, label, author=editor)
        models[name] = make_config(
            team,
            ModelContent(
                provider=name,
                identifier="scripted-1",
                name=f"The {name}",
                context_limit_tokens=128_000,
                output_limit_tokens=8_000,
                is_enabled=True,
            ),
            label,
            author=editor,
        )
    rules = ToolRulesContent(rules=(ToolRule("read", "*", "allow"),))
    make_config(team, rules, label, author=editor)
    prompt = make_config(team, PromptContent(name="Builder", body="You are the first."), label, author=editor)
    agent = make_config(
        team,
        AgentContent(
            name="build", description="Builds.", mode="primary", prompt=prompt.pk, model=models["first"].pk
        ),
        label,
        author=editor,
    )
    principal = make_principal(editor)
    defaults = EngineDefaultsContent(model=models["first"].pk, small_model=models["first"].pk)
    save_defaults(principal=principal, engine=engine, content=defaults, expected_number=0)
    return Office(site, desk, engine, principal, desk.reviewer, prompt, agent, models)


@pytest.fixture
async def office(real: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    stop = asyncio.Event()
    office = await desk.run(lambda: configure(real, desk))
    running = asyncio.create_task(worker.run_publishers(stop))
    guard = asyncio.create_task(real.guard())
    try:
        yield office
    finally:
        stop.set()
        await asyncio.wait_for(running, 30)
        guard.cancel()
        await asyncio.gather(guard, return_exceptions=True)


async def test_the_next_request_to_the_model_carries_what_was_released_and_after_a_rollback_the_old(
    office: Office,
) -> None:
    first = await office.publish()
    assert (first.state, first.error) == ("live", "")
    provider, system = await office.ask_model()
    assert (provider, "You are the first." in system) == ("first", True)

    def edit() -> None:
        change_config(office.prompt, PromptContent(name="Builder", body="You are the second."), "production")
        content = AgentContent(
            name="build",
            description="Builds.",
            mode="primary",
            prompt=office.prompt.pk,
            model=office.models["second"].pk,
        )
        change_config(office.agent, content, "production")

    await office.desk.run(edit)
    # Labels alone change nothing in the engine.
    assert (await office.ask_model())[0] == "first"
    second = await office.publish()
    assert (second.state, second.error) == ("live", "")
    provider, system = await office.ask_model()
    assert (provider, "You are the second." in system, "You are the first." in system) == (
        "second",
        True,
        False,
    )

    back = await office.settle(
        await office.desk.run(lambda: rollback(principal=office.approver, engine=office.engine))
    )
    assert (back.state, back.release.number) == ("live", first.release.number)
    provider, system = await office.ask_model()
    assert (provider, "You are the first." in system, "You are the second." in system) == (
        "first",
        True,
        False,
    )


def break_release(release: Release) -> Draft:
    """The same files, but one agent has a mode that the engine does not know: the engine then refuses all."""
    files = [
        (path, text.replace("mode: primary", "mode: sandbox_agent") if path == "agent/build.md" else text)
        for path, text in release.file_pairs
    ]
    assert files != release.file_pairs
    return Draft(tuple(files), {**release.inputs, "broken": True}, ())


async def test_what_the_engine_refuses_never_reaches_it_or_is_rolled_back_by_itself(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = await office.publish()
    assert good.state == "live"

    def publish_broken() -> Publication:
        draft = break_release(good.release)
        broken = store_release(actor=office.approver.actor, engine=office.engine, draft=draft, note="")
        return publish(principal=office.approver, release=broken)

    # The schema of the engine's version refuses it.
    invalid = await office.settle(await office.desk.run(publish_broken))
    assert invalid.state == "failed"
    assert invalid.error.startswith("The release is not valid. ")

    # Were the schema to let it through, a throwaway engine refuses it, and this one goes on.
    monkeypatch.setattr("releases.publisher.explain_invalid", lambda _release: "")
    refused = await office.settle(await office.desk.run(publish_broken))
    assert refused.state == "failed"
    assert refused.error.startswith("A throwaway engine refused it, so the engine never saw it.\n")
    assert "sandbox_agent" in refused.error or "mode" in refused.error
    assert "You are the first." in (await office.ask_model())[1]

    # Where none is at hand, the engine refuses it, is restarted, and runs the last good one.
    async def no_binary(*_: Any) -> Trial:
        return Trial(False, "", "There is no OpenCode binary on this host.")

    monkeypatch.setattr(worker, "try_release", no_binary)
    pid = office.site.lab.engine.pid
    rolled_back = await office.settle(await office.desk.run(publish_broken))
    assert rolled_back.state == "rolled_back"
    assert rolled_back.error.startswith("The engine refused it.\n")
    assert "mode" in rolled_back.error
    assert office.site.lab.engine.pid != pid
    assert "You are the first." in (await office.ask_model())[1]


async def test_a_file_that_is_changed_by_hand_shows_as_drift_and_ends_when_it_is_taken_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("releases.domain.drift.CHECK_EVERY", CHECK_EVERY / 600)
    monkeypatch.setattr(worker, "LOOK_FOR_DRIFT_EVERY_S", 0.1)
    assert (await office.publish()).state == "live"
    await office.desk.wait(lambda: find_drift(office, DriftState.SAME), "as released")
    place = office.site.root / "config-dir" / "agent" / "build.md"
    text = place.read_text()
    folder = place.resolve().parent
    folder.chmod(0o755)
    place.resolve().chmod(0o644)
    place.write_text(text.replace("You are the first.", "You are nobody."))
    drift = await office.desk.wait(lambda: find_drift(office, DriftState.DIFFERENT), "a difference")
    assert [row["path"] for row in drift.differences] == ["file agent/build.md"]
    place.write_text(text)
    await office.desk.wait(lambda: find_drift(office, DriftState.SAME), "as released again")
    kinds = await office.desk.run(
        lambda: list(Event.objects.filter(kind__startswith="engine.drift").values_list("kind", flat=True))
    )
    assert kinds == ["engine.drift", "engine.drift_ended"]


def find_drift(office: Office, state: str) -> Drift | None:
    return Drift.objects.filter(engine=office.engine, state=state).first()
