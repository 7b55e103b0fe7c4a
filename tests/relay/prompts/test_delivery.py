"""What people write reaches the agent once and in order, whatever the engine and the line do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from chats.domain.chats import create_chat
from chats.domain.prompts import PromptIds, claim_prompt
from chats.domain.sending import retry_message
from chats.enums import PromptState
from engines.models import Chat, Message
from events.models import Event
from relay.prompts import judgement
from tests.relay.conftest import Desk, running_relay
from tests.relay.fake_engine import give
from tests.relay.prompts.conftest import Writer
from tests.relay.prompts.prompt_engine import PromptEngine

IDS = PromptIds("msg_000000000001AAAAAAAAAAAAAA", ["prt_000000000001AAAAAAAAAAAAAA"])


@pytest.fixture
def take_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that the engine has and does not work on has been left alone, without waiting for long."""
    monkeypatch.setattr(judgement, "TAKE_UP_GRACE", timedelta(seconds=0.3))


async def test_the_first_message_makes_the_session_and_is_delivered(
    writer: Writer, fake: PromptEngine
) -> None:
    prompt = await writer.send("Look.", agent="plan", provider="acme", model="large", variant="slow")
    async with running_relay():
        await writer.wait(prompt, PromptState.DELIVERED)
    delivered = await writer.read(prompt)
    [(session_id, body)] = fake.posted
    assert body == {
        "parts": [{"type": "text", "text": "Look.", "id": delivered.part_ids[0]}],
        "messageID": delivered.engine_message_id,
        "agent": "plan",
        "model": {"providerID": "acme", "modelID": "large"},
        "variant": "slow",
    }
    session = fake.sessions[session_id]
    assert (session["title"], session["metadata"]) == ("A chat", {"portal_chat": writer.chat.pk})
    assert (await writer.find_session(), list(fake.sessions)) == (session_id, [session_id])
    assert fake.worked_on == [delivered.engine_message_id]
    assert (delivered.attempts, delivered.last_error) == (1, "")


async def test_a_delivered_message_is_one_row_and_its_statuses_come_in_order(
    desk: Desk, writer: Writer, fake: PromptEngine
) -> None:
    prompt = await writer.send()
    async with running_relay():
        await writer.wait(prompt, PromptState.DELIVERED)
        # The engine's echo of it and the agent's answer are on record.
        await desk.wait(lambda: Message.objects.filter(chat=writer.chat).count() == 2, "the answer")
        await desk.wait(lambda: Chat.objects.filter(pk=writer.chat.pk, turn="assistant").first(), "the turn")
    assert await writer.read_messages() == [("user", "delivered", ""), ("assistant", "", "processing")]
    assert await desk.run(Chat.objects.count) == 1
    changed = Event.objects.filter(kind="prompt.changed").order_by("seq")
    states = await desk.run(lambda: [event.words["state"] for event in changed])
    # The agent may be heard before the engine's 204 is.
    assert [state for state in states if state != "sent"] == ["queued", "sending", "delivered"]


async def test_messages_go_one_after_the_other_each_after_the_agents_turn(
    writer: Writer, fake: PromptEngine
) -> None:
    prompts = [await writer.send(text) for text in ("one", "two", "three")]
    async with running_relay():
        for number, prompt in enumerate(prompts, 1):
            delivered = await writer.wait(prompt, PromptState.DELIVERED)
            assert fake.worked_on[-1] == delivered.engine_message_id
            assert len(fake.posted) == number
            fake.end_turn(await writer.find_session())
    assert [body["parts"][0]["text"] for _, body in fake.posted] == ["one", "two", "three"]


async def test_what_was_written_while_the_engine_was_away_goes_once_it_is_back(
    writer: Writer, fake: PromptEngine
) -> None:
    await fake.stop()
    async with running_relay():
        first, second = await writer.send("one"), await writer.send("two")
        await writer.desk.wait_online(writer.engine, "offline")
        assert (await writer.read(first)).state == PromptState.QUEUED
        await fake.start()
        await writer.wait(first, PromptState.DELIVERED)
        fake.end_turn(await writer.find_session())
        await writer.wait(second, PromptState.DELIVERED)
    assert [body["parts"][0]["text"] for _, body in fake.posted] == ["one", "two"]


async def test_a_lost_answer_is_looked_up_not_sent_again(writer: Writer, fake: PromptEngine) -> None:
    fake.lose_answer.append("prompt_async")
    prompt = await writer.send()
    async with running_relay():
        delivered = await writer.wait(prompt, PromptState.DELIVERED)
    assert (len(fake.posted), delivered.attempts) == (1, 1)


async def test_a_lost_message_is_sent_again_under_its_ids(writer: Writer, fake: PromptEngine) -> None:
    fake.lose_before.append("prompt_async")
    prompt = await writer.send()
    async with running_relay():
        delivered = await writer.wait(prompt, PromptState.DELIVERED)
    assert (len(fake.posted), delivered.attempts) == (1, 2)
    assert fake.worked_on == [delivered.engine_message_id]
    assert len(fake.sessions) == 1


