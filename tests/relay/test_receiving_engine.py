"""A real engine that writes: read along, killed in the middle, and out of reach for a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines.models import Chat, Message
from live import deltas
from live.deltas import Batch
from relay.demo.project import PERMISSION, make_project
from relay.demo.scenarios import Say
from relay.demo.scripted_llm import ScriptedModel, build_engine_config
from relay.opencode.process import EngineProcess
from tests.relay.conftest import DEADLINE_S, POLL_S, Desk, running_relay
from tests.support.engine_lab import EngineLab
from tests.support.pen import Pen

pytestmark = pytest.mark.engine

TEXT = (
    "".join(f"Sentence number {number} of an answer that takes its time. " for number in range(12)) + "End."
)


@pytest.fixture
def pen() -> Pen:
    """Nothing is written to its end before the test lets it."""
    return Pen()


@pytest.fixture
def own_lab(opencode_binary: Path, tmp_path: Path, pen: Pen) -> Iterator[EngineLab]:
    """An engine of the test's own, not started: it may be killed."""
    project = tmp_path / "project"
    make_project(project)
    with ScriptedModel({"slow": lambda _turn: [Say(TEXT, pen)]}) as model:
        engine = EngineProcess(
            opencode_binary, tmp_path / "tree", project, build_engine_config(model.base_url, PERMISSION)
        )
        try:
            yield EngineLab(engine, model, project)
        finally:
            engine.stop()


class Watcher:
    """Puts together what is published, as a page does."""

    def __init__(self) -> None:
        self.text = ""
        self.is_gapped = False
        self.grew = 0

    def take(self, batch: Batch) -> None:
        self.is_gapped = self.is_gapped or batch.is_gapped
        for delta in batch.list_deltas():
            if delta.kind == "text" and delta.offset == len(self.text):
                self.text += delta.text
                self.grew += 1

    async def until(self, condition: Callable[[Watcher], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition(self):
                await asyncio.sleep(POLL_S)


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    watcher = Watcher()
    deltas.add_receiver(watcher.take)
    yield watcher
    deltas.remove_receiver(watcher.take)


async def prompt(lab: EngineLab) -> str:
    async with lab.engine.build_client() as client:
        session = await client.create_session(lab.directory, title="Slow")
        await client.prompt_async(lab.directory, session.id, "Please. [slow]")
    return session.id


async def wait_answer(desk: Desk, session_id: str, status: str) -> str:
    """The agent's text, once its message stands so."""
    rows = Message.objects.filter(
        chat__ai_engine_session_id=session_id, role="assistant", engine_message_status=status
    )
    message = await desk.wait(rows.first, f"the {status} message")
    return "".join(part["text"] for part in message.parts if part["type"] == "text")


async def read_chat(desk: Desk, session_id: str) -> Chat:
    return await desk.run(lambda: Chat.objects.get(ai_engine_session_id=session_id))


async def test_an_answer_is_read_along_and_stored_whole(
    desk: Desk, own_lab: EngineLab, watcher: Watcher, pen: Pen
) -> None:
    await own_lab.engine.start()
    engine = await desk.register(own_lab)
    async with running_relay():
        await desk.wait_online(engine)
        session_id = await prompt(own_lab)
        await watcher.until(lambda heard: len(heard.text) > 100)
        chat = await read_chat(desk, session_id)
        assert (chat.turn, len(watcher.text) < len(TEXT)) == ("assistant", True)
        pen.is_free.set()
        assert await wait_answer(desk, session_id, "completed") == TEXT
        await watcher.until(lambda heard: heard.text == TEXT)
        idle = Chat.objects.filter(pk=chat.pk, turn="user", session_state="idle")
        chat = await desk.wait(idle.first, "the user's turn")
        assert (chat.preview, watcher.is_gapped, watcher.grew > 10) == (TEXT[:200], False, True)


async def test_an_engine_killed_in_the_middle_leaves_the_truth(
    desk: Desk, own_lab: EngineLab, watcher: Watcher, pen: Pen
) -> None:
    await own_lab.engine.start()
    engine = await desk.register(own_lab)
    async with running_relay():
        await desk.wait_online(engine)
        session_id = await prompt(own_lab)
        await watcher.until(lambda heard: len(heard.text) > 100)
        await own_lab.engine.stop_async(timeout_s=0)
        pen.is_free.set()
        await desk.wait_online(engine, "offline")
        await own_lab.engine.start()
        await desk.wait_online(engine)
        heard = await wait_answer(desk, session_id, "aborted")
        assert (heard.startswith(watcher.text), TEXT.startswith(heard), heard != TEXT) == (True, True, True)
        idle = Chat.objects.filter(ai_engine_session_id=session_id, turn="user", session_state="idle")
        chat = await desk.wait(idle.first, "the user's turn")
        [notice] = await desk.run(lambda: list(chat.messages.filter(role="system")))
        assert notice.parts[0]["text"].startswith("The engine stopped while the agent was at work.")
        # The next turn is a turn like any other.
        async with own_lab.engine.build_client() as client:
            await client.prompt_async(own_lab.directory, session_id, "Once more. [slow]")
        assert await wait_answer(desk, session_id, "completed") == TEXT


async def test_an_engine_out_of_reach_for_a_second_loses_nothing(
    desk: Desk, own_lab: EngineLab, watcher: Watcher, pen: Pen
) -> None:
    await own_lab.engine.start()
    engine = await desk.register(own_lab)
    async with running_relay():
        await desk.wait_online(engine)
        session_id = await prompt(own_lab)
        await watcher.until(lambda heard: len(heard.text) > 100)
        # The relay goes away and comes back while the engine writes on.
    pen.is_free.set()
    async with running_relay():
        assert await wait_answer(desk, session_id, "completed") == TEXT
        chat = await read_chat(desk, session_id)
        assert await desk.run(lambda: list(chat.messages.filter(role="system"))) == []
        idle = Chat.objects.filter(pk=chat.pk, turn="user", session_state="idle")
        await desk.wait(idle.first, "the user's turn")
