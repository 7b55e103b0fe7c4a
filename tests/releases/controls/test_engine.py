"""A release on the real engine: what it sets holds, whatever lies in the project, subagents included."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from relay.demo.project import make_project
from relay.demo.scenarios import Use
from relay.demo.scripted_llm import ScriptedModel, build_engine_config
from relay.opencode.calls import Call
from relay.opencode.process import EngineProcess
from relay.opencode.project_files import ARE_READ
from releases.controls.interface import BEFORE, PROJECT_CONFIG_FLAG, ReleaseFile
from releases.controls.local import LocalControl
from releases.controls.project_files import look_at_project_files
from releases.controls.trial import try_release
from tests.factories import make_team
from tests.support.engine_lab import EngineLab, EngineVisitor

pytestmark = pytest.mark.engine

ASK: dict[str, Any] = {"*": "ask", "task": "allow"}
# What an agent could write into its own project to be asked about nothing any more.
LOOSENING = {
    "permission": {"*": "allow", "bash": {"*": "ask", "echo *": "allow"}},
    "agent": {
        "build": {"permission": {"bash": "allow"}},
        "general": {"permission": {"bash": "allow"}},
    },
}
LOOSE_AGENT = "---\ndescription: Loose.\nmode: subagent\npermission:\n  bash: allow\n---\nDo it.\n"


@dataclass(slots=True)
class Lab:
    lab: EngineLab
    control: LocalControl

    def files(self, word: str) -> list[ReleaseFile]:
        """A release whose agents say `word`, bound by its global rules alone: the widest gap there is."""
        config = build_engine_config(self.lab.model.base_url, ASK)
        agent = "---\ndescription: {0}.\nmode: {1}\n---\nThis is {0} {2}.\n"
        return [
            ("agent/build.md", agent.format("build", "primary", word)),
            ("agent/general.md", agent.format("general", "subagent", word)),
            ("opencode.json", json.dumps(config)),
        ]

    async def release(self, number: int, word: str) -> None:
        name = f"{number:064x}"
        await self.control.stage(name, self.files(word))
        await self.control.swap(name)

    async def dispose(self, visitor: EngineVisitor) -> None:
        await visitor.client.connection.fetch(Call("POST", "/instance/dispose", self.lab.directory))


@pytest.fixture(scope="module")
def released(opencode_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """An engine of ours whose project holds files that loosen its rules."""
    root = tmp_path_factory.mktemp("released")
    project = root / "project"
    make_project(project)
    (project / "opencode.json").write_text(json.dumps(LOOSENING))
    agents = project / ".opencode" / "agent"
    agents.mkdir(parents=True)
    (agents / "general.md").write_text(LOOSE_AGENT)
    with ScriptedModel({}) as model:
        engine = EngineProcess(
            opencode_binary, root / "tree", project, build_engine_config(model.base_url, {"*": "allow"})
        )
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, engine.start()).result()
        lab = EngineLab(engine, model, project)
        lab.add_scenario("own_command", Use.shell("echo own"))
        lab.add_scenario(
            "by_helper",
            Use.one(
                "task", description="Ask a helper", prompt="Please. [own_command]", subagent_type="general"
            ),
        )
        try:
            yield Lab(lab, LocalControl(root / "tree"))
        finally:
            engine.stop()


def read_prompt(lab: EngineLab) -> str:
    """What the model was last told to be."""
    return lab.model.requests[-1].system_prompt


async def test_project_files_that_loosen_rules_change_nothing_after_a_release(released: Lab) -> None:
    """The agent's own command asks, and its helper's; the plain folder from before let both run."""
    async with released.lab.connect() as visitor:
        await released.release(1, "one")
        await released.dispose(visitor)
        own = await visitor.ask("own_command")
        assert (own.permission, own.patterns) == ("bash", ("echo own",))
        await visitor.reply(own, "once")
        await visitor.wait_idle(own.session_id)

        parent = await visitor.prompt("by_helper")
        async with asyncio.timeout(60):
            while not (children := await visitor.client.list_children(released.lab.directory, parent)):
                await asyncio.sleep(0.05)
        helper = await visitor.wait_ask(children[0].id)
        assert (helper.permission, helper.patterns) == ("bash", ("echo own",))
        await visitor.reply(helper, "once")
        await visitor.wait_idle(parent)
        assert await look_at_project_files(visitor.client, released.control) == ""


async def test_what_is_shown_is_what_the_next_request_to_the_model_carries(released: Lab) -> None:
    async with released.lab.connect() as visitor:

        async def say() -> str:
            await visitor.wait_idle(await visitor.prompt("nothing_named"))
            return read_prompt(released.lab)

        await released.release(2, "two")
        await released.dispose(visitor)
        assert "This is build two." in await say()
        await released.release(3, "three")
        # Shown, but not read yet.
        assert "This is build two." in await say()
        await released.dispose(visitor)
        assert "This is build three." in await say()
        await released.control.swap(f"{2:064x}")
        await released.dispose(visitor)
        assert "This is build two." in await say()
        # The engine has worked in there as root, and a release is still what it was.
        assert await released.control.find_changed(released.files("two")) == []
        await released.control.swap(BEFORE)
        await released.dispose(visitor)
        assert "This is build" not in await say()


async def test_an_engine_that_reads_project_files_is_found_out(
    released: Lab, tmp_path: Path, transactional_db: None
) -> None:
    """The same files, and the flag away: the command runs unasked, and connecting says so loudly."""
    engine = released.lab.engine
    await engine.stop_async()
    engine.environment = {PROJECT_CONFIG_FLAG: "0"}
    try:
        await released.release(4, "four")
        await engine.start()
        async with released.lab.connect() as visitor:
            session = await visitor.prompt("own_command")
            await visitor.wait_idle(session)
            assert [ask for ask in visitor.frames if getattr(ask, "ask", None)] == []
            assert await look_at_project_files(visitor.client, released.control) == ARE_READ
            assert await released.control.read_flags() == {PROJECT_CONFIG_FLAG: False}
        secret = tmp_path / "password"
        secret.write_text(engine.password)
        text = await asyncio.to_thread(connect, engine.address, secret)
        assert ARE_READ in text.splitlines()
    finally:
        await engine.stop_async()
        engine.environment = {}
        await engine.start()


def connect(address: str, secret: Path) -> str:
    make_team("Builders")
    out = StringIO()
    arguments = ["--team", "Builders", "--password-file", str(secret), "--without-shell-check"]
    call_command("connect_opencode", address, *arguments, stdout=out, no_color=True)
    return out.getvalue()


# Tried first ------------------------------------------------------------------------------------


def changed(files: list[ReleaseFile], **values: Any) -> list[ReleaseFile]:
    return [
        (path, json.dumps({**json.loads(text), **values}) if path == "opencode.json" else text)
        for path, text in files
    ]


async def test_a_release_is_tried_on_an_engine_that_is_gone_afterwards(
    released: Lab, opencode_binary: Path, tmp_path: Path, settings: Any
) -> None:
    settings.COUNTERSIGN_DATA_DIR = tmp_path
    files = released.files("tried")
    mark = tmp_path / "started"
    server = {"type": "local", "command": ["touch", str(mark)], "enabled": True}
    good = changed(files, mcp={"safe": server})
    found = await try_release(good, binary=opencode_binary)
    assert (found.was_tried, found.error) == (True, "")
    # No server of a release runs on this host.
    assert not mark.exists()

    mode = await try_release(changed(files, agent={"odd": {"mode": "sandbox"}}), binary=opencode_binary)
    assert mode.was_tried
    assert "ConfigInvalidError" in mode.error
    assert "mode" in mode.error
    assert str(tmp_path) not in mode.error
    broken = [(path, "{" if path == "opencode.json" else text) for path, text in files]
    assert "ConfigJsonError" in (await try_release(broken, binary=opencode_binary)).error
    wrong = changed(files, mcp={"bad": {"type": "local", "command": "a text"}})
    assert (await try_release(wrong, binary=opencode_binary)).error
    assert list((tmp_path / "trials").iterdir()) == []
