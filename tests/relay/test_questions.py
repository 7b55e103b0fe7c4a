"""Questions on the real engine: an agent asks, a person answers or rejects, the agent goes on or stops."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import QuerySet

from engines.models import Subagent
from events.models import Event
from governance.domain.questions import answer_question, read_question, reject_question
from governance.enums import CloseReason, QuestionState
from governance.models import EngineReply, Question
from governance.question_content import Option, QuestionItem
from relay.demo.scenarios import Use
from tests.relay.conftest import Desk, running_relay
from tests.support.engine_lab import EngineLab

pytestmark = pytest.mark.engine

COLOUR: dict[str, Any] = {
    "question": "Which colour?",
    "header": "Colour",
    "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
}
TOPPINGS: dict[str, Any] = {
    "question": "What goes on it?",
    "header": "Toppings",
    "options": [{"label": "Cheese", "description": "old"}, {"label": "Olives", "description": "black"}],
    "multiple": True,
}


def ask(lab: EngineLab, key: str, *questions: dict[str, Any]) -> None:
    lab.add_scenario(key, Use.one("question", questions=list(questions)))


async def wait_question(desk: Desk, session_id: str, state: QuestionState = QuestionState.OPEN) -> Question:
    rows = Question.objects.filter(session_id=session_id, state=state).select_related("chat")
    return await desk.wait(rows.first, f"a question of {session_id}, {state.value}")


async def wait_reply(desk: Desk, question: Question, reply: str, state: str) -> None:
    rows = EngineReply.objects.filter(question=question, reply=reply, state=state)
    await desk.wait(rows.exists, f"{reply} {state} of {question}")


def notices() -> QuerySet[Event]:
    return Event.objects.filter(kind="notice.foreign_answer")


async def test_an_answer_reaches_the_agent_and_it_goes_on(desk: Desk, engine_lab: EngineLab) -> None:
    ask(engine_lab, "questions_answer", COLOUR)
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("questions_answer")
        question = await wait_question(desk, session_id)
        read = await desk.run(lambda: read_question(principal=desk.reviewer, question=question))
        options = (Option("Red", "warm"), Option("Blue", "cold"))
        assert read.items == (QuestionItem("Which colour?", "Colour", options),)
        await desk.run(
            lambda: answer_question(principal=desk.reviewer, question_id=question.pk, answers=[["Blue"]])
        )
        await wait_reply(desk, question, "answer", "confirmed")
        await visitor.wait_idle(session_id)
    assert engine_lab.find_answers("questions_answer")[-1].answer == "Understood: Blue"
    assert not await desk.run(notices().exists)


async def test_several_are_answered_at_once_in_own_words_too(desk: Desk, engine_lab: EngineLab) -> None:
    ask(engine_lab, "questions_several", TOPPINGS, COLOUR)
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("questions_several")
        question = await wait_question(desk, session_id)
        answers = [["Cheese", "Olives"], ["A dark green"]]
        await desk.run(
            lambda: answer_question(principal=desk.reviewer, question_id=question.pk, answers=answers)
        )
        await wait_reply(desk, question, "answer", "confirmed")
        await visitor.wait_idle(session_id)
        message = await visitor.client.get_message(engine_lab.directory, session_id, question.tool_message_id)
    assert message is not None
    [part] = [part for part in message.parts if part.call_id == question.tool_call_id]
    assert part.status == "completed"


async def test_a_rejected_question_stops_the_turn(desk: Desk, engine_lab: EngineLab) -> None:
    ask(engine_lab, "questions_reject", COLOUR)
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("questions_reject")
        question = await wait_question(desk, session_id)
        await desk.run(lambda: reject_question(principal=desk.reviewer, question_id=question.pk))
        await wait_reply(desk, question, "reject", "confirmed")
        await visitor.wait_idle(session_id)
        assert not (await visitor.client.list_questions(engine_lab.directory)).items
    assert not await desk.run(notices().exists)


async def test_a_question_asked_while_nobody_listened_is_found_and_one_answered_then_is_closed(
    desk: Desk, engine_lab: EngineLab
) -> None:
    ask(engine_lab, "questions_listed", COLOUR)
    engine = await desk.register(engine_lab)
    async with engine_lab.connect() as visitor:
        session_id = await visitor.prompt("questions_listed")
        asked = await visitor.wait_question(session_id)
        async with running_relay():
            await desk.wait_online(engine)
            question = await wait_question(desk, session_id)
        await visitor.client.reply_question(engine_lab.directory, asked.id, [["Red"]])
        await visitor.wait_idle(session_id)
        async with running_relay():
            closed = await wait_question(desk, session_id, QuestionState.CLOSED)
    assert (closed.pk, closed.close_reason) in {
        (question.pk, CloseReason.ENGINE_DROPPED),
        (question.pk, CloseReason.ENGINE_RESTARTED),
    }
    assert not await desk.run(EngineReply.objects.exists)


async def test_an_answer_given_in_the_engine_itself_closes_it_with_a_notice(
    desk: Desk, engine_lab: EngineLab
) -> None:
    ask(engine_lab, "questions_foreign", COLOUR)
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("questions_foreign")
        question = await wait_question(desk, session_id)
        await visitor.client.reply_question(engine_lab.directory, question.engine_question_id, [["Red"]])
        closed = await wait_question(desk, session_id, QuestionState.CLOSED)
        await visitor.wait_idle(session_id)
    assert closed.close_reason == CloseReason.ANSWERED_ELSEWHERE
    kinds = await desk.run(lambda: list(notices().values_list("kind", "subject_id")))
    assert kinds == [("notice.foreign_answer", question.pk)]


async def test_an_aborted_turns_question_is_closed_and_rejected(desk: Desk, engine_lab: EngineLab) -> None:
    ask(engine_lab, "questions_abort", COLOUR)
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("questions_abort")
        question = await wait_question(desk, session_id)
        await visitor.client.abort(engine_lab.directory, session_id)
        closed = await wait_question(desk, session_id, QuestionState.CLOSED)
        replies = EngineReply.objects.filter(question=question)
        await desk.wait(lambda: replies.exclude(state__in=["queued", "sent"]).exists(), "the reject, ended")
        listed = (await visitor.client.list_questions(engine_lab.directory)).items
    assert closed.close_reason in {CloseReason.SESSION_ABORTED, CloseReason.SESSION_ENDED}
    assert [asked for asked in listed if asked.session_id == session_id] == []


async def test_a_subagents_question_names_its_delegation(desk: Desk, engine_lab: EngineLab) -> None:
    engine_lab.add_scenario("questions_child_work", Use.one("question", questions=[COLOUR]))
    task = {"description": "Ask", "prompt": "Ask. [questions_child_work]", "subagent_type": "general"}
    engine_lab.add_scenario("questions_child", Use.one("task", **task))
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        parent_id = await visitor.prompt("questions_child")
        (request,) = await desk.wait_sealed(parent_id)
        await desk.approve(request)
        rows = Question.objects.filter(engine=engine, state=QuestionState.OPEN, subagent__isnull=False)
        question = await desk.wait(rows.select_related("subagent", "chat").first, "the subagent's question")
        waiting = Subagent.objects.filter(pk=question.subagent_id, status="waiting_human")
        await desk.wait(waiting.exists, "the delegation waits for a person")
        assert question.chat == await desk.chat(parent_id)
        await desk.run(
            lambda: answer_question(principal=desk.reviewer, question_id=question.pk, answers=[["Red"]])
        )
        await wait_reply(desk, question, "answer", "confirmed")
        await visitor.wait_idle(parent_id)
