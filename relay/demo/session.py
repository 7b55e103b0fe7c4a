"""One run of the demo: scripted model, engine, portal, agents; from start to the last process gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from asgiref.sync import sync_to_async

from relay.demo.environment import DemoError, DemoFolder
from relay.demo.people import (
    PERSON,
    make_agent_token,
    make_login_link,
    prepare_database,
    register_demo_engine,
    retire_demo_engine,
)
from relay.demo.project import PERMISSION, make_project
from relay.demo.rest_agent import RestAgent
from relay.demo.runner import run_demo_agents
from relay.demo.scenarios import build_scenarios
from relay.demo.scripted_llm import API_KEY_ENV, ScriptedModel, build_engine_config
from relay.opencode.process import EngineProcess, EngineStartFailed, probe_port
from relay.opencode.process_tree import ChildProcess

PORTAL_START_TIMEOUT_S = 60.0
# The portal's own deadline for a clean stop is ten seconds.
PORTAL_STOP_TIMEOUT_S = 15.0
WATCH_S = 0.5
ENGINE_RESTART_PAUSE_S = 2.0

TALK = """  6. Open Chats: one of yours waits for you. Approve its command there and watch the agent write;
     then write to it yourself.
"""
RELEASE = """  7. Change the prompt "Greeting programmer" under Configure and put its new version on the label
     production; then build and publish a release on the engine's page. Its agents are told the new
     text, until you roll back.
