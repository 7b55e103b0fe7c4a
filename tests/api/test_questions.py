"""Questions through the API: asked by agents, waited for, answered by people."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.enums import Role, Scope
from accounts.models import Team, User
from engines.models import Engine
from governance.domain.questions import answer_question
from governance.models import EngineReply, Question
from tests.api.clients import call_as, outcome, problem
from tests.factories import (
    make_engine,
    make_principal,
    make_question,
    make_service,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

WISH: dict[str, Any] = {
    "items": [
        {
            "question": "Which port?",
            "header": "Port",
            "options": [{"label": "80", "description": "plain"}, {"label": "443"}],
            "custom": False,
        },
        {"question": "What shall it be called?"},
    ],
    "agent": "build",
    "session_id": "s-1",
}
SECRET = "sk-ant-api03-" + "x" * 40


@pytest.fixture
def team() -> Team:
    team = make_team()
    Team.objects.update(tokens_may_decide=True)
    return team


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def agent(team: Team) -> User:
    return make_service(make_user(team), team)


def test_an_agent_asks_a_person_answers_and_the_agent_reads_it(team: Team, agent: User) -> None:
    asker = call_as(agent, Scope.QUESTIONS_ASK)
    made = asker.write("questions/", WISH)
    shown = made.json()
    assert (made.status_code, shown["state"], shown["answers"]) == (201, "open", None)
    assert made.headers["Location"] == f"http://testserver/api/v1/questions/{shown['id']}/"
    assert shown["items"] == [
        {
            "question": "Which port?",
            "header": "Port",
            "options": [{"label": "80", "description": "plain"}, {"label": "443", "description": ""}],
            "multiple": False,
            "custom": False,
        },
        {
            "question": "What shall it be called?",
            "header": "",
            "options": [],
            "multiple": False,
            "custom": True,
        },
    ]
    assert shown["cannot_answer_because"] == "Service accounts never answer for people."
    person = call_as(make_user(team))
    answered = person.write(f"questions/{shown['id']}/answer/", {"answers": [["443"], ["shop"]]})
    assert (answered.status_code, answered.json()["answers"]) == (200, [["443"], ["shop"]])
    read = asker.read(f"questions/{shown['id']}/wait/?timeout=0").json()
    assert (read["state"], read["answers"], read["delivery"]) == ("answered", [["443"], ["shop"]], None)


def test_the_same_key_asks_once(agent: User) -> None:
    asker = call_as(agent, Scope.QUESTIONS_ASK)
    key = {"headers": {"Idempotency-Key": "port-1"}}
    first, again = (asker.write("questions/", WISH, **key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    other = asker.write("questions/", {"items": [{"question": "Another?"}]}, **key)
    assert outcome(other) == (409, "idempotency_key_reused")
    assert Question.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": []},
        {"items": [{}]},
        {"items": ["text"]},
        {"items": [{"question": " "}]},
        {"items": [{"question": "a", "custom": False}]},
        {"items": [{"question": "a", "options": [{"label": "x"}, {"label": "x"}]}]},
        {"items": [{"question": "a", "answer": "b"}]},
        {"items": [{"question": "a"}], "requester": "me"},
        {"items": [{"question": "a"}], "expires_in_s": 1},
        {"items": [{"question": "a\u0000"}]},
    ],
)
def test_what_can_not_be_asked_is_refused_and_nothing_is_kept(agent: User, body: dict[str, Any]) -> None:
    assert call_as(agent).write("questions/", body).status_code == 400
    assert not Question.objects.exists()


def test_the_first_answer_counts_and_the_next_is_told_whose_it_was(team: Team, engine: Engine) -> None:
    question = make_question(engine)
    first = make_user(team)
    path = f"questions/{question.pk}"
    assert call_as(first).write(f"{path}/answer/", {"answers": [["Red"]]}).status_code == 200
    second = call_as(make_user(team))
    for verb, body in (("answer", {"answers": [["Blue"]]}), ("reject", {})):
        answer = second.write(f"{path}/{verb}/", body)
        assert outcome(answer) == (409, "already_answered")
        assert problem(answer)["answered_by"] == str(first)
    assert list(EngineReply.objects.values_list("reply", "state")) == [("answer", "queued")]


@pytest.mark.parametrize(
    "answers",
    [[], [[]], [["Green", "Red"]], [["Red"], ["Blue"]], "Red", [["Red", 1]], [[""]]],
)
def test_what_does_not_answer_it_is_refused(team: Team, engine: Engine, answers: Any) -> None:
    question = make_question(engine)
    answer = call_as(make_user(team)).write(f"questions/{question.pk}/answer/", {"answers": answers})
    assert answer.status_code == 400
    question.refresh_from_db()
    assert (question.state, question.answers) == ("open", "")


def test_a_rejected_question_has_no_answers(team: Team, engine: Engine) -> None:
    question = make_question(engine)
    person = make_user(team)
    shown = call_as(person).write(f"questions/{question.pk}/reject/").json()
    assert (shown["state"], shown["answers"], shown["answered_by"]["label"]) == (
        "rejected",
        None,
        str(person),
    )
    assert shown["delivery"]["reply"] == "reject"


def test_an_asker_withdraws_only_its_own(team: Team, agent: User) -> None:
    own = call_as(agent, Scope.QUESTIONS_ASK).write("questions/", WISH).json()["id"]
    other = call_as(make_service(make_user(team), team), Scope.QUESTIONS_ASK)
    assert outcome(other.write(f"questions/{own}/cancel/")) == (404, "not_found")
    shown = call_as(agent, Scope.QUESTIONS_ASK).write(f"questions/{own}/cancel/").json()
    assert (shown["state"], shown["close_reason"]) == ("closed", "withdrawn")


def test_lists_hold_neither_secrets_nor_answers_and_one_filters_them(team: Team, engine: Engine) -> None:
    secret = make_question(engine, {"question": f"Is {SECRET} right?"})
    answered = make_question(engine)
    person = make_user(team)
    answer_question(principal=make_principal(person), question_id=answered.pk, answers=[["My own words"]])
    reader = call_as(person)
    listed = reader.read("questions/")
    assert [row["id"] for row in listed.json()["results"]] == [answered.pk, secret.pk]
    assert SECRET not in listed.content.decode()
    assert "My own words" not in listed.content.decode()
    filtered = reader.read("questions/?state=open").json()["results"]
    assert [row["id"] for row in filtered] == [secret.pk]
    assert SECRET in reader.read(f"questions/{secret.pk}/").content.decode()


def test_a_service_account_reads_no_question_but_its_own(engine: Engine, agent: User) -> None:
    question = make_question(engine, {"question": f"Is {SECRET} right?"})
    reader = call_as(agent, Scope.QUESTIONS_READ)
    shown = reader.read(f"questions/{question.pk}/").json()
    assert (shown["summary"], shown["items"], shown["answers"]) == ("", None, None)
    narrow = call_as(agent, Scope.QUESTIONS_ASK)
    assert outcome(narrow.read(f"questions/{question.pk}/")) == (404, "not_found")
    assert narrow.read("questions/").json()["results"] == []


def test_a_viewer_reads_it_and_does_not_answer(team: Team, engine: Engine) -> None:
    question = make_question(engine)
    viewer = call_as(make_user(team, Role.VIEWER))
    assert viewer.read(f"questions/{question.pk}/").json()["cannot_answer_because"] == (
        "Only approvers of the team answer."
    )
    assert outcome(viewer.write(f"questions/{question.pk}/answer/", {"answers": [["Red"]]})) == (
        403,
        "refused",
    )


@pytest.mark.parametrize("count", [1, 30])
def test_a_list_takes_as_many_queries_however_long(
    team: Team, engine: Engine, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        make_question(engine)
    reader = call_as(make_user(team))
    reader.read("questions/")
    with django_assert_num_queries(3):
        assert len(reader.read("questions/").json()["results"]) == count
