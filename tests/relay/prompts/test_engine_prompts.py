"""Messages on the real engine: what it makes of ids of ours, and whole ways from a person to the agent."""

from __future__ import annotations

import pytest
from django.utils import timezone

from chats.domain.chats import create_chat
from chats.domain.prompts import PromptIds, claim_prompt, fail_prompt, list_prompts
from chats.domain.sending import retry_message, send_message
from chats.domain.turns import stop_turn
from chats.enums import PromptState
from chats.models import OutgoingMessage, TurnStop
from engines.models import Chat
from events.changes import changes
from relay.demo.scenarios import Say, Use
from relay.opencode.calls import Call
from relay.opencode.frames import MessageUpdated, SessionCreated
from relay.opencode.ids import make_message_id, make_part_id
from relay.opencode.records import MessageWithParts
from tests.factories import make_gated
from tests.relay.conftest import Desk, running_relay
from tests.relay.prompts.conftest import Writer
from tests.support.engine_lab import EngineLab, EngineVisitor

pytestmark = pytest.mark.engine


async def register(desk: Desk, lab: EngineLab) -> Writer:
    engine = await desk.register(lab)
    await desk.run(lambda: make_gated(engine))
    chat = await desk.run(
        lambda: create_chat(principal=desk.reviewer, team=desk.team, engine=engine, title="A chat")
    )
    return Writer(desk, engine, chat)


def say(lab: EngineLab, key: str, text: str = "Done.") -> str:
    lab.model.scenarios[key] = lambda _turn: [Say(text)]
    return f"Please. [{key}]"


def read(conversation: tuple[MessageWithParts, ...] | None) -> list[tuple[str, str]]:
    return [
        (item.message.role, "".join(part.text for part in item.parts if part.type == "text"))
        for item in conversation or ()
    ]


# What the worker rests on


async def wait_answered(visitor: EngineVisitor, message_id: str) -> None:
    """Until the turn that answers this message is over."""
    frame = await visitor.wait_for(
        MessageUpdated,
        lambda frame: frame.message.parent_id == message_id and frame.message.completed_ms is not None,
    )
    await visitor.wait_idle(frame.message.session_id)


async def test_a_session_keeps_the_chat_it_was_made_for(engine_lab: EngineLab) -> None:
    chat_id = "abcdefghij01234"
    async with engine_lab.connect() as visitor:
        made = await visitor.client.create_session(engine_lab.directory, title="t", chat_id=chat_id)
        created = await visitor.wait_for(SessionCreated, lambda frame: frame.session.id == made.id)
        listed = await visitor.client.list_sessions(engine_lab.directory)
        read_back = await visitor.client.get_session(engine_lab.directory, made.id)
    assert (made.chat_id, created.session.chat_id) == (chat_id, chat_id)
    assert [each.chat_id for each in listed if each.id == made.id] == [chat_id]
    assert read_back is not None
    assert read_back.chat_id == chat_id


async def test_the_same_ids_are_one_message_and_one_call(engine_lab: EngineLab) -> None:
    """At once, and again when the turn is over."""
    text = say(engine_lab, "prompts_same_ids")
    message_id, part_id = make_message_id(), make_part_id()
    async with engine_lab.connect() as visitor:
        session = await visitor.client.create_session(engine_lab.directory, title="t")

        async def post() -> None:
            await visitor.client.prompt_async(
                engine_lab.directory, session.id, text, message_id=message_id, part_id=part_id
            )

        await post()
        await post()
        await wait_answered(visitor, message_id)
        await post()
        await post()
        # Whatever it made of these is done before what comes after them.
        following = make_message_id()
        await visitor.client.prompt_async(
            engine_lab.directory, session.id, text, message_id=following, part_id=make_part_id()
        )
        await wait_answered(visitor, following)
        conversation = await visitor.client.list_messages(engine_lab.directory, session.id)
    assert read(conversation) == [("user", text), ("assistant", "Done.")] * 2
    assert len(engine_lab.find_answers("prompts_same_ids")) == 2


