"""Questions of agents: who may answer, what answers, and that each ends once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.domain.tokens import find_token
from accounts.enums import Role, Scope
from accounts.models import Team, User
from accounts.principal import Principal
from engines.models import Chat, Engine
from events.actors import Door
from events.errors import Conflict, DomainError, Invalid, NotFound, Refused
from events.models import AuditEntry, Event
from governance.domain.question_endings import (
    close_dead_questions,
    close_unlisted_questions,
    expire_overdue_questions,
    record_engine_answer,
    reject_leftover_questions,
    withdraw_question,
)
from governance.domain.questions import (
    answer_question,
    ask_question,
    place_questions,
    read_question,
    reject_question,
)
from governance.domain.replies import claim_reply, confirm_reply, record_accepted
from governance.domain.retired_engines import end_open_requests
from governance.enums import CloseReason
from governance.models import EngineReply, Question
from governance.question_content import Option, QuestionItem
from governance.question_queries import count_answerable, list_answerable, list_questions
from tests.factories import (
    ACTOR,
    make_engine,
    make_owner,
    make_principal,
    make_question,
    make_service,
    make_session,
    make_team,
    make_token,
    make_user,
)
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

TOPPINGS = {
    "header": "Toppings",
    "question": "What goes on it?",
    "options": [{"label": "Cheese"}, {"label": "Olives"}],
    "multiple": True,
    "custom": False,
}
WISH = (QuestionItem("Which port?", options=(Option("80"), Option("8080"))),)


@pytest.fixture
def engine() -> Engine:
    return make_engine(make_team())


@pytest.fixture
def approver(engine: Engine) -> Principal:
    return make_principal(make_user(engine.team))


def with_token(user: User, *scopes: str) -> Principal:
    return Principal(user, Door.API, find_token(make_token(user, *scopes)))


def replies(question: Question) -> list[tuple[str, str, str]]:
    return list(question.replies.values_list("reply", "state", "last_error"))


def kinds(question: Question) -> list[str]:
    return list(
        Event.objects.filter(subject_kind="question", subject_id=question.pk)
        .order_by("seq")
        .values_list("kind", flat=True)
    )


def end_of(question: Question) -> tuple[str, str, str]:
    question.refresh_from_db()
    return question.state, question.close_reason, question.answered_by_label


# Coming in ------------------------------------------------------------------------------------------


def test_a_question_is_kept_once_and_lists_hold_no_secret(engine: Engine) -> None:
    item = {"question": "Is the key sk-ant-api03-" + "x" * 40 + " right?", "options": []}
    question = make_question(engine, item, engine_question_id="que_7")
    again = make_question(engine, engine_question_id="que_7")
    assert again == question
    assert "sk-ant" not in question.summary
    assert "sk-ant" not in question.content
    assert kinds(question) == ["question.asked"]
    [entry] = AuditEntry.objects.filter(subject_kind="question")
    assert (entry.verb, "sk-ant" in str(entry.after)) == ("question.ask", False)


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"question": None, "options": None, "multiple": "yes"},
        {"question": "x" * 20_000, "options": [{"label": "y" * 900}, {}, "no", {"label": " "}]},
        {"question": "Same?", "options": [{"label": "A"}] * 90, "custom": False},
    ],
    ids=["nothing", "wrong kinds", "too long", "too many"],
)
def test_no_question_of_an_engine_is_lost_for_its_form(
    engine: Engine, approver: Principal, item: dict[str, Any]
) -> None:
    question = make_question(engine, item)
    [read] = read_question(principal=approver, question=question).items
    assert read.custom is True
    answer_question(principal=approver, question_id=question.pk, answers=[["In words."]])
    assert replies(question) == [("answer", "queued", "")]


def test_a_question_finds_its_chat_when_the_session_is_known(engine: Engine) -> None:
    question = make_question(engine)
    make_session(engine, "ses_1")
    assert place_questions(engine=engine) == 1
    question.refresh_from_db()
    assert question.chat == Chat.objects.get(ai_engine_session_id="ses_1")
    assert place_questions(engine=engine) == 0


def test_an_agent_asks_by_token_and_its_key_asks_once(engine: Engine) -> None:
    service = make_principal(make_service(make_user(engine.team), engine.team))
    ask: dict[str, Any] = {
        "principal": service,
        "team": engine.team,
        "items": WISH,
        "idempotency_key": "k",
    }
    question, is_new = ask_question(**ask)
    assert (is_new, ask_question(**ask)) == (True, (question, False))
    with pytest.raises(Conflict, match="another question"):
        ask_question(**{**ask, "items": (QuestionItem("Another?"),)})
    assert read_question(principal=service, question=question).items == WISH
    assert Question.objects.count() == 1


@pytest.mark.parametrize(
    ("items", "field"),
    [
        ((), "items"),
        ((QuestionItem("a"),) * 21, "items"),
        ((QuestionItem(" "),), "items.0.question"),
        ((QuestionItem("a", custom=False),), "items.0.options"),
        ((QuestionItem("a", options=(Option("b"), Option("b", "twice"))),), "items.0.options"),
        ((QuestionItem("a", options=(Option(""),)),), "items.0.options.0.label"),
        ((QuestionItem("a\0"),), "items.0.question"),
    ],
    ids=["none", "many", "empty", "unanswerable", "twice", "no label", "nul"],
)
def test_what_could_not_be_answered_is_not_asked(
    engine: Engine, items: tuple[QuestionItem, ...], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        ask_question(principal=make_principal(make_user(engine.team)), team=engine.team, items=items)
    assert caught.value.facts["field"] == field
    assert not Question.objects.exists()


# Who may --------------------------------------------------------------------------------------------


def test_only_who_may_decide_answers(engine: Engine) -> None:
    question = make_question(engine)
    refused: dict[str, tuple[Principal, type[DomainError]]] = {
        "viewer": (make_principal(make_user(engine.team, Role.VIEWER)), Refused),
        "editor": (make_principal(make_user(engine.team, Role.EDITOR)), Refused),
        "owner outside": (make_principal(make_owner()), Refused),
        "another team": (make_principal(make_user(make_team())), NotFound),
        "service": (make_principal(make_service(make_user(engine.team), engine.team)), Refused),
    }
    for principal, error in refused.values():
        for act in (
            lambda who: answer_question(principal=who, question_id=question.pk, answers=[["Red"]]),
            lambda who: reject_question(principal=who, question_id=question.pk),
        ):
            with pytest.raises(error):
                act(principal)
        assert not list_answerable(principal, list_questions(principal)).exists()
    assert end_of(question) == ("open", "", "")
    assert not EngineReply.objects.exists()


@pytest.mark.parametrize("role", [Role.APPROVER, Role.ADMIN])
def test_approvers_and_admins_answer(engine: Engine, role: str) -> None:
    question = make_question(engine)
    person = make_principal(make_user(engine.team, role))
    assert count_answerable(person) == 1
    answer_question(principal=person, question_id=question.pk, answers=[["Red"]])
    assert end_of(question) == ("answered", "", str(person.user))
    assert count_answerable(person) == 0


@pytest.mark.parametrize("may", [True, False])
def test_the_chats_user_answers_where_the_team_lets_them(engine: Engine, may: bool) -> None:
    user = make_user(engine.team, Role.VIEWER)
    make_session(engine, "ses_1")
    Chat.objects.update(user=user)
    Team.objects.update(chat_user_may_decide=may)
    question = make_question(engine)
    person = make_principal(user)
    assert count_answerable(person) == int(may)
    if may:
        answer_question(principal=person, question_id=question.pk, answers=[["Blue"]])
        assert end_of(question)[0] == "answered"
    else:
        with pytest.raises(Refused):
            answer_question(principal=person, question_id=question.pk, answers=[["Blue"]])


def test_nobody_answers_themselves_but_an_agents_owner_may(engine: Engine) -> None:
    owner = make_user(engine.team)
    own, _ = ask_question(principal=make_principal(owner), team=engine.team, items=WISH)
    agent = make_principal(make_service(owner, engine.team))
    asked, _ = ask_question(principal=agent, team=engine.team, items=WISH)
    person = make_principal(owner)
    assert list(list_answerable(person, list_questions(person))) == [asked]
    with pytest.raises(Refused, match="their own"):
        answer_question(principal=person, question_id=own.pk, answers=[["80"]])
    answer_question(principal=person, question_id=asked.pk, answers=[["80"]])
    assert read_question(principal=agent, question=Question.objects.get(pk=asked.pk)).answers == (("80",),)
    assert not EngineReply.objects.exists()


def test_a_token_answers_only_where_the_team_lets_tokens_decide(engine: Engine) -> None:
    question = make_question(engine)
    user = make_user(engine.team)
    token = with_token(user, Scope.QUESTIONS_ANSWER, Scope.QUESTIONS_READ)
    with pytest.raises(Refused, match="does not let API tokens"):
        answer_question(principal=token, question_id=question.pk, answers=[["Red"]])
    Team.objects.update(tokens_may_decide=True)
    lacking = with_token(user, Scope.QUESTIONS_READ)
    with pytest.raises(Refused, match="lacks the scope"):
        answer_question(principal=lacking, question_id=question.pk, answers=[["Red"]])
    answer_question(
        principal=with_token(user, Scope.QUESTIONS_ANSWER, Scope.QUESTIONS_READ),
        question_id=question.pk,
        answers=[["Red"]],
    )
    assert end_of(question)[0] == "answered"


def test_an_answer_is_for_people_and_for_the_agent_that_asked(engine: Engine, approver: Principal) -> None:
    asking = make_principal(make_service(make_user(engine.team), engine.team))
    other = make_principal(make_service(make_user(engine.team), engine.team))
    question, _ = ask_question(principal=asking, team=engine.team, items=WISH)
    answer_question(principal=approver, question_id=question.pk, answers=[["8080"]])
    question.refresh_from_db()
    assert read_question(principal=asking, question=question).answers == (("8080",),)
    for nosy in (other, make_principal(make_owner())):
        with pytest.raises(Refused):
            read_question(principal=nosy, question=question)


# Answering ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ([], "answers"),
        ([["Red"]], "answers"),
        ([["Red"], [], ["x"]], "answers"),
        ([[], ["Cheese"]], "answers.0"),
        ([["Red", "Blue"], ["Cheese"]], "answers.0"),
        ([["Red"], ["Ham"]], "answers.1"),
        ([["Red"], ["Cheese", "Cheese"]], "answers.1"),
        ([[" "], ["Cheese"]], "answers.0"),
        ([["x" * 10_001], ["Cheese"]], "answers.0"),
        ([["a\0b"], ["Cheese"]], "answers.0"),
    ],
)
def test_what_does_not_answer_the_question_is_refused(
    engine: Engine, approver: Principal, answers: list[list[str]], field: str
) -> None:
    question = make_question(engine, {"question": "Colour?", "options": [{"label": "Red"}]}, TOPPINGS)
    with pytest.raises(Invalid) as caught:
        answer_question(principal=approver, question_id=question.pk, answers=answers)
    assert caught.value.facts["field"] == field
    assert end_of(question) == ("open", "", "")
    assert replies(question) == []


def test_several_questions_are_answered_together(engine: Engine, approver: Principal) -> None:
    question = make_question(engine, {"question": "Colour?", "options": [{"label": "Red"}]}, TOPPINGS)
    answers = [["My own blue"], ["Olives", "Cheese"]]
    answer_question(principal=approver, question_id=question.pk, answers=answers)
    question.refresh_from_db()
    read = read_question(principal=approver, question=question)
    assert read.answers == (("My own blue",), ("Olives", "Cheese"))
    assert "My own blue" not in question.answers
    assert replies(question) == [("answer", "queued", "")]
    assert kinds(question) == ["question.asked", "question.answered", "question.delivery"]
    assert "blue" not in str(list(Event.objects.values_list("words"))) + str(
        list(AuditEntry.objects.values_list("after"))
    )


def test_the_second_answer_is_told_who_was_first(engine: Engine, approver: Principal) -> None:
    question = make_question(engine)
    second = make_principal(make_user(engine.team))
    answer_question(principal=approver, question_id=question.pk, answers=[["Red"]])
    for act in (
        lambda: answer_question(principal=second, question_id=question.pk, answers=[["Blue"]]),
        lambda: reject_question(principal=second, question_id=question.pk),
    ):
        with pytest.raises(Conflict) as caught:
            act()
        assert (caught.value.code, caught.value.message) == (
            "already_answered",
            f"{approver.user} answered it already.",
        )
    assert replies(question) == [("answer", "queued", "")]


def test_what_is_overdue_is_not_answered_any_more(engine: Engine, approver: Principal) -> None:
    question = make_question(engine, now=timezone.now() - timedelta(days=1))
    with pytest.raises(Conflict) as caught:
        answer_question(principal=approver, question_id=question.pk, answers=[["Red"]])
    assert caught.value.code == "expired"
    assert expire_overdue_questions(now=timezone.now()) == 1
    assert end_of(question) == ("closed", CloseReason.TIMED_OUT, "")
    assert replies(question) == [("reject", "queued", "")]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_answer_at_once_one_is_heard(engine: Engine) -> None:
    question = make_question(engine)
    users = [make_user(engine.team) for _ in range(4)]

    def attempt(user: User) -> Callable[[], str]:
        def act() -> str:
            try:
                answer_question(
                    principal=make_principal(user), question_id=question.pk, answers=[[str(user.pk)]]
                )
            except Conflict as error:
                return error.code
            return "answered"

        return act

    outcomes = run_together([attempt(user) for user in users])
    assert sorted(outcomes) == ["already_answered"] * 3 + ["answered"]
    assert replies(question) == [("answer", "queued", "")]


# Other ends -----------------------------------------------------------------------------------------


def test_only_the_asker_withdraws(engine: Engine, approver: Principal) -> None:
    agent = make_principal(make_service(make_user(engine.team), engine.team))
    question, _ = ask_question(principal=agent, team=engine.team, items=WISH)
    with pytest.raises(Refused):
        withdraw_question(principal=approver, question_id=question.pk)
    withdraw_question(principal=agent, question_id=question.pk)
    assert end_of(question) == ("closed", CloseReason.WITHDRAWN, "")
    with pytest.raises(Conflict):
        withdraw_question(principal=agent, question_id=question.pk)


def test_a_dead_turn_closes_its_question_and_orphans_an_answer_not_sent(
    engine: Engine, approver: Principal
) -> None:
    waiting, answered = make_question(engine), make_question(engine)
    answer_question(principal=approver, question_id=answered.pk, answers=[["Red"]])
    reason = CloseReason.SESSION_ABORTED
    assert close_dead_questions(rows=Question.objects.all(), reason=reason, now=timezone.now()) == 2
    assert end_of(waiting) == ("closed", reason, "")
    assert replies(waiting) == [("reject", "queued", "")]
    assert end_of(answered) == ("answered", "", str(approver.user))
    assert replies(answered) == [("answer", "orphaned", reason.label), ("reject", "queued", "")]


def test_what_the_engine_no_longer_lists_is_closed_and_what_it_still_lists_is_rejected(
    engine: Engine, approver: Principal
) -> None:
    gone, kept = make_question(engine), make_question(engine, engine_question_id="que_kept")
    later = timezone.now() + timedelta(seconds=1)
    closed = close_unlisted_questions(
        engine=engine,
        directory="/srv/demo",
        listed_ids={"que_kept"},
        seen_before=later,
        reason=CloseReason.ENGINE_DROPPED,
        now=later,
    )
    assert (closed, end_of(gone), end_of(kept)[0]) == (1, ("closed", "engine_dropped", ""), "open")
    reject_question(principal=approver, question_id=kept.pk)
    [reply] = kept.replies.all()
    confirm_reply(reply=reply, now=timezone.now())
    much_later = later + timedelta(minutes=1)
    listed: dict[str, Any] = {"listed_ids": {"que_kept"}, "ended_before": much_later}
    assert reject_leftover_questions(engine=engine, **listed) == 1
    assert reject_leftover_questions(engine=engine, **listed) == 0
    assert replies(kept) == [("reject", "confirmed", ""), ("reject", "queued", "")]


def test_a_retired_engines_questions_are_closed_unanswered(engine: Engine) -> None:
    question = make_question(engine)
    end_open_requests(ACTOR, engine, timezone.now())
    assert end_of(question) == ("closed", CloseReason.ENGINE_RETIRED, "")


# The engine's word ----------------------------------------------------------------------------------


def hear(question: Question, answers: list[list[str]] | None) -> None:
    assert question.engine is not None
    record_engine_answer(
        engine=question.engine,
        engine_question_id=question.engine_question_id,
        answers=answers,
        now=timezone.now(),
    )


def test_our_answer_is_confirmed_by_the_engines_event(engine: Engine, approver: Principal) -> None:
    question = make_question(engine)
    answer_question(principal=approver, question_id=question.pk, answers=[["Red"]])
    [reply] = question.replies.all()
    assert claim_reply(reply=reply, epoch=1, now=timezone.now())
    record_accepted(reply=reply, now=timezone.now())
    for _ in range(2):
        hear(question, [["Red"]])
    assert replies(question) == [("answer", "confirmed", "")]
    assert not Event.objects.filter(kind__startswith="notice.").exists()


@pytest.mark.parametrize("claimed", [True, False])
def test_another_answer_than_ours_orphans_ours(engine: Engine, approver: Principal, claimed: bool) -> None:
    question = make_question(engine)
    answer_question(principal=approver, question_id=question.pk, answers=[["Red"]])
    [reply] = question.replies.all()
    if claimed:
        claim_reply(reply=reply, epoch=1, now=timezone.now())
    hear(question, [["Blue"]] if claimed else [["Red"]])
    assert end_of(question) == ("answered", "", str(approver.user))
    assert replies(question) == [("answer", "orphaned", "Somebody answered it past Countersign.")]
    assert kinds(question)[-1] == "notice.foreign_answer"


@pytest.mark.parametrize("answers", [[["Red"]], None], ids=["answered", "rejected"])
def test_an_open_question_answered_elsewhere_is_closed_with_a_notice(
    engine: Engine, answers: list[list[str]] | None
) -> None:
    question = make_question(engine)
    hear(question, answers)
    hear(question, answers)
    assert end_of(question) == ("closed", CloseReason.ANSWERED_ELSEWHERE, "")
    assert kinds(question) == ["question.asked", "question.closed", "notice.foreign_answer"]


def test_an_answer_to_a_question_nobody_knows_changes_nothing(engine: Engine) -> None:
    record_engine_answer(engine=engine, engine_question_id="que_x", answers=[["a"]], now=timezone.now())
    assert not Question.objects.exists()
    assert not Event.objects.filter(topic="notices").exists()


# Reading --------------------------------------------------------------------------------------------


def test_reading_a_secret_is_audited_once_a_sitting(engine: Engine, approver: Principal) -> None:
    plain = make_question(engine)
    secret = make_question(engine, {"question": "Use sk-ant-api03-" + "x" * 40 + "?"})
    for question in (plain, secret, secret):
        read_question(principal=approver, question=question)
    entries = AuditEntry.objects.filter(verb="question.view_full")
    assert [entry.subject_id for entry in entries] == [secret.pk]