"""

Say = Callable[[str], None]


@dataclass(slots=True)
class DemoRun:
    """`binary` None means that there is no engine to be had; `missing` says why."""

    folder: DemoFolder
    manage: Path
    public_url: str
    binary: Path | None
    missing: str
    say: Say
    portal: ChildProcess = field(init=False)
    engine: EngineProcess | None = None

    def __post_init__(self) -> None:
        self.portal = ChildProcess(self.folder.portal)

    async def run(self) -> None:
        """Until SIGINT, SIGTERM or SIGHUP; a second signal ends the children at once. Raises DemoError."""
        loop = asyncio.get_running_loop()
        work = asyncio.create_task(self._work())
        signals = 0

        def stop() -> None:
            nonlocal signals
            signals += 1
            if signals == 1:
                self.say("\nStopping …")
                work.cancel()
            else:
                self._kill_children()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop)
        with contextlib.suppress(asyncio.CancelledError):
            await work

    async def _work(self) -> None:
        try:
            make_project(self.folder.project)
        except (OSError, subprocess.SubprocessError) as error:
            raise DemoError(f"The demo's project needs git: {error}") from error
        with ScriptedModel({}) as model:
            model.scenarios.update(build_scenarios(self.folder.project, model.page_url))
            try:
                await sync_to_async(prepare_database)()
                await self._start_engine(model)
                await self._wait_for_engine()
                await self._start_portal()
                await self._play(await sync_to_async(make_login_link)())
            finally:
                await self._stop_children()

    async def _start_engine(self, model: ScriptedModel) -> None:
        if self.binary is None:
            return
        config = build_engine_config(model.base_url, PERMISSION)
        engine = EngineProcess(
            self.binary,
            self.folder.engine,
            self.folder.project,
            config,
            environment={API_KEY_ENV: "unused"},
        )
        self.engine = engine
        self.say("Starting the engine …")
        # Its gate's token has to be there when it starts.
        engine.port = probe_port(0)
        token = await sync_to_async(register_demo_engine)(
            address=engine.address,
            username=engine.username,
            password=engine.password,
            project=str(self.folder.project),
            folder=str(self.folder.engine),
            model_url=model.base_url,
        )
        engine.gate = (self.public_url, token)
        try:
            engine.launch()
        except (EngineStartFailed, OSError) as error:
            await self._give_up_on_engine(str(error))

    async def _wait_for_engine(self) -> None:
        if self.engine is None:
            return
        try:
            await self.engine.wait_healthy()
        except EngineStartFailed as error:
            await self.engine.stop_async()
            await self._give_up_on_engine(str(error))

    async def _give_up_on_engine(self, reason: str) -> None:
        self.engine, self.missing = None, reason
        await sync_to_async(retire_demo_engine)()

    async def _start_portal(self) -> None:
        self.say("Starting the portal …")
        command = [sys.executable, str(self.manage), "up"]
        self.portal.launch(command, cwd=self.manage.parent, environment=os.environ)
        try:
            async with asyncio.timeout(PORTAL_START_TIMEOUT_S):
                await self._wait_for_portal()
        except TimeoutError:
            raise DemoError("The portal did not answer in time.") from None

    async def _wait_for_portal(self) -> None:
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while True:
                if not self.portal.is_running:
                    raise DemoError("The portal ended while starting; what it wrote stands above.")
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"{self.public_url}/healthz")).is_success:
                        return
                await asyncio.sleep(WATCH_S)

    async def _play(self, login_link: str) -> None:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_portal())
            if self.engine is None:
                token = await sync_to_async(make_agent_token)()
                agent = RestAgent(self.public_url, token, self.folder.project, self._repeat)
                group.create_task(agent.run(stop=stop))
            else:
                group.create_task(self._watch_engine(self.engine))
                group.create_task(self._run_agents(self.engine, stop))
            self.say(describe(self, login_link))

    def _repeat(self, message: str) -> None:
        self.say(f"The agent was told: {message}")

    async def _run_agents(self, engine: EngineProcess, stop: asyncio.Event) -> None:
        async with engine.build_client() as client:
            await run_demo_agents(client, self.folder.project, stop=stop)

    async def _watch_portal(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            if not self.portal.is_running:
                raise DemoError("The portal has ended; what it wrote stands above.")

    async def _watch_engine(self, engine: EngineProcess) -> None:
        """Start the engine again when somebody ended it: what was pending is gone, and the inbox says so."""
        while True:
            await asyncio.sleep(WATCH_S)
            if engine.is_running:
                continue
            self.say("The engine has ended; starting it again.")
            try:
                await engine.start()
            except EngineStartFailed as error:
                self.say(str(error))
                await asyncio.sleep(ENGINE_RESTART_PAUSE_S)

    async def _stop_children(self) -> None:
        await asyncio.to_thread(self.portal.stop, PORTAL_STOP_TIMEOUT_S)
        if self.engine is not None:
            await self.engine.stop_async()

    def _kill_children(self) -> None:
        for pid in (self.portal.pid, self.engine.pid if self.engine else None):
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def describe(run: DemoRun, login_link: str) -> str:
    """What a person reads first."""
    if run.engine is None:
        source = f"NONE: {run.missing} A scripted agent asks over the REST door instead."
        kinds = "a command, a chain of commands, an edit with its diff, a file outside the project"
        hears = "The agent hears it; this terminal shows it."
        talk, release = "", ""
    else:
        source = f"OpenCode at {run.engine.address}, driven by a scripted model without network"
        kinds = "a command, a chain, an edit with its diff, a file outside the project, a web page, a helper"
        hears = 'The agent hears it and answers "Understood: …" in its chat.'
        talk, release = TALK, RELEASE
    readme = run.folder.project / "README.md"
    return f"""
Countersign demo

  Log in    {login_link}
            (once, within 15 minutes; you choose a password for the user "{PERSON}")
  Then at   {run.public_url}/
  Engine    {source}
  Project   {run.folder.project}

What to do
  1. Open the link and choose a password. The dashboard shows what waits for you.
  2. Open the inbox. Agents ask for
     {kinds}.
  3. Approve the edit of README.md ("Review…" shows its diff), then look at
     {readme}.
  4. Deny a command with a message. {hears}
  5. Watch new requests come in, and those decided elsewhere turn grey.
{talk}{release}
Ctrl-C stops everything. The next start begins anew.
"""
