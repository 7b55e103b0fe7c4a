"""A real OpenCode engine with a scripted model, one for the whole run, and a recorder of its events."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

import pytest

from relay.demo.project import PERMISSION, make_project
from relay.demo.scenarios import Scenario, Use, build_scenarios
from relay.demo.scripted_llm import ModelRequest, ScriptedModel, build_engine_config
from relay.opencode.client import OpenCodeClient, Reply, ReplyOutcome
from relay.opencode.errors import EngineError
from relay.opencode.frames import (
    BaseFrame,
    Frame,
    PermissionAsked,
    PermissionReplied,
    QuestionAsked,
    ServerConnected,
    SessionIdle,
)
from relay.opencode.process import EngineProcess
from relay.opencode.records import PermissionAsk, Question
from relay.opencode.stream import follow

WAIT_S = 30.0
POLL_S = 0.05

SomeFrame = TypeVar("SomeFrame", bound=BaseFrame)


@dataclass
class EngineLab:
    """The engine of the run, its model and its project folder."""

    engine: EngineProcess
    model: ScriptedModel
    project: Path

    @property
    def directory(self) -> str:
        return str(self.project)

    def add_scenario(self, key: str, *steps: Use) -> None:
        """Teach the model one more scenario; keys are lower-case letters and underscores."""
        self.model.scenarios[key] = lambda _turn: steps

    def find_answers(self, key: str) -> list[ModelRequest]:
        """What the model was asked and answered in one scenario, oldest first."""
        return [request for request in self.model.requests if request.key == key]

    @contextlib.asynccontextmanager
    async def connect(self) -> AsyncIterator["EngineVisitor"]:
        """A client and a recorder of the event stream, on the loop of the calling test."""
        async with self.engine.build_client() as client, EngineVisitor(self, client) as visitor:
            yield visitor


@dataclass
class EngineVisitor:
    """One test's connection: calls through `client`, what happened in `frames`."""

    lab: EngineLab
    client: OpenCodeClient
    frames: list[Frame] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._reader = asyncio.create_task(self._read())
        self._reader.add_done_callback(lambda _task: self._changed.set())
        await self.wait_for(ServerConnected)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._reader is not None
        self._reader.cancel()
        # A test may have ended the engine.
        with contextlib.suppress(asyncio.CancelledError, EngineError):
            await self._reader
        with contextlib.suppress(EngineError):
            await self.close_all()

    async def wait_for(
        self, kind: type[SomeFrame], condition: Callable[[SomeFrame], bool] = lambda _frame: True
    ) -> SomeFrame:
        """The first recorded frame of this kind for which the condition holds."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for frame in self.frames:
                    if isinstance(frame, kind) and condition(frame):
                        return frame
                self._changed.clear()
                assert self._reader is not None
                if self._reader.done():
                    await self._reader
                await self._changed.wait()

    def count(self, kind: type[SomeFrame], condition: Callable[[SomeFrame], bool]) -> int:
        return sum(isinstance(frame, kind) and condition(frame) for frame in self.frames)

    async def prompt(self, key: str) -> str:
        """Start a session with one prompt; return its id."""
        session = await self.client.create_session(self.lab.directory, title=f"Test of {key}")
        await self.client.prompt_async(self.lab.directory, session.id, f"Please. [{key}]")
        return session.id

    async def ask(self, key: str) -> PermissionAsk:
        """Start a session whose turn asks for permission; return the request."""
        return await self.wait_ask(await self.prompt(key))

    async def wait_ask(self, session_id: str) -> PermissionAsk:
        return (await self.wait_for(PermissionAsked, lambda frame: frame.ask.session_id == session_id)).ask

    async def wait_question(self, session_id: str) -> Question:
        frame = await self.wait_for(QuestionAsked, lambda frame: frame.question.session_id == session_id)
        return frame.question

    async def reply(self, ask: PermissionAsk, reply: Reply, message: str = "") -> ReplyOutcome:
        return await self.client.reply_permission(self.lab.directory, ask.id, reply, message)

    async def wait_replied(self, ask: PermissionAsk) -> PermissionReplied:
        return await self.wait_for(PermissionReplied, lambda frame: frame.request_id == ask.id)

    async def wait_idle(self, session_id: str) -> SessionIdle:
        return await self.wait_for(SessionIdle, lambda frame: frame.session_id == session_id)

    async def close_all(self) -> None:
        """Leave nothing pending behind, for the tests that follow on the same engine."""
        directory = self.lab.directory
        # What makes the engine's list unreadable is not on it.
        heard = [frame.ask for frame in self.frames if isinstance(frame, PermissionAsked)]
        async with asyncio.timeout(WAIT_S):
            while True:
                for ask in [*heard, *(await self.client.list_permissions(directory)).items]:
                    await self.reply(ask, "reject")
                heard = []
                for question in (await self.client.list_questions(directory)).items:
                    await self.client.reject_question(directory, question.id)
                busy = await self.client.session_status(directory)
                if not busy:
                    return
                for session_id in busy:
                    # One that was deleted meanwhile ends by itself.
                    with contextlib.suppress(EngineError):
                        await self.client.abort(directory, session_id)
                await asyncio.sleep(POLL_S)

    async def _read(self) -> None:
        async with contextlib.aclosing(follow(self.client)) as stream:
            async for frame in stream:
                self.frames.append(frame)
                self._changed.set()


@pytest.fixture(scope="session")
def engine_lab(opencode_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineLab]:
    """One engine for all tests that need one. Tests share it: name scenarios and files after the test."""
    root = tmp_path_factory.mktemp("engine")
    project = root / "project"
    make_project(project)
    scenarios: dict[str, Scenario] = {}
    with ScriptedModel(scenarios) as model:
        model.scenarios.update(build_scenarios(project, model.page_url))
        config = build_engine_config(model.base_url, PERMISSION)
        engine = EngineProcess(opencode_binary, root / "tree", project, config)
        # A loop of its own in a thread of its own: the test's loop may not exist yet, and must not be closed.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, engine.start()).result()
        try:
            yield EngineLab(engine, model, project)
        finally:
            engine.stop()
