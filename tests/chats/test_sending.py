"""Messages are queued, withdrawn and tried again; what is sent stays as it was written."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.enums import Role
from chats.domain.chats import archive_chat
from chats.domain.prompts import confirm_prompt, fail_prompt, record_posted, requeue_prompt
from chats.domain.sending import MAX_QUEUE, retry_message, send_message, withdraw_message
from chats.models import OutgoingMessage
from engines.domain.sessions import block_chat
from engines.models import Chat, Engine, Message
from events.actors import RELAY_ACTOR
from events.errors import Conflict, DomainError, Invalid, NotFound, Refused
from events.models import AuditEntry, Event
from tests.chats.conftest import Desk
from tests.factories import make_chat, make_principal, make_prompt, make_service, make_team, make_user

pytestmark = pytest.mark.django_db


def send(desk: Desk, text: str = "Hello", **values: Any) -> Message:
    return send_message(principal=desk.principal, chat_id=desk.chat.pk, text=text, **values)


def read_states(chat: Chat) -> list[tuple[int, str, str]]:
    """(place, state of the prompt, status of the message), in the queue's order."""
    rows = OutgoingMessage.objects.filter(chat=chat).order_by("position")
    return list(rows.values_list("position", "state", "message__user_message_status"))


def test_a_message_is_queued_with_what_it_is_sent_with(desk: Desk) -> None:
    message = send(desk, "  Fix it.\nPlease.  ", agent="plan", provider="p", model="m/1", variant="high")
    prompt = OutgoingMessage.objects.get()
    assert (message.role, message.user_message_status, message.ai_engine_message_id) == (
        "user",
        "pending",
        None,
    )
    assert Message.objects.get().parts == [{"id": "", "type": "text", "text": "Fix it.\nPlease."}]
    sent_with = (prompt.agent, prompt.provider, prompt.model, prompt.variant)
    assert sent_with == ("plan", "p", "m/1", "high")
    assert (prompt.state, prompt.attempts, prompt.engine_message_id, prompt.part_ids) == ("queued", 0, "", [])
    assert (prompt.sender_kind, prompt.sender_id, prompt.door) == ("user", desk.user.pk, "api")
    entry = AuditEntry.objects.get(verb="message.send")
    wishes = {"agent": "plan", "provider": "p", "model": "m/1", "variant": "high"}
    assert entry.after == {"message": message.pk, **wishes}
    events = Event.objects.filter(subject_kind="message", subject_id=message.pk).order_by("seq")
    assert [(event.kind, event.audience, event.words) for event in events] == [
        ("prompt.changed", f"team:{desk.team.pk}", {"chat": desk.chat.pk, "state": "queued"}),
        (
            "message.changed",
            f"team:{desk.team.pk}",
            {"chat": desk.chat.pk, "role": "user", "status": "pending"},
        ),
    ]
    assert Chat.objects.get(pk=desk.chat.pk).last_active == message.created


def test_no_word_of_a_message_reaches_the_log(desk: Desk) -> None:
    prompt = make_prompt(desk.chat, "the-secret-plan", is_claimed=True)
    fail_prompt(prompt=prompt, why="no such agent", now=timezone.now())
    texts = [*AuditEntry.objects.values_list("text", flat=True)]
    texts += [str(words) for words in Event.objects.values_list("words", flat=True)]
    assert [text for text in texts if "secret-plan" in text] == []


def test_a_message_without_an_agent_goes_to_the_chats(desk: Desk) -> None:
    chat = make_chat(desk.user, desk.engine, agent="build")
    send_message(principal=desk.principal, chat_id=chat.pk, text="a")
    send_message(principal=desk.principal, chat_id=chat.pk, text="b", agent="plan")
    agents = OutgoingMessage.objects.order_by("position").values_list("agent", flat=True)
    assert list(agents) == ["build", "plan"]


