"""What an agent writes, on its way to who watches and into the chat; and engines that stop in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone

from engines.models import Chat, Engine, Message
from events.models import Event
from governance.domain.close import close_dead_requests
from governance.enums import CloseReason
from governance.models import PermissionRequest
from live import deltas
from live.deltas import Batch, Delta
from relay import engine_relay
from tests.factories import make_engine
from tests.relay.conftest import POLL_S, Desk, running_relay
from tests.relay.fake_engine import DIRECTORY, FakeEngine, message_info, session_info


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TICK_S", "LOOK_EVERY_S", "LOOK_DEGRADED_EVERY_S", "LOOK_UNREADY_EVERY_S"):
        monkeypatch.setattr(engine_relay, name, 0.1 if name == "TICK_S" else 0.5)


@pytest.fixture
async def fake() -> AsyncIterator[FakeEngine]:
    async with FakeEngine().running() as engine:
        yield engine


@dataclass
class Watcher:
    """Hears what is published, as the hub of this process would."""

    batches: list[Batch] = field(default_factory=list)

    @property
    def told(self) -> list[Delta]:
        return [delta for batch in self.batches for delta in batch.list_deltas()]

    @property
    def text(self) -> str:
        """Of one part, as a client puts it together."""
        text = ""
        for delta in self.told:
            if delta.offset <= len(text):
                text += delta.text[len(text) - delta.offset :]
        return text

    @property
    def changed(self) -> set[str]:
        return {message_id for batch in self.batches for message_id in batch.changed}

    @property
    def is_gapped(self) -> bool:
        return any(batch.is_gapped for batch in self.batches)

    async def until(self, condition: str, value: Any = True) -> None:
        async with asyncio.timeout(30):
            while getattr(self, condition) != value:
                await asyncio.sleep(POLL_S)


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    watcher = Watcher()
    deltas.add_receiver(watcher.batches.append)
    yield watcher
    deltas.remove_receiver(watcher.batches.append)


@dataclass
class Turn:
    """A turn of an agent at a fake engine; its one message is `msg_1`, its one text `prt_1`."""

    desk: Desk
    fake: FakeEngine
    session_id: str
    engine: Engine

    @classmethod
    async def begin(cls, desk: Desk, fake: FakeEngine) -> Turn:
        engine = await desk.run(lambda: make_engine(desk.team, address=fake.address, directories=[DIRECTORY]))
        return cls(desk, fake, fake.add_session(), engine)

    async def speak(self) -> None:
        """The relay listens: the agent begins to write."""
        await self.desk.wait_online(self.engine)
        info = self.fake.sessions[self.session_id]
        self.fake.emit("session.created", {"sessionID": self.session_id, "info": info})
        self.fake.busy.add(self.session_id)
        self.tell("session.status", status={"type": "busy"})
        self.tell_message()
        self.tell_text("", end=None)

    def tell(self, kind: str, **properties: Any) -> None:
        self.fake.emit(kind, {"sessionID": self.session_id, **properties})

    def tell_message(self, completed: int | None = None) -> None:
        info = message_info(self.session_id, "msg_1", completed)
        self.fake.messages.setdefault((self.session_id, "msg_1"), {"parts": []})["info"] = info
        self.tell("message.updated", info=info)

    def tell_text(self, text: str, *, end: int | None) -> None:
        part = {
            "id": "prt_1",
            "messageID": "msg_1",
            "sessionID": self.session_id,
            "type": "text",
            "text": text,
            "time": {"start": 1} | ({"end": end} if end else {}),
        }
        self.fake.messages[self.session_id, "msg_1"]["parts"] = [part]
        self.tell("message.part.updated", part=part)

    def write(self, text: str) -> None:
        self.tell("message.part.delta", messageID="msg_1", partID="prt_1", field="text", delta=text)

    def finish(self, text: str) -> None:
        self.tell_text(text, end=2)
        self.tell_message(completed=2)

    def fall_silent(self) -> None:
        self.fake.busy.discard(self.session_id)
        self.tell("session.idle")

    async def read_message(self) -> tuple[str, list[str]]:
        """(status, texts) of the agent's message."""
        message = await self.desk.run(lambda: Message.objects.get(ai_engine_message_id="msg_1"))
        return message.engine_message_status, [part["text"] for part in message.parts]

    async def wait_message(self, status: str, *texts: str) -> None:
        rows = Message.objects.filter(ai_engine_message_id="msg_1", engine_message_status=status)

        def find() -> bool:
            message = rows.first()
            return message is not None and [part["text"] for part in message.parts] == list(texts)

        await self.desk.wait(find, f"{status} {texts}")

    async def wait_chat(self, **values: str) -> Chat:
        rows = Chat.objects.filter(ai_engine_session_id=self.session_id, **values)
        return await self.desk.wait(rows.first, f"the chat {values}")

    async def list_notices(self) -> list[str]:
        rows = Message.objects.filter(role="system").order_by("created")
        return await self.desk.run(lambda: [message.parts[0]["text"] for message in rows])