@pytest.mark.usefixtures("take_up_at_once")
async def test_a_message_the_engine_stored_and_never_began_is_sent_again_under_its_ids(
    writer: Writer, fake: PromptEngine
) -> None:
    """As when it was killed between the two."""
    fake.takes_up = False
    prompt = await writer.send()
    async with running_relay():
        await writer.desk.wait(lambda: len(fake.posted) == 1, "the first attempt")
        assert fake.worked_on == []
        fake.takes_up = True
        delivered = await writer.wait(prompt, PromptState.DELIVERED)
    first, last = fake.posted[0][1], fake.posted[-1][1]
    assert first == last
    assert fake.worked_on == [delivered.engine_message_id]


@pytest.mark.usefixtures("take_up_at_once")
async def test_a_message_that_is_never_taken_up_fails_at_last(writer: Writer, fake: PromptEngine) -> None:
    fake.takes_up = False
    prompt = await writer.send()
    async with running_relay():
        failed = await writer.wait(prompt, PromptState.FAILED)
    assert failed.last_error == "The engine took the message, and the agent never began to answer."
    assert len({body["messageID"] for _, body in fake.posted}) == 1


async def test_a_session_that_is_gone_is_made_anew(writer: Writer, fake: PromptEngine) -> None:
    first = await writer.send("one")
    async with running_relay():
        await writer.wait(first, PromptState.DELIVERED)
        gone = await writer.find_session()
        fake.end_turn(gone)
        await writer.desk.wait(
            lambda: Chat.objects.filter(pk=writer.chat.pk, turn="user").first(), "the turn"
        )
        del fake.sessions[gone]
        second = await writer.send("two")
        await writer.wait(second, PromptState.DELIVERED)
        session_id = await writer.find_session()
    assert session_id != gone
    assert list(fake.sessions) == [session_id]
    assert [(where, body["parts"][0]["text"]) for where, body in fake.posted] == [
        (gone, "one"),
        (session_id, "two"),
    ]
    assert await writer.desk.run(Chat.objects.count) == 1


async def test_a_broken_line_keeps_the_session(writer: Writer, fake: PromptEngine) -> None:
    first = await writer.send("one")
    async with running_relay():
        await writer.wait(first, PromptState.DELIVERED)
        session_id = await writer.find_session()
        fake.end_turn(session_id)
        fake.lose_before.append("prompt_async")
        second = await writer.send("two")
        await writer.wait(second, PromptState.DELIVERED)
    assert (await writer.find_session(), list(fake.sessions)) == (session_id, [session_id])


async def test_a_session_whose_making_was_not_heard_of_is_found_by_its_chat(
    writer: Writer, fake: PromptEngine
) -> None:
    fake.lose_answer.append("session")
    prompt = await writer.send()
    async with running_relay():
        await writer.wait(prompt, PromptState.DELIVERED)
    assert list(fake.sessions) == [await writer.find_session()]
    assert await writer.desk.run(Chat.objects.count) == 1


async def test_what_the_engine_refuses_fails_and_the_next_message_goes(
    writer: Writer, fake: PromptEngine
) -> None:
    session_id = fake.add_session()
    await writer.desk.run(
        lambda: Chat.objects.filter(pk=writer.chat.pk).update(ai_engine_session_id=session_id)
    )
    path = ("POST", f"/session/{session_id}/prompt_async")
    fake.overrides[path] = lambda _request: (400, b'{"name":"BadRequest"}')
    refused = await writer.send("one")
    async with running_relay():
        failed = await writer.wait(refused, PromptState.FAILED)
        del fake.overrides[path]
        following = await writer.send("two")
        await writer.wait(following, PromptState.DELIVERED)
    assert failed.last_error == "The engine refused the message."
    assert [body["parts"][0]["text"] for _, body in fake.posted] == ["two"]


async def test_a_retry_goes_under_the_ids_it_had(writer: Writer, fake: PromptEngine) -> None:
    session_id = fake.add_session()
    await writer.desk.run(
        lambda: Chat.objects.filter(pk=writer.chat.pk).update(ai_engine_session_id=session_id)
    )
    path = ("POST", f"/session/{session_id}/prompt_async")
    fake.overrides[path] = lambda _request: (400, b"{}")
    prompt = await writer.send()
    async with running_relay():
        failed = await writer.wait(prompt, PromptState.FAILED)
        del fake.overrides[path]
        await writer.desk.run(
            lambda: retry_message(principal=writer.desk.reviewer, message_id=prompt.message_id)
        )
        delivered = await writer.wait(prompt, PromptState.DELIVERED)
    assert delivered.engine_message_id == failed.engine_message_id
    assert fake.worked_on == [failed.engine_message_id]


