"""A prompt waits for everything that speaks against sending it, and says for what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.enums import Role
from chats.domain.chats import archive_chat
from chats.domain.holds import describe_wait, explain_waiting
from chats.domain.prompts import (
    PromptIds,
    claim_prompt,
    confirm_prompt,
    fail_prompt,
    list_due_prompts,
    list_prompts,
    requeue_prompt,
)
from chats.domain.sending import withdraw_message
from chats.domain.turns import stop_turn
from chats.models import OutgoingMessage
from engines.domain.sessions import block_chat, record_session_state
from engines.models import Chat, Engine
from events.actors import RELAY_ACTOR
from governance.domain.decide import deny_request
from governance.domain.gate import NO_GATE
from governance.domain.questions import reject_question
from governance.domain.replies import claim_reply, confirm_reply
from governance.models import EngineGate, EngineReply, PermissionRequest, Question
from tests.chats.conftest import Desk
from tests.factories import (
    make_principal,
    make_prompt,
    make_question,
    make_request,
    make_session,
    make_user,
)

pytestmark = pytest.mark.django_db


def look(prompt: OutgoingMessage) -> tuple[str, bool, bool]:
    """Why it waits, whether it is listed as due, whether it can be claimed (and is put back)."""
    row = list_prompts().get(pk=prompt.pk)
    now = timezone.now()
    due = list_due_prompts(engine_ids=[row.chat.engine_id], now=now + timedelta(hours=1))
    why, is_due = explain_waiting(row), row in due
    is_claimed = claim_prompt(prompt=row, epoch=1, ids=PromptIds("msg_x", ["prt_x"]), now=now)
    if is_claimed:
        requeue_prompt(prompt=row, error="", now=now)
    return why, is_due, is_claimed


FREE = ("", True, True)


def tell_state(desk: Desk, state: str, session_id: str = "ses_1") -> None:
    record_session_state(
        actor=RELAY_ACTOR, engine=desk.engine, session_id=session_id, state=state, at=timezone.now()
    )


def end_turn(desk: Desk) -> None:
    tell_state(desk, "idle")


def answer_all(desk: Desk) -> None:
    """Deny and reject what is open, and have the engine confirm it."""
    admin = make_principal(make_user(desk.team, Role.ADMIN))
    for request in PermissionRequest.objects.filter(state="pending"):
        deny_request(principal=admin, request_id=request.pk, fingerprint=request.fingerprint)
    for question in Question.objects.filter(state="open"):
        reject_question(principal=admin, question_id=question.pk)
    for reply in EngineReply.objects.filter(state="queued"):
        claim_reply(reply=reply, epoch=1, now=timezone.now())
        confirm_reply(reply=reply, now=timezone.now())


def ask_below(desk: Desk, make: Callable[..., object]) -> None:
    """The same by a subagent's subagent."""
    make_session(desk.engine, "ses_child", parent_id="ses_1")
    make_session(desk.engine, "ses_grandchild", parent_id="ses_child")
    make(desk.engine, session_id="ses_grandchild")


HOLDS: dict[str, tuple[str, Callable[[Desk], object], Callable[[Desk], object]]] = {
    "turn": ("It is the agent's turn.", lambda desk: tell_state(desk, "busy"), end_turn),
    "retry": ("It is the agent's turn.", lambda desk: tell_state(desk, "retry"), end_turn),
    "request": (
        "The agent waits for a permission.",
        lambda desk: make_request(desk.engine, session_id="ses_1"),
        answer_all,
    ),
    "request below": (
        "The agent waits for a permission.",
        lambda desk: ask_below(desk, make_request),
        answer_all,
    ),
    "question": (
        "The agent waits for an answer.",
        lambda desk: make_question(desk.engine, session_id="ses_1"),
        answer_all,
    ),
    "question below": (
        "The agent waits for an answer.",
        lambda desk: ask_below(desk, make_question),
        answer_all,
    ),
    "archive": (
        "The chat is archived.",
        lambda desk: Chat.objects.filter(pk=desk.chat.pk).update(archived_at=timezone.now()),
        lambda desk: Chat.objects.filter(pk=desk.chat.pk).update(archived_at=None),
    ),
    "incident": (
        "The chat is blocked after an incident.",
        lambda desk: block_chat(actor=RELAY_ACTOR, chat=desk.chat, why="test"),
        lambda desk: Chat.objects.filter(pk=desk.chat.pk).update(blocked_at=None),
    ),
    "pause": (
        "The engine is switched off.",
        lambda desk: Engine.objects.filter(pk=desk.engine.pk).update(is_enabled=False),
        lambda desk: Engine.objects.filter(pk=desk.engine.pk).update(is_enabled=True),
    ),
}