async def test_who_watches_reads_along_and_the_chat_has_it_whole(
    desk: Desk, fake: FakeEngine, watcher: Watcher
) -> None:
    turn = await Turn.begin(desk, fake)
    async with running_relay():
        await turn.speak()
        turn.write("The comm")
        turn.write("and fini")
        await watcher.until("text", "The command ")
        turn.write("shed \N{GRINNING FACE}")
        turn.write("!")
        turn.finish("The command finished \N{GRINNING FACE}!")
        turn.fall_silent()
        await turn.wait_message("completed", "The command finished \N{GRINNING FACE}!")
        chat = await turn.wait_chat(turn="user", preview="The command finished \N{GRINNING FACE}!")
        await watcher.until("changed", {"msg_1"})
    assert {(batch.chat_id, batch.audience) for batch in watcher.batches} == {
        (chat.pk, f"team:{desk.team.pk}")
    }
    assert {(delta.message_id, delta.part_id, delta.kind) for delta in watcher.told} == {
        ("msg_1", "prt_1", "text")
    }
    # An emoji is two units in a browser.
    ends = [delta.end for delta in watcher.told]
    assert (ends[-1], watcher.told[0].offset) == (len("The command finished ..!"), 0)


async def test_a_secret_is_told_as_masked_as_it_is_shown(
    desk: Desk, fake: FakeEngine, watcher: Watcher
) -> None:
    turn = await Turn.begin(desk, fake)
    async with running_relay():
        await turn.speak()
        for piece in ("Set TOK", "EN=s3cr", "3ts3cr3t first", ".\nThen go ", "on."):
            turn.write(piece)
        await watcher.until("text", "Set TOKEN=•••• first.\nThen go ")
        turn.finish("Set TOKEN=s3cr3ts3cr3t first.\nThen go on.")
        await watcher.until("text", "Set TOKEN=•••• first.\nThen go on.")
    assert "s3cr" not in "".join(delta.text for delta in watcher.told)


async def test_who_comes_in_the_middle_is_given_the_beginning(
    desk: Desk, fake: FakeEngine, watcher: Watcher
) -> None:
    turn = await Turn.begin(desk, fake)
    async with running_relay():
        await turn.speak()
        turn.write("Half a ")
        turn.write("sentence")
        await watcher.until("text", "Half a ")
        chat = await turn.wait_chat(turn="assistant")
        assert deltas.list_open(chat.pk) == [Delta("msg_1", "prt_1", "text", 0, "Half a ")]
        turn.finish("Half a sentence")
        await turn.wait_message("completed", "Half a sentence")
        assert deltas.list_open(chat.pk) == []
    assert deltas.sources == []


async def test_a_turn_that_stops_in_the_middle_keeps_what_was_heard(
    desk: Desk, fake: FakeEngine, watcher: Watcher
) -> None:
    turn = await Turn.begin(desk, fake)
    async with running_relay():
        await turn.speak()
        turn.write("Half a sentence")
        await watcher.until("text", "Half a ")
        turn.fall_silent()
        await turn.wait_message("aborted", "Half a sentence")
        await turn.wait_chat(turn="user", session_state="idle", preview="Half a sentence")
        assert await turn.list_notices() == ["The agent's turn ended before its answer was finished."]