# Whole ways


async def test_messages_are_answered_one_after_the_other(desk: Desk, engine_lab: EngineLab) -> None:
    texts = [say(engine_lab, key, key) for key in ("prompts_one", "prompts_two", "prompts_three")]
    writer = await register(desk, engine_lab)
    prompts = [await writer.send(text) for text in texts]
    async with running_relay(), engine_lab.connect() as visitor:
        for prompt in prompts:
            delivered = await writer.wait(prompt, PromptState.DELIVERED)
        await wait_answered(visitor, delivered.engine_message_id)
        conversation = await visitor.client.list_messages(engine_lab.directory, await writer.find_session())
        idle = Chat.objects.filter(pk=writer.chat.pk, turn="user", session_state="idle")
        await desk.wait(idle.exists, "the user's turn")
    assert read(conversation) == [
        ("user", texts[0]),
        ("assistant", "prompts_one"),
        ("user", texts[1]),
        ("assistant", "prompts_two"),
        ("user", texts[2]),
        ("assistant", "prompts_three"),
    ]
    for key in ("prompts_one", "prompts_two", "prompts_three"):
        assert len(engine_lab.find_answers(key)) == 1


async def test_a_message_waits_while_the_agent_waits_for_a_permission(
    desk: Desk, engine_lab: EngineLab
) -> None:
    """A plain reject would make the engine forget a message that it has in its own queue."""
    engine_lab.add_scenario("prompts_asks", Use.shell("echo asked"))
    text = say(engine_lab, "prompts_after_reject")
    writer = await register(desk, engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        asking = await writer.send("Please. [prompts_asks]")
        await writer.wait(asking, PromptState.DELIVERED)
        [request] = await desk.wait_sealed(await writer.find_session())
        waiting = await writer.send(text)
        await desk.wait_online(writer.engine)
        assert (await writer.read(waiting)).attempts == 0
        await desk.deny(request)
        delivered = await writer.wait(waiting, PromptState.DELIVERED)
        await wait_answered(visitor, delivered.engine_message_id)
    assert delivered.attempts == 1
    assert len(engine_lab.find_answers("prompts_after_reject")) == 1


async def test_a_stopped_turn_gives_way_to_the_next_message(desk: Desk, engine_lab: EngineLab) -> None:
    engine_lab.add_scenario("prompts_stopped", Use.shell("echo never"))
    text = say(engine_lab, "prompts_after_stop")
    writer = await register(desk, engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        asking = await writer.send("Please. [prompts_stopped]")
        await writer.wait(asking, PromptState.DELIVERED)
        [request] = await desk.wait_sealed(await writer.find_session())
        waiting = await writer.send(text)
        stop = await desk.run(lambda: stop_turn(principal=desk.reviewer, chat_id=writer.chat.pk))
        await desk.wait(
            lambda: TurnStop.objects.filter(pk=stop.pk, state="confirmed").exists(), "the stop on record"
        )
        delivered = await writer.wait(waiting, PromptState.DELIVERED)
        await wait_answered(visitor, delivered.engine_message_id)
        await desk.wait_replies(request, ("reject", "confirmed"))
    assert len(engine_lab.find_answers("prompts_after_stop")) == 1


OWN = {"provider": "scripted", "model": "scripted-1"}


@pytest.mark.parametrize(
    ("wishes", "word"),
    [({"agent": "nobody"}, "nobody"), ({"provider": "nobody", "model": "nothing"}, "nobody/nothing")],
)
async def test_an_agent_or_a_model_that_is_not_there_fails_the_message(
    desk: Desk, engine_lab: EngineLab, wishes: dict[str, str], word: str
) -> None:
    """The engine answers 204, and tells of it in an event."""
    key = "prompts_" + "_".join(wishes)
    text = say(engine_lab, key)
    writer = await register(desk, engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        prompt = await writer.send(text, **wishes)
        failed = await writer.wait(prompt, PromptState.FAILED)
        assert word in failed.last_error
        assert "\n" not in failed.last_error
        # The session goes on with the model that was named last: the next message names another one.
        delivered = await writer.wait(await writer.send(text, **OWN), PromptState.DELIVERED)
        await wait_answered(visitor, delivered.engine_message_id)
    assert len(engine_lab.find_answers(key)) == 1


async def test_what_failed_is_answered_when_it_is_tried_again_after_others(
    desk: Desk, engine_lab: EngineLab
) -> None:
    """The engine had it all the time, under an id that is older than those of what came between."""
    first, between, late = (say(engine_lab, f"prompts_{name}") for name in ("first", "between", "late"))
    writer = await register(desk, engine_lab)
    ids = PromptIds(make_message_id(), [make_part_id()])
    async with running_relay(), engine_lab.connect() as visitor:
        delivered = await writer.wait(await writer.send(first), PromptState.DELIVERED)
        await wait_answered(visitor, delivered.engine_message_id)
        session_id = await writer.find_session()
        part = {"type": "text", "text": late, "id": ids.part_ids[0]}
        body = {"parts": [part], "messageID": ids.message_id, "noReply": True}
        path = f"/session/{session_id}/message"
        await visitor.client.connection.fetch(Call("POST", path, engine_lab.directory, body=body))
        idle = Chat.objects.filter(pk=writer.chat.pk, turn="user", session_state="idle")
        await desk.wait(idle.exists, "the user's turn")
        prompt = await desk.run(lambda: give_up(writer, late, ids))
        delivered = await writer.wait(await writer.send(between), PromptState.DELIVERED)
        await wait_answered(visitor, delivered.engine_message_id)
        await desk.run(lambda: retry_message(principal=desk.reviewer, message_id=prompt.message_id))
        await writer.wait(prompt, PromptState.DELIVERED)
        await wait_answered(visitor, ids.message_id)
        conversation = await visitor.client.list_messages(engine_lab.directory, session_id)
    said = read(conversation)
    assert sorted(text for role, text in said if role == "user") == sorted([first, between, late])
    assert [role for role, _ in said].count("assistant") == 3
    # The model is shown it where it stood before: the scenario that answers it is that of what came after.
    answers = [engine_lab.find_answers(f"prompts_{name}") for name in ("first", "between", "late")]
    assert sum(map(len, answers)) == 3


def give_up(writer: Writer, text: str, ids: PromptIds) -> OutgoingMessage:
    """A message that was sent under these ids and failed, as one whose turn was stopped at once."""
    # In one step: the relay would claim what it sees waiting.
    with changes(writer.desk.reviewer.actor):
        message = send_message(principal=writer.desk.reviewer, chat_id=writer.chat.pk, text=text)
        prompt = list_prompts().get(message=message)
        assert claim_prompt(prompt=prompt, epoch=1, ids=ids, now=timezone.now())
        assert fail_prompt(prompt=prompt, why="Given up.", now=timezone.now())
    return prompt


async def test_a_session_deleted_in_the_engine_is_made_anew(desk: Desk, engine_lab: EngineLab) -> None:
    first, second = say(engine_lab, "prompts_before"), say(engine_lab, "prompts_anew")
    writer = await register(desk, engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        prompt = await writer.send(first)
        delivered = await writer.wait(prompt, PromptState.DELIVERED)
        await wait_answered(visitor, delivered.engine_message_id)
        gone = await writer.find_session()
        await visitor.client.delete_session(engine_lab.directory, gone)
        delivered = await writer.wait(await writer.send(second), PromptState.DELIVERED)
        await wait_answered(visitor, delivered.engine_message_id)
        session_id = await writer.find_session()
    assert session_id != gone
    assert len(engine_lab.find_answers("prompts_anew")) == 1
    # Other tests' sessions are adopted without a person.
    assert await desk.run(Chat.objects.filter(user__isnull=False).count) == 1
    assert not await desk.run(Chat.objects.filter(ai_engine_session_id=gone).exists)
