"""An agent asks people something and waits for what they answer."""

from __future__ import annotations

import asyncio

import pytest

from accounts.enums import Scope
from accounts.models import User
from governance.domain.questions import answer_question, reject_question
from live.hub import get_hub
from portal.application import Application
from tests.factories import make_principal, make_token
from tests.mcp_door.conftest import connect, in_thread, until

pytestmark = pytest.mark.django_db(transaction=True)

ITEMS = [
    {"question": "Which colour?", "options": [{"label": "Red"}, {"label": "Blue"}]},
    {"question": "Why?", "custom": True},
]


async def test_an_agent_asks_waits_and_is_answered(
    application: Application, approver: User, agent: User
) -> None:
    secret = await in_thread(make_token, agent, Scope.QUESTIONS_ASK)
    async with connect(application, secret) as client:
        asked = (await client.call_tool("ask_question", {"items": ITEMS})).structured_content
        pending = await client.call_tool("wait_for_answer", {"id": asked["id"], "timeout_s": 0})
        call = asyncio.create_task(client.call_tool("wait_for_answer", {"id": asked["id"]}))
        await until(lambda: any(subject.id == asked["id"] for subject in get_hub().waiters) or call.done())
        await in_thread(
            answer_question,
            principal=make_principal(approver),
            question_id=asked["id"],
            answers=[["Blue"], ["It is calmer."]],
        )
        told = (await call).structured_content
    assert (asked["state"], asked["answers"]) == ("pending", None)
    assert pending.structured_content == asked
    assert (told["state"], told["answers"]) == ("answered", [["Blue"], ["It is calmer."]])


async def test_a_rejected_question_says_so(application: Application, approver: User, agent: User) -> None:
    secret = await in_thread(make_token, agent, Scope.QUESTIONS_ASK)
    async with connect(application, secret) as client:
        asked = (await client.call_tool("ask_question", {"items": ITEMS})).structured_content
        await in_thread(reject_question, principal=make_principal(approver), question_id=asked["id"])
        told = (await client.call_tool("wait_for_answer", {"id": asked["id"]})).structured_content
    assert (told["state"], told["answers"], told["next"]) == (
        "rejected",
        None,
        "It will not be answered: do without.",
    )
