"""An agent's turn ends when somebody asks for it; what waits to be sent goes afterwards."""

from __future__ import annotations

from django.utils import timezone

from chats.domain.turns import claim_stop, stop_turn
from chats.enums import PromptState, StopState
from chats.models import TurnStop
from engines.models import Chat
from tests.relay.conftest import Desk, running_relay
from tests.relay.prompts.conftest import Writer
from tests.relay.prompts.prompt_engine import PromptEngine


async def begin_turn(writer: Writer, fake: PromptEngine) -> str:
    """Have the agent work on a message; returns the session."""
    prompt = await writer.send("one")
    await writer.wait(prompt, PromptState.DELIVERED)
    rows = Chat.objects.filter(pk=writer.chat.pk, turn="assistant")
    await writer.desk.wait(rows.exists, "the agent's turn")
    return await writer.find_session()


async def ask_stop(writer: Writer) -> TurnStop:
    return await writer.desk.run(lambda: stop_turn(principal=writer.desk.reviewer, chat_id=writer.chat.pk))


async def wait_stopped(desk: Desk, stop: TurnStop) -> TurnStop:
    rows = TurnStop.objects.filter(pk=stop.pk, state=StopState.CONFIRMED)
    return await desk.wait(rows.first, "the stop on record")


async def test_a_turn_is_stopped_and_what_waited_goes_afterwards(writer: Writer, fake: PromptEngine) -> None:
    async with running_relay():
        session_id = await begin_turn(writer, fake)
        stop = await ask_stop(writer)
        waiting = await writer.send("two")
        stopped = await wait_stopped(writer.desk, stop)
        assert fake.aborted == [session_id]
        assert len(fake.posted) == 1
        fake.end_turn(session_id)
        await writer.wait(waiting, PromptState.DELIVERED)
    chat = await writer.desk.run(lambda: Chat.objects.get(pk=writer.chat.pk))
    assert chat.aborted_at is not None
    assert stopped.attempts == 1


async def test_a_stop_that_was_lost_is_sent_again(writer: Writer, fake: PromptEngine) -> None:
    async with running_relay():
        session_id = await begin_turn(writer, fake)
        fake.lose_before.append("abort")
        stopped = await wait_stopped(writer.desk, await ask_stop(writer))
    assert (fake.aborted, stopped.attempts) == ([session_id], 2)


async def test_a_turn_that_goes_on_is_stopped_again(writer: Writer, fake: PromptEngine) -> None:
    """As one that was just beginning."""
    fake.unheeded_aborts = 1
    async with running_relay():
        session_id = await begin_turn(writer, fake)
        stopped = await wait_stopped(writer.desk, await ask_stop(writer))
    assert (fake.aborted, stopped.attempts) == ([session_id] * 2, 2)
    assert fake.busy == set()


async def test_a_stop_that_a_dead_relay_had_claimed_is_sent_again(writer: Writer, fake: PromptEngine) -> None:
    async with running_relay():
        session_id = await begin_turn(writer, fake)
    stop = await ask_stop(writer)
    assert await writer.desk.run(lambda: claim_stop(stop=stop, epoch=1, now=timezone.now()))
    async with running_relay():
        await wait_stopped(writer.desk, stop)
    assert fake.aborted == [session_id]


async def test_a_message_whose_turn_is_stopped_before_it_began_does_not_run_later(
    writer: Writer, fake: PromptEngine
) -> None:
    """It may be sent again by hand; by itself it would undo the stop."""
    fake.takes_up = False
    prompt = await writer.send("one")
    async with running_relay():
        await writer.desk.wait(lambda: len(fake.posted) == 1, "the message")
        await wait_stopped(writer.desk, await ask_stop(writer))
        failed = await writer.wait(prompt, PromptState.FAILED)
    assert failed.last_error == "The turn was stopped before the agent began."
    assert (fake.worked_on, len(fake.posted)) == ([], 1)
