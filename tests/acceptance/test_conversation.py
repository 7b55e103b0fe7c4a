"""A conversation as its person sees it: sent, answered, and none the worse for what is gone below it."""

from __future__ import annotations

import pytest

from chats.domain.chats import create_chat
from chats.enums import PromptState
from engines.models import Chat, Message, Subagent
from events.models import Event
from relay.demo.scenarios import Say
from tests.factories import make_gated
from tests.relay.conftest import Desk, desk, running_relay
from tests.relay.fake_engine import session_info
from tests.relay.prompts.conftest import Writer, fake, look_often, writer
from tests.relay.prompts.prompt_engine import PromptEngine
from tests.support.engine_lab import EngineLab

__all__ = ["desk", "fake", "look_often", "writer"]


async def read_states(desk: Desk, kind: str, word: str) -> list[str]:
    """What the events of this kind said, in their order, repetitions left out."""
    rows = Event.objects.filter(kind=kind).order_by("seq")
    said = await desk.run(lambda: [event.words.get(word, "") for event in rows])
    return [state for number, state in enumerate(said) if state and said[number - 1 : number] != [state]]


@pytest.mark.engine
async def test_a_message_of_a_person_is_answered_and_everything_about_it_is_on_record(
    desk: Desk, engine_lab: EngineLab
) -> None:
    engine_lab.model.scenarios["acceptance"] = lambda _turn: [Say("Forty-two.")]
    engine = await desk.register(engine_lab)
    await desk.run(lambda: make_gated(engine))
    chat = await desk.run(
        lambda: create_chat(principal=desk.reviewer, team=desk.team, engine=engine, title="Numbers")
    )
    before = (chat.ai_engine_session_id, chat.turn, chat.preview)
    writer = Writer(desk, engine, chat)
    prompt = await writer.send("How many? [acceptance]")
    async with running_relay():
        delivered = await writer.wait(prompt, PromptState.DELIVERED)
        answered = Message.objects.filter(chat=chat, role="assistant", engine_message_status="completed")
        answer = await desk.wait(answered.first, "the answer")
        told = Chat.objects.filter(pk=chat.pk, turn="user", preview="Forty-two.")
        after = await desk.wait(told.first, "the turn is the person's again")

    assert before == (None, "user", "")
    asked = await desk.run(lambda: Message.objects.get(chat=chat, role="user"))
    assert (asked.pk, asked.user_message_status) == (prompt.message_id, "delivered")
    assert asked.ai_engine_message_id == delivered.engine_message_id
    assert (after.ai_engine_session_id or "").startswith("ses_")
    assert (answer.ai_engine_message_id or "").startswith("msg_")
    assert answer.parent_id == asked.ai_engine_message_id
    assert [part["text"] for part in answer.parts if part["type"] == "text"] == ["Forty-two."]
    assert asked.created <= answer.created
    assert after.last_active >= asked.created
    states = await read_states(desk, "prompt.changed", "state")
    assert [state for state in states if state != "sent"] == ["queued", "sending", "delivered"]
    # Of the engine's other sessions there are chats as well.
    assert await desk.run(Chat.objects.filter(title="Numbers").count) == 1
    turns = await read_states(desk, "chat.changed", "turn")
    assert turns[-2:] == ["assistant", "user"]


async def test_a_subagents_session_that_is_gone_takes_nothing_from_its_root(
    writer: Writer, fake: PromptEngine
) -> None:
    """The engine forgets the child; the chat keeps its session, and the next message goes there."""
    desk = writer.desk
    async with running_relay():
        first = await writer.wait(await writer.send("one"), PromptState.DELIVERED)
        root_id = await writer.find_session()
        child_id = fake.add_session(root_id)
        fake.emit("session.created", {"sessionID": child_id, "info": session_info(child_id, root_id)})
        await desk.wait(lambda: Subagent.objects.filter(source_ref=child_id).first(), "the subagent")
        del fake.sessions[child_id]
        fake.emit("session.deleted", {"sessionID": child_id, "info": session_info(child_id, root_id)})
        open_ones = Subagent.objects.filter(source_ref=child_id, ended_at=None)
        await desk.wait(lambda: not open_ones.exists(), "the subagent's end")
        fake.end_turn(root_id)
        second = await writer.wait(await writer.send("two"), PromptState.DELIVERED)

    assert (await writer.find_session(), list(fake.sessions)) == (root_id, [root_id])
    assert [session_id for session_id, _ in fake.posted] == [root_id, root_id]
    assert fake.worked_on == [first.engine_message_id, second.engine_message_id]
