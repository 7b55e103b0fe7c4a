"""Many at one chat's outbox at the same moment: in order, each sent once, whoever is first."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.enums import Role
from accounts.principal import Principal
from chats.domain.chats import mark_read, take_over_chat
from chats.domain.prompts import (
    PromptIds,
    claim_prompt,
    confirm_prompt,
    fail_prompt,
    list_due_prompts,
    list_prompts,
    list_unsettled_prompts,
    record_posted,
    record_session,
    requeue_prompt,
)
from chats.domain.sending import retry_message, send_message, withdraw_message
from chats.domain.turns import claim_stop, stop_turn
from chats.models import ChatRead, OutgoingMessage, TurnStop
from engines.domain.sessions import record_session_state
from engines.models import Chat, Message
from events.actors import RELAY_ACTOR
from events.audit import verify_chain
from events.errors import DomainError
from events.models import AuditEntry
from tests.chats.conftest import Desk
from tests.factories import make_chat, make_principal, make_prompt, make_request, make_session, make_user
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]


def attempt(act: Callable[[], object], done: str) -> str:
    """`done`, or why not."""
    try:
        outcome = act()
    except DomainError as error:
        return error.code
    return done if outcome is not False else "too late"


def test_messages_sent_at_once_have_places_of_their_own(desk: Desk) -> None:
    sends = [
        partial(send_message, principal=desk.principal, chat_id=desk.chat.pk, text=f"{number}")
        for number in range(8)
    ]
    run_together(sends)
    assert sorted(OutgoingMessage.objects.values_list("position", flat=True)) == list(range(1, 9))
    assert verify_chain() == []


def claim(prompt: OutgoingMessage, name: str) -> str:
    row = list_prompts().get(pk=prompt.pk)
    ids = PromptIds(f"msg_{name}", [f"prt_{name}"])
    taken = claim_prompt(prompt=row, epoch=1, ids=ids, now=timezone.now())
    return f"msg_{name}" if taken else "too late"


def test_of_eight_claims_one_has_the_prompt_and_its_ids(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    outcomes = run_together([partial(claim, prompt, f"{number}") for number in range(8)])
    row = OutgoingMessage.objects.select_related("message").get()
    assert Counter(outcomes) == {row.engine_message_id: 1, "too late": 7}
    assert (row.attempts, row.message.ai_engine_message_id) == (1, row.engine_message_id)
    assert row.message.parts[0]["id"] == row.part_ids[0]


def test_of_two_prompts_of_a_chat_claimed_at_once_the_first_goes(desk: Desk) -> None:
    prompts = [make_prompt(desk.chat, f"{number}") for number in range(4)]
    outcomes = run_together([partial(claim, prompt, f"{n}") for n, prompt in enumerate(prompts)])
    assert outcomes == ["msg_0", "too late", "too late", "too late"]


@pytest.mark.parametrize("round_number", range(3))
def test_a_prompt_is_either_withdrawn_or_sent(desk: Desk, round_number: int) -> None:
    prompt = make_prompt(desk.chat, f"{round_number}")
    withdraw = partial(withdraw_message, principal=desk.principal, message_id=prompt.message_id)
    outcomes = run_together([partial(attempt, withdraw, "withdrawn"), partial(claim, prompt, "a")])
    state = OutgoingMessage.objects.get().state
    assert (outcomes, state) in [
        (["withdrawn", "too late"], "withdrawn"),
        (["already_sent", "msg_a"], "sending"),
    ]


def test_a_failed_message_is_tried_again_once(desk: Desk) -> None:
    prompt = make_prompt(desk.chat, is_claimed=True)
    fail_prompt(prompt=prompt, why="No such agent.", now=timezone.now())
    retry = partial(retry_message, principal=desk.principal, message_id=prompt.message_id)
    outcomes = run_together([partial(attempt, retry, "retried") for _ in range(4)])
    assert Counter(outcomes) == {"retried": 1, "already": 3}
    row = OutgoingMessage.objects.get()
    assert (row.state, row.position) == ("queued", 2)


def test_a_prompt_ends_in_one_way(desk: Desk) -> None:
    prompt = make_prompt(desk.chat, is_claimed=True)
    now = timezone.now()

    def read() -> OutgoingMessage:
        return OutgoingMessage.objects.get(pk=prompt.pk)

    acts: list[Callable[[], object]] = [
        lambda: confirm_prompt(prompt=read(), now=now),
        lambda: confirm_prompt(prompt=read(), now=now),
        lambda: requeue_prompt(prompt=read(), error="late", now=now),
        lambda: record_posted(prompt=read(), now=now),
    ]
    outcomes = run_together([partial(attempt, act, "done") for act in acts])
    assert Counter(outcomes[:2]) == {"done": 1, "too late": 1}
    row = OutgoingMessage.objects.select_related("message").get()
    assert (row.state, row.message.user_message_status) == ("delivered", "delivered")
    assert AuditEntry.objects.filter(verb="message.delivered").count() == 1
    assert verify_chain() == []


def test_a_request_that_comes_with_the_claim_leaves_one_truth(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    acts: list[Callable[[], str]] = [
        partial(claim, prompt, "a"),
        lambda: make_request(desk.engine, session_id="ses_1").state,
    ]
    outcomes = run_together(acts)
    state = OutgoingMessage.objects.get().state
    assert (outcomes[0], state) in [("msg_a", "sending"), ("too late", "queued")]


def test_of_many_who_take_a_chat_over_one_has_it(desk: Desk) -> None:
    make_session(desk.engine, "ses_adopted")
    chat = Chat.objects.get(ai_engine_session_id="ses_adopted")
    people = [make_user(desk.team, Role.EDITOR) for _ in range(4)]

    def take(principal: Principal) -> str:
        return attempt(partial(take_over_chat, principal=principal, chat_id=chat.pk), principal.user.pk)

    outcomes = run_together([partial(take, make_principal(user)) for user in people])
    owner = Chat.objects.get(pk=chat.pk).user_id
    assert Counter(outcomes) == {owner: 1, "already": 3}


def test_of_two_sessions_made_for_a_chat_it_has_one(desk: Desk) -> None:
    chat = make_chat(desk.user, desk.engine)

    def record(session_id: str) -> bool:
        return record_session(chat=Chat.objects.get(pk=chat.pk), session_id=session_id)

    outcomes = run_together([partial(record, f"ses_new_{number}") for number in range(4)])
    assert Counter(outcomes) == {True: 1, False: 3}
    winner = f"ses_new_{outcomes.index(True)}"
    assert Chat.objects.get(pk=chat.pk).ai_engine_session_id == winner


def test_one_session_is_one_chats(desk: Desk) -> None:
    chats = [make_chat(desk.user, desk.engine) for _ in range(4)]
    outcomes = run_together([partial(record_session, chat=chat, session_id="ses_new") for chat in chats])
    assert Counter(outcomes) == {True: 1, False: 3}
    assert Chat.objects.filter(ai_engine_session_id="ses_new").count() == 1


def test_a_turn_stopped_by_many_is_stopped_once(desk: Desk) -> None:
    now = timezone.now()
    record_session_state(actor=RELAY_ACTOR, engine=desk.engine, session_id="ses_1", state="busy", at=now)
    stops = run_together([partial(stop_turn, principal=desk.principal, chat_id=desk.chat.pk)] * 4)
    assert {stop.pk for stop in stops} == set(TurnStop.objects.values_list("pk", flat=True))
    claims = [lambda: claim_stop(stop=TurnStop.objects.get(), epoch=1, now=now)] * 4
    assert Counter(run_together(claims)) == {True: 1, False: 3}
    assert TurnStop.objects.count() == 1


def test_marks_made_at_once_are_one_and_the_latest(desk: Desk) -> None:
    now = timezone.now()
    moments = [now.replace(microsecond=number * 1000) - timedelta(days=1) for number in range(8)]
    run_together(
        [partial(mark_read, principal=desk.principal, chat_id=desk.chat.pk, at=at) for at in moments]
    )
    assert [row.read_at for row in ChatRead.objects.all()] == [max(moments)]


# Processes -----------------------------------------------------------------------------------------------


@contextmanager
def begun(argument_lists: Sequence[Sequence[str]]) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are at work, all begun at once; none is left behind."""
    environment = {
        **os.environ,
        "DATABASE_URL": describe_database(),
        "COUNTERSIGN_KEYS_FILE": str(settings.COUNTERSIGN_KEYS_FILE),
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.chats.sending_process", *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for arguments in argument_lists
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def describe_database() -> str:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return (
        f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    )


def test_what_four_processes_send_and_deliver_goes_once_and_in_order(desk: Desk) -> None:
    other = make_chat(desk.user, desk.engine, "ses_2")
    work = [
        [desk.user.pk, chat.pk, "3", "12", f"s{number}"]
        for number, chat in enumerate((desk.chat, desk.chat, other, other))
    ]
    with begun(work) as processes:
        answers = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    delivered = " ".join(answers).split()
    rows = OutgoingMessage.objects.select_related("message").order_by("chat", "position")
    assert sorted(delivered) == sorted(Message.objects.values_list("pk", flat=True))
    assert {(row.state, row.attempts, row.message.user_message_status) for row in rows} == {
        ("delivered", 1, "delivered")
    }
    for chat in (desk.chat, other):
        of_chat = [row for row in rows if row.chat_id == chat.pk]
        assert [row.position for row in of_chat] == list(range(1, 7))
        claimed = [row.sent_at for row in of_chat if row.sent_at is not None]
        ended = [row.ended_at for row in of_chat if row.ended_at is not None]
        assert all(end <= begin for end, begin in zip(ended, claimed[1:], strict=False))
        texts = [row.message.parts[0]["text"] for row in of_chat]
        for name in ("s0", "s1", "s2", "s3"):
            of_sender = [text for text in texts if text.startswith(name)]
            assert of_sender in ([], [f"{name} {number}" for number in range(3)])
    assert verify_chain() == []


def test_a_killed_process_leaves_every_message_to_be_delivered_once_under_its_ids(desk: Desk) -> None:
    total = 12
    prompts = OutgoingMessage.objects.filter(chat=desk.chat)
    deadline_s = time.monotonic() + 60
    with begun([[desk.user.pk, desk.chat.pk, f"{total}", f"{total}", "s"]]) as [process]:
        # In the middle of claims and confirmations; which one, chance decides.
        while prompts.filter(attempts__gt=0).count() < 3:
            assert process.poll() is None
            assert time.monotonic() < deadline_s
        process.kill()
        process.wait()
    assert prompts.count() == total
    left = {row.pk: (row.state, row.attempts, row.engine_message_id, row.part_ids) for row in prompts}
    assert Counter(row[0] for row in left.values() if row[0] in {"sending", "sent"}).total() <= 1
    for row in list_unsettled_prompts(engine=desk.engine, sent_before=timezone.now()):
        requeue_prompt(prompt=row, error="The relay died.", now=timezone.now(), delay=timedelta(0))
    for number in range(total):
        for row in list_due_prompts(engine_ids=[desk.engine.pk], now=timezone.now()):
            assert claim(row, f"again_{number}") != "too late"
            confirm_prompt(prompt=row, now=timezone.now())
    for row in prompts.select_related("message"):
        state, attempts, message_id, part_ids = left[row.pk]
        assert row.state == "delivered"
        assert row.attempts == attempts + (state != "delivered")
        assert (row.engine_message_id, row.part_ids) == (message_id, part_ids) or not attempts
        assert row.message.ai_engine_message_id == row.engine_message_id
    assert verify_chain() == []
