"""kill -9 of portal, relay and engine at every step of a message's way: the agent is told it once."""

from __future__ import annotations

import itertools
import threading

import pytest

from accounts.enums import Scope
from accounts.models import Team
from chats.enums import PromptState
from chats.models import OutgoingMessage
from engines.enums import EngineMessageStatus, UserMessageStatus
from engines.models import Chat, Engine, Message
from relay.demo.scenarios import Say
from tests.crash.conftest import Bench, System, wait_until
from tests.factories import make_chat, make_gated, make_token, make_user

pytestmark = [pytest.mark.engine, pytest.mark.slow]

STEPS = ("queued", "claimed", "session made", "session known", "posted", "accepted")
GATES = {
    "queued": ("status",),
    "claimed": ("session",),
    "session made": ("session_answer",),
    "session known": ("prompt",),
    "posted": ("prompt_answer", "taken_up"),
    "accepted": ("taken_up",),
}
STATES = {
    "queued": PromptState.QUEUED,
    "claimed": PromptState.SENDING,
    "session made": PromptState.SENDING,
    "session known": PromptState.SENDING,
    "posted": PromptState.SENDING,
    "accepted": PromptState.SENT,
}
_numbers = itertools.count(1)


@pytest.fixture
def chat(team: Team, engine: Engine, system: System) -> Chat:
    """A chat whose session is still to be made, of the person whose token the system is given."""
    make_gated(engine)
    user = make_user(team)
    system.token = make_token(user, Scope.CHATS_READ, Scope.CHATS_WRITE)
    return make_chat(user, engine)


def make_key() -> str:
    return "crash_prompt_" + "".join(chr(ord("a") + int(digit)) for digit in str(next(_numbers)))


def send(system: System, bench: Bench, chat: Chat, key: str = "") -> tuple[OutgoingMessage, str]:
    """Write to the agent through the API; the prompt, and the key of what the model says."""
    key = key or make_key()
    bench.model.scenarios.setdefault(key, lambda _turn: [Say("Done.")])
    assert system.post(f"chats/{chat.pk}/messages/", {"text": f"Please. [{key}]"}) == 201
    return OutgoingMessage.objects.get(chat=chat), key


def reach(step: str, system: System, bench: Bench, chat: Chat) -> tuple[OutgoingMessage, str]:
    """Bring a message to `step` and hold it there."""
    gates = [getattr(bench.proxy, name) for name in GATES[step]]
    for gate in gates:
        gate.close()
    prompt, key = send(system, bench, chat)
    if step == "accepted":
        accepted = OutgoingMessage.objects.filter(pk=prompt.pk, accepted_at__isnull=False)
        wait_until(accepted.exists, "the engine's 204 on record")
    else:
        assert gates[0].reached.wait(60)
    if step in {"posted", "accepted"}:
        wait_until(lambda: bench.count_calls(key), "the model's call")
    assert OutgoingMessage.objects.get(pk=prompt.pk).state == STATES[step]
    return prompt, key


def wait_delivered(prompt: OutgoingMessage) -> None:
    rows = OutgoingMessage.objects.filter(pk=prompt.pk, state=PromptState.DELIVERED)
    wait_until(rows.exists, f"the delivered message; it is {OutgoingMessage.objects.get(pk=prompt.pk).state}")


def read_rows(chat: Chat) -> list[tuple[str, str, str]]:
    rows = Message.objects.filter(chat=chat).order_by("created", "id")
    return list(rows.values_list("role", "user_message_status", "engine_message_status"))


ANSWERED = [
    ("user", UserMessageStatus.DELIVERED, ""),
    ("assistant", "", EngineMessageStatus.COMPLETED),
]


def assert_told_once(bench: Bench, chat: Chat, key: str) -> None:
    """In the engine, at the model and here; and nothing else was made of it."""
    wait_until(lambda: read_rows(chat) == ANSWERED, f"the answer on record; there is {read_rows(chat)}")
    assert bench.read_conversations(chat.pk) == [[("user", f"Please. [{key}]"), ("assistant", "Done.")]]
    assert bench.count_calls(key) == 1
    # Sessions of the tests before are adopted, without a person.
    begun = Chat.objects.filter(engine=chat.engine, user__isnull=False)
    assert list(begun.values_list("pk", flat=True)) == [chat.pk]


@pytest.mark.parametrize(
    ("system", "victim"),
    [("one process", "portal"), ("two processes", "portal"), ("two processes", "relay")],
    indirect=["system"],
)
@pytest.mark.parametrize("step", STEPS)
def test_a_message_survives_the_death_of_our_own_processes(
    system: System, bench: Bench, chat: Chat, step: str, victim: str
) -> None:
    prompt, key = reach(step, system, bench, chat)
    system.kill(victim)
    # What the dead process had not sent yet is never sent; what it had sent, the engine has.
    bench.proxy.open_all(drop=victim == "relay" or system.is_one_process)
    system.start(victim)
    wait_delivered(prompt)
    assert_told_once(bench, chat, key)


@pytest.mark.parametrize("system", ["two processes"], indirect=True)
@pytest.mark.parametrize("step", STEPS)
def test_a_message_survives_the_death_of_the_engine(
    system: System, bench: Bench, chat: Chat, step: str
) -> None:
    """Whatever it had of it: a message, half of it, its answer."""
    prompt, key = reach(step, system, bench, chat)
    if step in {"posted", "accepted"}:
        chat.refresh_from_db()
        session_id = chat.ai_engine_session_id
        assert session_id is not None
        wait_until(lambda: bench.has_answered(session_id), "the end of the turn")
    bench.engine.kill()
    bench.proxy.open_all()
    bench.start_engine()
    wait_delivered(prompt)
    assert_told_once(bench, chat, key)


@pytest.mark.parametrize("system", ["two processes"], indirect=True)
def test_an_engine_that_dies_while_the_model_thinks_is_not_asked_again(
    system: System, bench: Bench, chat: Chat
) -> None:
    """It had been told; what it was saying is cut off, and the record says so."""
    key, thinks = make_key(), threading.Event()

    def think(_turn: int) -> list[Say]:
        thinks.wait(60)
        return [Say("Done.")]

    asked: list[int] = []

    def count_and_think(turn: int) -> list[Say]:
        asked.append(turn)
        return think(turn)

    bench.model.scenarios[key] = count_and_think
    prompt, _ = send(system, bench, chat, key)
    wait_until(lambda: asked, "the model's call")
    wait_delivered(prompt)
    bench.engine.kill()
    thinks.set()
    bench.start_engine()
    expected = [ANSWERED[0], ("assistant", "", EngineMessageStatus.ABORTED)]
    wait_until(lambda: read_rows(chat)[:2] == expected, f"the cut-off answer; there is {read_rows(chat)}")
    following, next_key = send_next(system, bench, chat)
    wait_delivered(following)
    wait_until(lambda: bench.count_calls(next_key), "the model's call for the next message")
    assert asked == [1]


def send_next(system: System, bench: Bench, chat: Chat) -> tuple[OutgoingMessage, str]:
    key = make_key()
    bench.model.scenarios[key] = lambda _turn: [Say("Done.")]
    assert system.post(f"chats/{chat.pk}/messages/", {"text": f"Go on. [{key}]"}) == 201
    return OutgoingMessage.objects.filter(chat=chat).order_by("position").reverse()[0], key
