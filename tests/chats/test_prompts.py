"""The outbox of prompts: what is due, claimed once, sent with the same ids each time, and how it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from chats.domain.prompts import (
    PromptIds,
    claim_prompt,
    confirm_prompt,
    fail_prompt,
    find_prompt,
    list_due_prompts,
    list_unsettled_prompts,
    record_posted,
    record_session,
    requeue_prompt,
)
from chats.models import OutgoingMessage
from engines.domain.sessions import record_session_state
from engines.models import Chat, Message
from events.actors import RELAY_ACTOR
from events.models import AuditEntry, Event
from tests.chats.conftest import Desk, make_desk
from tests.factories import make_chat, make_prompt, make_session

pytestmark = pytest.mark.django_db

IDS = PromptIds("msg_a", ["prt_a"])
OTHER_IDS = PromptIds("msg_b", ["prt_b"])


def list_due(desk: Desk, now: datetime | None = None) -> list[str]:
    prompts = list_due_prompts(engine_ids=[desk.engine.pk], now=now or timezone.now())
    return [prompt.message.parts[0]["text"] for prompt in prompts]


def claim(prompt: OutgoingMessage, ids: PromptIds = IDS, epoch: int = 1) -> bool:
    return claim_prompt(prompt=prompt, epoch=epoch, ids=ids, now=timezone.now())


def read(prompt: OutgoingMessage) -> dict[str, Any]:
    row = OutgoingMessage.objects.select_related("message").get(pk=prompt.pk)
    return {
        "state": row.state,
        "status": row.message.user_message_status,
        "attempts": row.attempts,
        "error": row.last_error,
        "ended": row.ended_at is not None,
    }


def test_one_prompt_of_each_chat_is_due_the_oldest_first(desk: Desk) -> None:
    other = make_chat(desk.user, desk.engine)
    for chat, text in ((desk.chat, "a1"), (other, "b1"), (desk.chat, "a2"), (other, "b2")):
        make_prompt(chat, text)
    make_prompt(make_desk().chat, "another engine's")
    assert list_due(desk) == ["a1", "b1"]


def test_a_prompt_is_due_when_its_time_has_come(desk: Desk) -> None:
    prompt = make_prompt(desk.chat, "a")
    now = timezone.now()
    OutgoingMessage.objects.filter(pk=prompt.pk).update(next_attempt_at=now + timedelta(seconds=5))
    assert list_due(desk, now + timedelta(seconds=4)) == []
    assert list_due(desk, now + timedelta(seconds=5)) == ["a"]


def test_a_claim_gives_the_message_its_ids(desk: Desk) -> None:
    prompt = make_prompt(desk.chat, "Hello")
    assert claim(prompt, epoch=7)
    message = Message.objects.get(pk=prompt.message_id)
    assert (message.ai_engine_message_id, message.user_message_status) == ("msg_a", "sending")
    assert message.parts == [{"id": "prt_a", "type": "text", "text": "Hello"}]
    assert (prompt.state, prompt.attempts, prompt.claimed_epoch) == ("sending", 1, 7)
    assert (prompt.engine_message_id, prompt.part_ids) == ("msg_a", ["prt_a"])
    assert list_due(desk) == []
    assert not claim(prompt, OTHER_IDS)
    entry = AuditEntry.objects.get(verb="message.claim")
    assert entry.after == {"message": message.pk, "attempt": 1}


def test_every_attempt_has_the_same_ids(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    for number in range(1, 4):
        assert claim(prompt, PromptIds(f"msg_{number}", [f"prt_{number}"]))
        requeue_prompt(prompt=prompt, error="No connection.", now=timezone.now())
    assert (prompt.engine_message_id, prompt.part_ids, prompt.attempts) == ("msg_1", ["prt_1"], 3)
    message = Message.objects.get(pk=prompt.message_id)
    assert (message.ai_engine_message_id, message.parts[0]["id"]) == ("msg_1", "prt_1")


def test_a_claim_needs_an_id_for_every_part(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    with pytest.raises(ValueError, match="zip"):
        claim(prompt, PromptIds("msg_a", []))
    assert read(prompt)["state"] == "queued"
    assert Message.objects.get(pk=prompt.message_id).ai_engine_message_id is None


def test_a_chat_has_one_prompt_on_its_way(desk: Desk) -> None:
    first, second = make_prompt(desk.chat, "first"), make_prompt(desk.chat, "second")
    assert not claim(second)
    assert claim(first)
    assert not claim(second, OTHER_IDS)
    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingMessage.objects.filter(pk=second.pk).update(
            state="sent", attempts=1, claimed_epoch=1, engine_message_id="msg_b"
        )
    confirm_prompt(prompt=first, now=timezone.now())
    assert claim(second, OTHER_IDS)


def test_the_way_of_a_message_in_its_statuses(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    now = timezone.now()
    claim(prompt)
    assert record_posted(prompt=prompt, now=now)
    assert (prompt.state, prompt.accepted_at) == ("sent", now)
    assert confirm_prompt(prompt=prompt, now=now)
    assert (prompt.delivered_at, prompt.ended_at) == (now, now)
    events = Event.objects.filter(subject_id=prompt.message_id).order_by("seq")
    states = [event.words["state"] for event in events if event.kind == "prompt.changed"]
    statuses = [event.words["status"] for event in events if event.kind == "message.changed"]
    assert states == ["queued", "sending", "sent", "delivered"]
    assert statuses == ["pending", "sending", "delivered"]
    verbs = (
        AuditEntry.objects.filter(verb__startswith="message.").order_by("n").values_list("verb", flat=True)
    )
    assert list(verbs) == ["message.send", "message.claim", "message.sent", "message.delivered"]


def test_what_did_not_arrive_waits_longer_each_time_up_to_a_minute(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    delays = []
    for _ in range(10):
        assert claim(prompt)
        now = timezone.now()
        assert requeue_prompt(prompt=prompt, error="No connection.", now=now)
        delays.append((prompt.next_attempt_at - now).total_seconds())
    assert delays == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert read(prompt) == {
        "state": "queued",
        "status": "pending",
        "attempts": 10,
        "error": "No connection.",
        "ended": False,
    }


def test_what_waits_for_something_else_can_say_how_long(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    claim(prompt)
    now = timezone.now()
    requeue_prompt(prompt=prompt, error="", now=now, delay=timedelta(seconds=3))
    assert prompt.next_attempt_at == now + timedelta(seconds=3)


def test_what_the_engine_refuses_fails_and_the_team_hears_of_it(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    claim(prompt)
    assert fail_prompt(prompt=prompt, why="No agent \x00" + "x" * 400, now=timezone.now())
    expected = {"state": "failed", "status": "failed", "attempts": 1, "ended": True}
    assert read(prompt) == {**expected, "error": "No agent \ufffd" + "x" * 290}
    failed = Event.objects.get(kind="message.failed")
    assert (failed.subject_id, failed.audience, failed.words) == (
        prompt.message_id,
        f"team:{desk.team.pk}",
        {"chat": desk.chat.pk, "role": "user", "status": "failed"},
    )


def test_a_failed_prompt_lets_the_next_one_go(desk: Desk) -> None:
    first = make_prompt(desk.chat, "first", is_claimed=True)
    make_prompt(desk.chat, "second")
    fail_prompt(prompt=first, why="No such agent.", now=timezone.now())
    assert list_due(desk) == ["second"]


@pytest.mark.parametrize("state", ["queued", "sending", "sent", "failed"])
def test_what_the_engine_has_is_delivered_whatever_we_thought(desk: Desk, state: str) -> None:
    prompt = make_prompt(desk.chat, is_claimed=True)
    now = timezone.now()
    if state == "queued":
        requeue_prompt(prompt=prompt, error="No answer.", now=now)
    elif state == "sent":
        record_posted(prompt=prompt, now=now)
    elif state == "failed":
        fail_prompt(prompt=prompt, why="No answer.", now=now)
    assert confirm_prompt(prompt=prompt, now=now)
    assert read(prompt) == {
        "state": "delivered",
        "status": "delivered",
        "attempts": 1,
        "error": "",
        "ended": True,
    }
    assert not confirm_prompt(prompt=prompt, now=now)
    assert not fail_prompt(prompt=prompt, why="late", now=now)
    assert not requeue_prompt(prompt=prompt, error="late", now=now)
    assert not record_posted(prompt=prompt, now=now)


def test_the_chats_preview_is_the_latest_of_what_was_delivered(desk: Desk) -> None:
    first = make_prompt(desk.chat, "Look at the set-up.", is_claimed=True)
    make_prompt(desk.chat, "And then?")
    assert Chat.objects.get(pk=desk.chat.pk).preview == ""
    confirm_prompt(prompt=first, now=timezone.now())
    assert Chat.objects.get(pk=desk.chat.pk).preview == "Look at the set-up."


def test_what_never_left_can_not_be_delivered(desk: Desk) -> None:
    prompt = make_prompt(desk.chat)
    assert not confirm_prompt(prompt=prompt, now=timezone.now())
    assert read(prompt)["state"] == "queued"


def test_a_prompt_is_found_by_what_the_engine_calls_it(desk: Desk) -> None:
    prompt = make_prompt(desk.chat, is_claimed=True)
    make_prompt(make_chat(desk.user, desk.engine))
    sent_as = prompt.engine_message_id
    assert find_prompt(engine=desk.engine, engine_message_id=sent_as) == prompt
    assert find_prompt(engine=make_desk().engine, engine_message_id=sent_as) is None
    assert find_prompt(engine=desk.engine, engine_message_id="msg_theirs") is None
    assert find_prompt(engine=desk.engine, engine_message_id="") is None


def test_what_may_have_been_sent_is_looked_into(desk: Desk) -> None:
    chats = [desk.chat, *(make_chat(desk.user, desk.engine) for _ in range(3))]
    sending, sent, queued, delivered = (make_prompt(chat, is_claimed=True) for chat in chats)
    now = timezone.now()
    record_posted(prompt=sent, now=now)
    requeue_prompt(prompt=queued, error="No connection.", now=now)
    confirm_prompt(prompt=delivered, now=now)
    make_prompt(make_desk().chat, is_claimed=True)
    assert list(list_unsettled_prompts(engine=desk.engine, sent_before=now)) == [sending, sent]
    assert sending.sent_at is not None
    assert list(list_unsettled_prompts(engine=desk.engine, sent_before=sending.sent_at)) == []


# Sessions ------------------------------------------------------------------------------------------------


def test_a_chat_gets_its_session_once(desk: Desk) -> None:
    chat = make_chat(desk.user, desk.engine)
    assert record_session(chat=chat, session_id="ses_new")
    assert chat.ai_engine_session_id == "ses_new"
    assert record_session(chat=chat, session_id="ses_new")
    assert not record_session(chat=chat, session_id="ses_other")
    assert Chat.objects.get(pk=chat.pk).ai_engine_session_id == "ses_new"
    assert AuditEntry.objects.filter(verb="chat.session", subject_id=chat.pk).count() == 1


def test_a_session_that_is_gone_is_replaced_and_the_chat_begins_afresh(desk: Desk) -> None:
    now = timezone.now()
    record_session_state(actor=RELAY_ACTOR, engine=desk.engine, session_id="ses_1", state="deleted", at=now)
    assert not record_session(chat=desk.chat, session_id="ses_2", replaces="ses_0")
    assert record_session(chat=desk.chat, session_id="ses_2", replaces="ses_1")
    chat = Chat.objects.get(pk=desk.chat.pk)
    assert (chat.ai_engine_session_id, chat.session_state, chat.turn) == ("ses_2", "unknown", "user")
    entry = AuditEntry.objects.get(verb="chat.session")
    assert (entry.before, entry.after) == (
        {"session": "ses_1"},
        {"session": "ses_2", "engine": desk.engine.pk},
    )


def test_what_was_being_written_in_a_session_that_is_gone_is_aborted(desk: Desk) -> None:
    finished, unfinished = (
        Message.objects.create(chat=desk.chat, role="assistant", engine_message_status=status)
        for status in ("completed", "processing")
    )
    record_session(chat=desk.chat, session_id=None, replaces="ses_1")
    statuses = Message.objects.filter(role="assistant").values_list("pk", "engine_message_status")
    assert dict(statuses) == {finished.pk: "completed", unfinished.pk: "aborted"}
    assert Message.objects.filter(role="system").count() == 1
    assert Event.objects.filter(kind="chat.aborted", subject_id=desk.chat.pk).count() == 1


def test_a_session_that_is_gone_can_be_let_go_of(desk: Desk) -> None:
    assert record_session(chat=desk.chat, session_id=None, replaces="ses_1")
    assert desk.chat.ai_engine_session_id is None


def test_no_two_chats_have_one_session(desk: Desk) -> None:
    make_session(desk.engine, "ses_adopted")
    chat = make_chat(desk.user, desk.engine)
    assert not record_session(chat=chat, session_id="ses_adopted")
    assert Chat.objects.get(pk=chat.pk).ai_engine_session_id is None