async def test_an_error_of_the_engine_says_why_a_message_is_never_taken_up(
    writer: Writer, fake: PromptEngine
) -> None:
    """An agent that does not exist: 204, then an error, and no message."""
    secret = "sk-" + "a1B2" * 10
    session_id = fake.add_session()
    await writer.desk.run(
        lambda: Chat.objects.filter(pk=writer.chat.pk).update(ai_engine_session_id=session_id)
    )

    def refuse(_request: object) -> tuple[int, bytes]:
        fake.tell_error(session_id, "UnknownError", f"Agent not found, key {secret}")
        return 204, b""

    fake.overrides["POST", f"/session/{session_id}/prompt_async"] = refuse
    prompt = await writer.send()
    async with running_relay():
        failed = await writer.wait(prompt, PromptState.FAILED)
    assert failed.last_error.startswith("UnknownError: Agent not found")
    assert secret not in failed.last_error
    assert failed.attempts == 1


async def test_a_message_that_was_given_up_and_is_taken_up_after_all_is_delivered(
    writer: Writer, fake: PromptEngine
) -> None:
    """An error of the turn before was taken for its own."""
    fake.takes_up = False
    prompt = await writer.send()
    async with running_relay():
        await writer.desk.wait(lambda: len(fake.posted) == 1, "the message")
        session_id = await writer.find_session()
        fake.tell_error(session_id, "MessageAbortedError", "Aborted")
        failed = await writer.wait(prompt, PromptState.FAILED)
        fake.takes_up = True
        fake.take_prompt(session_id, fake.posted[0][1])
        await writer.wait(prompt, PromptState.DELIVERED)
    assert failed.last_error == "The turn was stopped before the agent began."


async def test_one_session_that_cannot_be_read_holds_up_its_own_chat_alone(
    writer: Writer, fake: PromptEngine
) -> None:
    stuck = await writer.send()
    session_id = fake.add_session()

    def claim() -> Chat:
        Chat.objects.filter(pk=writer.chat.pk).update(ai_engine_session_id=session_id)
        assert claim_prompt(prompt=stuck, epoch=1, ids=IDS, now=timezone.now())
        return create_chat(
            principal=writer.desk.reviewer, team=writer.desk.team, engine=writer.engine, title="Another"
        )

    fake.overrides["GET", f"/session/{session_id}/message"] = lambda _request: (500, b"{}")
    other = Writer(writer.desk, writer.engine, await writer.desk.run(claim))
    prompt = await other.send()
    async with running_relay():
        await other.wait(prompt, PromptState.DELIVERED)
        assert (await writer.read(stuck)).state == PromptState.SENDING
        del fake.overrides["GET", f"/session/{session_id}/message"]
        await writer.wait(stuck, PromptState.DELIVERED)


async def test_what_a_dead_relay_had_claimed_is_looked_up_first(writer: Writer, fake: PromptEngine) -> None:
    """Claimed and never posted: nobody can know that but the engine."""
    prompt = await writer.send()
    assert await writer.desk.run(lambda: claim_prompt(prompt=prompt, epoch=1, ids=IDS, now=timezone.now()))
    async with running_relay():
        delivered = await writer.wait(prompt, PromptState.DELIVERED)
    assert [body["messageID"] for _, body in fake.posted] == [IDS.message_id]
    assert fake.worked_on == [IDS.message_id]
    assert (delivered.engine_message_id, delivered.part_ids) == (IDS.message_id, list(IDS.part_ids))


async def test_what_a_dead_relay_had_posted_is_not_posted_again(writer: Writer, fake: PromptEngine) -> None:
    prompt = await writer.send()
    session_id = fake.add_session()

    def post() -> None:
        Chat.objects.filter(pk=writer.chat.pk).update(ai_engine_session_id=session_id)
        assert claim_prompt(prompt=prompt, epoch=1, ids=IDS, now=timezone.now())

    await writer.desk.run(post)
    fake.take_prompt(session_id, {"messageID": IDS.message_id, "parts": []})
    async with running_relay():
        await writer.wait(prompt, PromptState.DELIVERED)
    assert len(fake.posted) == 1


async def test_a_session_that_works_is_not_written_to_whatever_we_believe(
    writer: Writer, fake: PromptEngine
) -> None:
    """Somebody prompted it past us, and its event is still on its way."""
    session_id = fake.add_session()
    await writer.desk.run(
        lambda: Chat.objects.filter(pk=writer.chat.pk).update(ai_engine_session_id=session_id)
    )
    asked: list[str] = []
    fake.busy.add(session_id)
    path = ("GET", "/session/status")

    def look(_request: object) -> tuple[int, bytes]:
        asked.append(session_id)
        # Known to be busy to the worker alone: the reconciliation is told of nothing.
        return give({session_id: {"type": "busy"}} if len(asked) < 6 else {})

    fake.overrides[path] = look
    prompt = await writer.send()
    async with running_relay():
        await writer.wait(prompt, PromptState.DELIVERED)
    assert len(asked) >= 6
    assert len(fake.posted) == 1
