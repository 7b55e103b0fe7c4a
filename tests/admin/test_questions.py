"""Questions in the admin: the list, the answer form without JavaScript, and what each person may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import Team, User
from engines.models import Engine
from events.encryption import reveal
from governance.domain.questions import answer_question
from governance.models import EngineReply, Question
from governance.question_content import read_answers
from tests.admin.doors import Page, address, enter, own_address
from tests.factories import (
    make_engine,
    make_owner,
    make_principal,
    make_question,
    make_request,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

LIST = "governance_question"
SECRET = "sk-ant-api03-" + "x" * 40
COLOUR = {
    "header": "Colour",
    "question": "Which colour shall it have?",
    "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
}
TOPPINGS = {
    "header": "Toppings",
    "question": "What goes on it?",
    "options": [{"label": "Cheese"}, {"label": "Olives"}],
    "multiple": True,
}
STRICT = {**COLOUR, "custom": False}


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def client(approver: User) -> Client:
    return enter(approver)


def page_of(client: Client, question: Question) -> Page:
    answer = client.get(address(LIST, "change", question.pk))
    assert answer.status_code == 200
    return Page(answer.content.decode())


def post(client: Client, question: Question, verb: str = "answer", **values: Any) -> Any:
    data = {name.replace("_", "-"): value for name, value in values.items()}
    return client.post(address(LIST, verb, question.pk), data)


def told(question: Question) -> tuple[str, tuple[tuple[str, ...], ...]]:
    question.refresh_from_db()
    return question.state, read_answers(reveal(question, "answers"))


# The list -------------------------------------------------------------------------------------------


def test_each_tab_holds_what_it_says_and_the_badge_counts_open_ones(
    client: Client, approver: User, engine: Engine
) -> None:
    make_request(engine)
    mine, answered = make_question(engine), make_question(engine, TOPPINGS)
    answer_question(principal=make_principal(approver), question_id=answered.pk, answers=[["Olives"]])
    texts = {
        tab: Page(client.get(f"{address(LIST, 'changelist')}?{tab}").content.decode()).text
        for tab in ("", "tab=open", "tab=ended")
    }
    assert ["Which colour" in text for text in texts.values()] == [True, True, False]
    assert ["What goes on it" in text for text in texts.values()] == [False, False, True]
    # One request and one question wait.
    assert client.get("/admin/pulse/").json() == {"waiting": 2}
    assert mine.summary in texts[""]


def test_a_list_shows_no_secret_and_an_owner_outside_no_text(client: Client, engine: Engine) -> None:
    make_question(engine, {"question": f"Is {SECRET} right?"})
    shown = client.get(f"{address(LIST, 'changelist')}?tab=open").content.decode()
    assert "Is " in shown
    assert SECRET not in shown
    outside = enter(make_owner()).get(f"{address(LIST, 'changelist')}?tab=open").content.decode()
    assert "right?" not in outside
    assert "Waiting" in outside or "waiting" in outside


@pytest.mark.parametrize("tab", ["", "tab=open", "tab=ended"])
def test_the_list_takes_as_many_queries_however_long(
    client: Client, approver: User, engine: Engine, tab: str, django_assert_max_num_queries: Any
) -> None:
    def count(rows: int) -> int:
        for _ in range(rows):
            ended, _open = make_question(engine), make_question(engine)
            answer_question(principal=make_principal(approver), question_id=ended.pk, answers=[["Red"]])
        with django_assert_max_num_queries(40) as seen:
            client.get(f"{address(LIST, 'changelist')}?{tab}")
        return len(seen)

    few = count(1)
    assert count(3) == few
    kept = make_question(engine)
    many = (
        Question(
            team_id=kept.team_id,
            source=kept.source,
            engine=engine,
            content=kept.content,
            summary=kept.summary,
            expires_at=kept.expires_at,
        )
        for _ in range(10_000)
    )
    Question.objects.bulk_create(many, batch_size=1000)
    assert count(0) == few


# Answering ------------------------------------------------------------------------------------------


def test_one_option_of_several_questions_and_own_words(client: Client, engine: Engine) -> None:
    question = make_question(engine, COLOUR, TOPPINGS, {"question": "Name?"})
    page = page_of(client, question)
    assert [each["type"] for each in page.find("input") if each.get("name") == "answer-0"] == ["radio"] * 3
    assert [each["type"] for each in page.find("input") if each.get("name") == "answer-1"] == ["checkbox"] * 2
    answer = post(
        client,
        question,
        answer_0="1",
        answer_1=["0", "1"],
        own_1="and ham",
        own_2=" Two\r\nlines ",
    )
    assert answer.status_code == 302
    assert told(question) == (
        "answered",
        (("Blue",), ("Cheese", "Olives", "and ham"), ("Two\nlines",)),
    )
    assert list(EngineReply.objects.values_list("reply", "state")) == [("answer", "queued")]
    after = page_of(client, question)
    assert "Two lines" in after.text
    assert after.find("textarea") == []


def test_own_words_in_place_of_an_option(client: Client, engine: Engine) -> None:
    question = make_question(engine, COLOUR)
    assert post(client, question, answer_0="own", own_0="Green").status_code == 302
    assert told(question) == ("answered", (("Green",),))


@pytest.mark.parametrize(
    ("item", "values", "sentence"),
    [
        (COLOUR, {}, "This one is not answered."),
        (COLOUR, {"answer_0": "own"}, "This one is not answered."),
        (COLOUR, {"answer_0": "9"}, "This one is not answered."),
        (COLOUR, {"answer_0": ["0", "1"]}, "Only one answer is wanted here."),
        (COLOUR, {"answer_0": "0", "own_0": "Green"}, "keep one of them"),
        (STRICT, {"own_0": "Green"}, "Only the options on offer"),
    ],
)
def test_what_is_no_answer_comes_back_with_what_was_typed(
    client: Client, engine: Engine, item: dict[str, Any], values: dict[str, Any], sentence: str
) -> None:
    question = make_question(engine, item)
    answer = post(client, question, **values)
    page = Page(answer.content.decode())
    assert answer.status_code == 400
    assert own_address(answer) == [address(LIST, "change", question.pk)]
    assert sentence in page.text
    assert told(question) == ("open", ())
    if item is COLOUR and "own_0" in values:
        assert values["own_0"] in page.text


def test_an_options_text_is_never_trusted_to_be_what_it_looks_like(client: Client, engine: Engine) -> None:
    label = "Red\u202e <script>alert(1)</script>"
    question = make_question(engine, {"question": "Sure?\u202e", "options": [{"label": label}]})
    html = client.get(address(LIST, "change", question.pk)).content.decode()
    assert "\u202e" not in html
    assert "<script>alert" not in html
    assert "Look twice" in html
    post(client, question, answer_0="0")
    assert told(question) == ("answered", ((label,),))


def test_whoever_comes_second_is_told_and_nothing_is_lost(client: Client, team: Team, engine: Engine) -> None:
    question = make_question(engine)
    other = make_user(team)
    answer_question(principal=make_principal(other), question_id=question.pk, answers=[["Red"]])
    answer = post(client, question, answer_0="1")
    assert answer.status_code == 409
    assert f"{str(other).capitalize()} answered it already." in Page(answer.content.decode()).text
    assert told(question) == ("answered", (("Red",),))


def test_rejecting_asks_once_more(client: Client, engine: Engine) -> None:
    question = make_question(engine)
    asked = Page(post(client, question, "reject").content.decode())
    assert "Its agent stops its turn" in asked.text
    assert told(question) == ("open", ())
    assert post(client, question, "reject", confirm="1").status_code == 302
    assert told(question) == ("rejected", ())


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_who_may_not_answer_reads_and_has_no_form(engine: Engine, team: Team, role: str) -> None:
    question = make_question(engine)
    reader = enter(make_user(team, role))
    page = page_of(reader, question)
    assert "Which colour" in page.text
    assert "Only approvers of the team answer." in page.text
    assert page.find("textarea") == []
    assert post(reader, question, answer_0="0").status_code == 403
    assert post(reader, question, "reject", confirm="1").status_code == 403
    assert told(question) == ("open", ())


def test_an_owner_outside_the_team_sees_that_it_exists_and_no_more(engine: Engine) -> None:
    question = make_question(engine)
    owner = enter(make_owner())
    page = page_of(owner, question)
    assert "colour" not in page.text
    assert "for members of the team" in page.text
    assert post(owner, question, answer_0="0").status_code == 403


def test_another_teams_question_does_not_exist(engine: Engine) -> None:
    question = make_question(engine)
    stranger = enter(make_user(make_team(), Role.ADMIN))
    assert stranger.get(address(LIST, "change", question.pk)).status_code == 404
    assert post(stranger, question, answer_0="0").status_code == 404