@pytest.mark.parametrize("name", sorted(HOLDS))
def test_a_prompt_waits_for_it_and_goes_afterwards(desk: Desk, name: str) -> None:
    why, begin, end = HOLDS[name]
    prompt = make_prompt(desk.chat)
    assert look(prompt) == FREE
    begin(desk)
    assert look(prompt) == (why, False, False)
    end(desk)
    assert look(prompt) == FREE


def test_a_retired_engine_is_sent_nothing(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    Engine.objects.update(retired_at=timezone.now())
    assert look(prompt) == ("The engine is retired.", False, False)


def test_a_decision_is_heard_before_the_next_prompt(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    request = make_request(desk.engine, session_id="ses_1")
    admin = make_principal(make_user(desk.team, Role.ADMIN))
    deny_request(principal=admin, request_id=request.pk, fingerprint=request.fingerprint)
    assert look(prompt) == ("A decision is on its way to the agent.", False, False)
    reply = EngineReply.objects.get()
    claim_reply(reply=reply, epoch=1, now=timezone.now())
    assert look(prompt) == ("A decision is on its way to the agent.", False, False)
    confirm_reply(reply=reply, now=timezone.now())
    assert look(prompt) == FREE


def test_what_other_chats_wait_for_holds_nothing(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    make_session(desk.engine, "ses_other")
    tell_state(desk, "busy", "ses_other")
    make_request(desk.engine, session_id="ses_other")
    make_question(desk.engine, session_id="ses_other")
    assert look(prompt) == FREE


def test_an_ungated_engine_is_sent_nothing_but_may_open_the_folder(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    EngineGate.objects.update(waived_at=None, waived_by_id="", waived_by_label="", waived_reason="")
    assert look(prompt) == (NO_GATE, True, False)


def test_earlier_messages_go_first(desk: Desk) -> None:
    first, second = make_prompt(desk.chat, "first"), make_prompt(desk.chat, "second")
    assert look(second) == ("Earlier messages of the chat go first.", False, False)
    withdraw_message(principal=desk.principal, message_id=first.message_id)
    assert look(second) == FREE


def test_while_the_agent_is_being_stopped_nothing_goes(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    tell_state(desk, "busy")
    stop_turn(principal=desk.principal, chat_id=desk.chat.pk)
    end_turn(desk)
    assert look(prompt) == ("The agent is being stopped.", False, False)


def test_only_what_is_queued_waits(desk: Desk) -> None:
    sending = make_prompt(desk.chat, is_claimed=True)
    tell_state(desk, "busy")
    assert explain_waiting(list_prompts().get(pk=sending.pk)) == ""
    assert describe_wait(list_prompts().get(pk=sending.pk)) == "It is on its way."
    confirm_prompt(prompt=sending, now=timezone.now())
    assert describe_wait(list_prompts().get(pk=sending.pk)) == ""


def test_people_also_read_what_delays_it(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)

    def read() -> str:
        return describe_wait(list_prompts().get(pk=prompt.pk))

    said = [read()]
    Engine.objects.update(state="offline")
    said.append(read())
    Engine.objects.update(state="online")
    said.append(read())
    look(prompt)
    row = list_prompts().get(pk=prompt.pk)
    claim_prompt(prompt=row, epoch=1, ids=PromptIds("msg_x", ["prt_x"]), now=timezone.now())
    requeue_prompt(prompt=row, error="No connection to the engine.", now=timezone.now())
    said.append(read())
    fail_prompt(prompt=row, why="Given up.", now=timezone.now())
    said.append(read())
    assert said == [
        "The engine is not seen yet.",
        "The engine is offline.",
        "It is about to be sent.",
        "It is tried again: No connection to the engine.",
        "",
    ]


def test_a_chat_put_away_by_its_user_keeps_nothing_waiting(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    withdraw_message(principal=desk.principal, message_id=prompt.message_id)
    archive_chat(principal=desk.principal, chat_id=desk.chat.pk)
    assert list(list_due_prompts(engine_ids=[desk.engine.pk], now=timezone.now())) == []