async def test_an_engine_that_dies_leaves_an_aborted_message_and_a_word_to_the_users(
    desk: Desk, fake: FakeEngine, watcher: Watcher
) -> None:
    turn = await Turn.begin(desk, fake)
    async with running_relay():
        await turn.speak()
        turn.write("Half a sentence")
        await watcher.until("text", "Half a ")
        await fake.stop()
        offline = Engine.objects.filter(pk=turn.engine.pk, state="offline")
        await desk.wait(offline.first, "the engine that is away")
        await turn.wait_message("processing", "Half a sentence")
        # As after a restart: nothing is busy, and the message is never finished.
        fake.busy.clear()
        await fake.start()
        await turn.wait_message("aborted", "Half a sentence")
        chat = await turn.wait_chat(turn="user", session_state="idle")
        assert await turn.list_notices() == [
            "The engine stopped while the agent was at work. What it had not finished is lost."
        ]
        told = Event.objects.filter(kind="chat.aborted", subject_id=chat.pk)
        assert await desk.run(told.values_list("words", flat=True).get) == {"why": "engine_stopped"}
        assert watcher.is_gapped


async def test_a_blip_of_a_second_fails_nothing(desk: Desk, fake: FakeEngine, watcher: Watcher) -> None:
    turn = await Turn.begin(desk, fake)
    async with running_relay():
        await turn.speak()
        turn.write("Before ")
        await watcher.until("text", "Before ")
        fake.break_streams()
        turn.write("not heard ")
        await watcher.until("is_gapped")
        await fake.wait_listened()
        await desk.wait_online(turn.engine)
        # Its beginning and its end are known, what was written in between is not: nobody is told half of it.
        turn.write("after")
        looks = fake.count("GET", "/session/status")
        await desk.wait(lambda: fake.count("GET", "/session/status") >= looks + 3, "three looks")
        assert (await turn.read_message(), watcher.text) == (("processing", ["Before "]), "Before ")
        turn.finish("Before not heard after")
        await turn.wait_message("completed", "Before not heard after")
        turn.fall_silent()
        await turn.wait_chat(turn="user", preview="Before not heard after")
        assert await turn.list_notices() == []


async def test_what_was_finished_during_a_blip_is_read_afterwards(
    desk: Desk, fake: FakeEngine, watcher: Watcher
) -> None:
    turn = await Turn.begin(desk, fake)
    async with running_relay():
        await turn.speak()
        turn.write("Before ")
        await watcher.until("text", "Before ")
        fake.break_streams()
        turn.finish("Before and after")
        await turn.wait_message("completed", "Before and after")
        # It still works: the turn is not over.
        assert (await turn.wait_chat(session_state="busy")).turn == "assistant"
        assert await turn.list_notices() == []


async def test_a_silent_agents_turn_is_held_by_what_is_still_pending(desk: Desk, fake: FakeEngine) -> None:
    turn = await Turn.begin(desk, fake)
    async with running_relay():
        await turn.speak()
        turn.finish("May I?")
        await turn.wait_chat(turn="assistant")
        raw = fake.add_call(turn.session_id)
        fake.emit("permission.asked", raw)
        # An engine that lists nothing tells nothing about what it waits for.
        fake.overrides["GET", "/permission"] = lambda _request: (400, b"{}")
        [request] = await desk.wait_sealed(turn.session_id)
        turn.fall_silent()
        chat = await turn.wait_chat(session_state="idle")
        assert chat.turn == "assistant"
        rows = PermissionRequest.objects.filter(pk=request.pk)
        await desk.run(
            lambda: close_dead_requests(rows=rows, reason=CloseReason.SESSION_ENDED, now=timezone.now())
        )
        assert (await turn.wait_chat(turn="user")).session_state == "idle"


async def test_what_a_subagent_writes_is_no_word_in_the_chat(
    desk: Desk, fake: FakeEngine, watcher: Watcher
) -> None:
    turn = await Turn.begin(desk, fake)
    async with running_relay():
        await turn.speak()
        root_id, turn.session_id = turn.session_id, fake.add_session(turn.session_id)
        info = session_info(turn.session_id, root_id)
        fake.emit("session.created", {"sessionID": turn.session_id, "info": info})
        part = {"id": "prt_2", "messageID": "msg_2", "sessionID": turn.session_id, "type": "text", "text": ""}
        turn.tell("message.part.updated", part={**part, "time": {"start": 1}})
        turn.tell("message.part.delta", messageID="msg_2", partID="prt_2", field="text", delta="not here")
        turn.session_id = root_id
        turn.write("here it is")
        await watcher.until("text", "here it ")
    assert [delta.part_id for delta in watcher.told] == ["prt_1"]