def test_a_chat_without_a_title_takes_its_first_words_with_secrets_masked(desk: Desk) -> None:
    chat = make_chat(desk.user, desk.engine, title="")
    token = "ghp_" + "a" * 36
    send_message(principal=desk.principal, chat_id=chat.pk, text=f"Use {token}\tnow\nand more")
    send_message(principal=desk.principal, chat_id=chat.pk, text="Another")
    title = Chat.objects.get(pk=chat.pk).title
    assert title.startswith("Use ")
    assert title.endswith("⇥now")
    assert token not in title


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"text": " \n "}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"text": "x" * 100_001}, "text"),
        ({"agent": "x" * 81}, "agent"),
        ({"provider": "p"}, "model"),
        ({"model": "m"}, "model"),
        ({"provider": "p", "model": "a\u202eb"}, "model"),
        ({"variant": "two\nlines"}, "variant"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value,
)
def test_what_can_not_be_sent_is_refused(desk: Desk, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as invalid:
        send(desk, **values)
    assert invalid.value.facts == {"field": field}
    assert (Message.objects.count(), OutgoingMessage.objects.count()) == (0, 0)


def test_half_a_model_is_stored_by_nobody(desk: Desk) -> None:
    message = Message.objects.create(chat=desk.chat, role="user")
    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingMessage.objects.create(message=message, chat=desk.chat, position=1, provider="p")


def test_only_the_chats_user_and_their_service_accounts_send(desk: Desk) -> None:
    service = make_principal(make_service(desk.user, desk.team))
    message = send_message(principal=service, chat_id=desk.chat.pk, text="From the service account")
    assert OutgoingMessage.objects.get(message=message).sender_kind == "service"
    for user in (make_user(desk.team, Role.ADMIN), make_user(desk.team, Role.VIEWER)):
        with pytest.raises(Refused):
            send_message(principal=make_principal(user), chat_id=desk.chat.pk, text="From somebody else")
    stranger = make_principal(make_user(make_team(), Role.ADMIN))
    with pytest.raises(NotFound):
        send_message(principal=stranger, chat_id=desk.chat.pk, text="From a stranger")
    assert Message.objects.count() == 1


def explain(desk: Desk) -> str:
    try:
        send(desk)
    except DomainError as error:
        return error.code
    return ""


def test_nothing_is_sent_in_a_chat_that_is_put_away_blocked_or_without_an_engine(desk: Desk) -> None:
    archive_chat(principal=desk.principal, chat_id=desk.chat.pk)
    codes = [explain(desk)]
    Chat.objects.filter(pk=desk.chat.pk).update(archived_at=None)
    block_chat(actor=RELAY_ACTOR, chat=desk.chat, why="test")
    codes.append(explain(desk))
    Engine.objects.filter(pk=desk.engine.pk).update(retired_at=timezone.now())
    codes.append(explain(desk))
    assert codes == ["archived", "blocked", "retired"]
    assert Message.objects.count() == 0


def test_a_queue_has_an_end(desk: Desk) -> None:
    for number in range(MAX_QUEUE):
        send(desk, f"{number}")
    assert explain(desk) == "queue_full"
    first = Message.objects.order_by("outgoing__position")[0]
    withdraw_message(principal=desk.principal, message_id=first.pk)
    assert explain(desk) == ""


def test_what_waits_can_be_withdrawn_and_stays_so(desk: Desk) -> None:
    message = send(desk)
    withdraw_message(principal=desk.principal, message_id=message.pk)
    assert read_states(desk.chat) == [(1, "withdrawn", "failed")]
    for act in (withdraw_message, retry_message):
        with pytest.raises(Conflict) as conflict:
            act(principal=desk.principal, message_id=message.pk)
        assert (conflict.value.code, conflict.value.message) == ("already", "It is withdrawn.")
    kinds = Event.objects.filter(subject_id=message.pk).order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["prompt.changed", "message.changed", "prompt.changed"]
    assert AuditEntry.objects.filter(verb="message.withdraw").count() == 1


@pytest.mark.parametrize("is_posted", [False, True])
def test_what_is_on_its_way_is_not_withdrawn(desk: Desk, is_posted: bool) -> None:
    prompt = make_prompt(desk.chat, is_claimed=True)
    if is_posted:
        record_posted(prompt=prompt, now=timezone.now())
    with pytest.raises(Conflict) as conflict:
        withdraw_message(principal=desk.principal, message_id=prompt.message_id)
    assert conflict.value.code == "already_sent"
    assert read_states(desk.chat) == [(1, "sent" if is_posted else "sending", "sending")]


def test_what_did_not_arrive_can_be_withdrawn(desk: Desk) -> None:
    prompt = make_prompt(desk.chat, is_claimed=True)
    requeue_prompt(prompt=prompt, error="No connection.", now=timezone.now())
    withdraw_message(principal=desk.principal, message_id=prompt.message_id)
    assert read_states(desk.chat) == [(1, "withdrawn", "failed")]


def test_a_team_admin_withdraws_in_anothers_chat_and_does_not_retry_there(desk: Desk) -> None:
    admin = make_principal(make_user(desk.team, Role.ADMIN))
    failed = make_prompt(desk.chat, is_claimed=True)
    fail_prompt(prompt=failed, why="No such agent.", now=timezone.now())
    waiting = send(desk)
    withdraw_message(principal=admin, message_id=waiting.pk)
    with pytest.raises(Refused):
        retry_message(principal=admin, message_id=failed.message_id)
    editor = make_principal(make_user(desk.team, Role.EDITOR))
    with pytest.raises(Refused):
        withdraw_message(principal=editor, message_id=failed.message_id)
    assert read_states(desk.chat) == [(1, "failed", "failed"), (2, "withdrawn", "failed")]


def test_a_failed_message_is_tried_again_behind_what_waits_and_with_its_ids(desk: Desk) -> None:
    prompt = make_prompt(desk.chat, "first", is_claimed=True)
    fail_prompt(prompt=prompt, why="No such agent.", now=timezone.now())
    send(desk, "second")
    retry_message(principal=desk.principal, message_id=prompt.message_id)
    assert read_states(desk.chat) == [(2, "queued", "pending"), (3, "queued", "pending")]
    again = OutgoingMessage.objects.get(pk=prompt.pk)
    assert (again.position, again.last_error, again.ended_at, again.attempts) == (3, "", None, 1)
    assert (again.engine_message_id, again.part_ids) == (prompt.engine_message_id, prompt.part_ids)
    assert again.message.ai_engine_message_id == prompt.engine_message_id
    with pytest.raises(Conflict) as conflict:
        retry_message(principal=desk.principal, message_id=prompt.message_id)
    assert conflict.value.message == "It is waiting."


def test_a_delivered_message_is_not_sent_again(desk: Desk) -> None:
    prompt = make_prompt(desk.chat, is_claimed=True)
    confirm_prompt(prompt=prompt, now=timezone.now())
    with pytest.raises(Conflict, match="It is delivered"):
        retry_message(principal=desk.principal, message_id=prompt.message_id)


def test_what_was_written_elsewhere_is_neither_withdrawn_nor_sent(desk: Desk) -> None:
    foreign = Message.objects.create(chat=desk.chat, role="user", ai_engine_message_id="msg_theirs")
    for act in (withdraw_message, retry_message):
        with pytest.raises(Conflict) as conflict:
            act(principal=desk.principal, message_id=foreign.pk)
        assert conflict.value.code == "not_ours"


def test_what_one_can_not_see_is_not_there(desk: Desk) -> None:
    message = send(desk)
    stranger = make_principal(make_user(make_team(), Role.ADMIN))
    for act in (withdraw_message, retry_message):
        for message_id in (message.pk, "nothing", "0" * 15):
            with pytest.raises(NotFound, match="There is no such message"):
                act(principal=stranger, message_id=message_id)
    assert read_states(desk.chat) == [(1, "queued", "pending")]


FROZEN = {
    "message_id": "0" * 15,
    "chat_id": "0" * 15,
    "agent": "other",
    "model": "other",
    "sender_id": "somebody",
    "door": "admin",
    "created_at": timezone.now,
    "engine_message_id": "msg_other",
    "part_ids": ["prt_other"],
}


@pytest.mark.parametrize("column", sorted(FROZEN))
def test_what_is_sent_and_as_what_never_changes(desk: Desk, column: str) -> None:
    prompt = make_prompt(desk.chat, is_claimed=True)
    value = FROZEN[column]
    with pytest.raises(IntegrityError, match="rows are kept"), transaction.atomic():
        OutgoingMessage.objects.filter(pk=prompt.pk).update(**{column: value() if callable(value) else value})


def test_a_delivered_or_withdrawn_prompt_never_changes(desk: Desk) -> None:
    prompt = make_prompt(desk.chat, is_claimed=True)
    confirm_prompt(prompt=prompt, now=timezone.now())
    withdrawn = send(desk)
    withdraw_message(principal=desk.principal, message_id=withdrawn.pk)
    for row in OutgoingMessage.objects.all():
        for values in ({"state": "queued", "ended_at": None}, {"last_error": "x"}, {"position": 9}):
            with pytest.raises(IntegrityError, match="rows are kept"), transaction.atomic():
                OutgoingMessage.objects.filter(pk=row.pk).update(**values)


def test_no_prompt_is_born_sent(desk: Desk) -> None:
    message = Message.objects.create(chat=desk.chat, role="user")
    for values in (
        {"state": "sending", "attempts": 1, "claimed_epoch": 1, "engine_message_id": "msg_1"},
        {"state": "failed", "ended_at": timezone.now()},
        {"attempts": 1},
        {"engine_message_id": "msg_1"},
    ):
        with pytest.raises(IntegrityError, match="do not begin"), transaction.atomic():
            OutgoingMessage.objects.create(message=message, chat=desk.chat, position=1, **values)
