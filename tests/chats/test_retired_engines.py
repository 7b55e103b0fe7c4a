"""What an engine leaves unsent when it is retired fails, with that reason, and its people are told."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.enums import Role
from chats.domain.prompts import confirm_prompt
from chats.models import OutgoingMessage, TurnStop
from engines.domain.retirement import describe_retirement, retire_engine_as
from engines.models import Message
from events.models import Event
from tests.chats.conftest import Desk
from tests.factories import make_chat, make_principal, make_prompt, make_user

pytestmark = pytest.mark.django_db


def test_nothing_is_left_waiting_for_an_engine_that_is_gone(desk: Desk) -> None:
    delivered = make_prompt(desk.chat, "delivered", is_claimed=True)
    confirm_prompt(prompt=delivered, now=timezone.now())
    make_prompt(desk.chat, "on its way", is_claimed=True)
    make_prompt(desk.chat, "waiting")
    TurnStop.objects.create(chat=desk.chat, asker_kind="user", asker_id="u", door="api")
    assert describe_retirement(desk.engine) == ["2 messages will not be sent."]
    admin = make_principal(make_user(desk.team, Role.ADMIN))
    retire_engine_as(principal=admin, engine=desk.engine)
    rows = OutgoingMessage.objects.order_by("position")
    assert list(rows.values_list("state", "last_error")) == [
        ("delivered", ""),
        ("failed", "The engine was retired before it took this up; whether it arrived is not known."),
        ("failed", "The engine was retired before this was sent."),
    ]
    statuses = Message.objects.order_by("outgoing__position").values_list("user_message_status", flat=True)
    assert list(statuses) == ["delivered", "failed", "failed"]
    assert [stop.state for stop in TurnStop.objects.all()] == ["failed"]
    assert Event.objects.filter(kind="message.failed").count() == 2
    assert describe_retirement(desk.engine) == []


def test_one_message_is_one(desk: Desk) -> None:
    make_prompt(make_chat(desk.user, desk.engine))
    assert describe_retirement(desk.engine) == ["1 message will not be sent."]
