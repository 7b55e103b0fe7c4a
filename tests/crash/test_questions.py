"""kill -9 of our own processes at every step of an answer: it is heard once, and the record says so."""

from __future__ import annotations

from typing import Any

import pytest

from governance.enums import QuestionState
from governance.models import EngineReply, Question
from tests.crash.conftest import Bench, System, wait_until

pytestmark = [pytest.mark.engine, pytest.mark.slow]

STEPS = ("asked", "answered", "claimed", "posted", "accepted")
COLOUR: dict[str, Any] = {
    "question": "Which colour?",
    "header": "Colour",
    "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
}


def read_replies(question: Question) -> list[tuple[str, str]]:
    rows = EngineReply.objects.filter(question=question).order_by("created_at", "id")
    return list(rows.values_list("reply", "state"))


def answer(system: System, question: Question) -> int:
    return system.post(f"questions/{question.pk}/answer/", {"answers": [["Blue"]]})


def reach(step: str, system: System, bench: Bench) -> tuple[Question, str]:
    """Bring an answer to `step` and hold it there; with the key of what the model says."""
    session_id, key = bench.ask_question(COLOUR)
    question = wait_until(Question.objects.filter(session_id=session_id).first, "the question")
    if step == "asked":
        return question, key
    proxy = bench.proxy
    gates = {
        "answered": [proxy.status],
        "claimed": [proxy.reply],
        "posted": [proxy.reply_answer, proxy.replied_event],
        "accepted": [proxy.replied_event],
    }
    for gate in gates[step]:
        gate.close()
    assert answer(system, question) == 200
    if step == "accepted":
        accepted = EngineReply.objects.filter(question=question, accepted_at__isnull=False)
        wait_until(accepted.exists, "the engine's 200 on record")
    else:
        assert gates[step][0].reached.wait(60)
    assert read_replies(question) == [("answer", "queued" if step == "answered" else "sent")]
    return question, key


@pytest.mark.parametrize(
    ("system", "victim"), [("one process", "portal"), ("two processes", "relay")], indirect=["system"]
)
@pytest.mark.parametrize("step", STEPS)
def test_an_answer_survives_the_death_of_our_own_processes(
    system: System, bench: Bench, step: str, victim: str
) -> None:
    question, key = reach(step, system, bench)
    system.kill(victim)
    bench.proxy.open_all(drop=True)
    system.start(victim)
    if step == "asked":
        assert answer(system, question) == 200
    wait_until(lambda: read_replies(question) == [("answer", "confirmed")], "the confirmed answer")
    question.refresh_from_db()
    assert question.state == QuestionState.ANSWERED
    said = wait_until(lambda: heard(bench, key), "what the agent makes of it")
    assert said == ["Understood: Blue"]
    assert answer(system, question) == 409


def heard(bench: Bench, key: str) -> list[str]:
    answers = [request.answer for request in bench.model.requests if request.key == key]
    return [text for text in answers if text.startswith("Understood")]
