"""Asking people something, and waiting for what they answer."""

from __future__ import annotations

from accounts.api.serializers import Text, WriteSerializer
from accounts.enums import Scope
from accounts.principal import Principal
from governance.api.question_serializers import QuestionWishSerializer, read_wished_items
from governance.domain.questions import ask_question, read_question
from governance.enums import QuestionState
from governance.models import Question
from governance.question_queries import get_question
from mcp_door.callers import find_team
from mcp_door.tools import KEY_LENGTH, Arguments, Look, Shown, Tool, timeout_field

NEXT_STEPS: dict[str, str] = {
    QuestionState.OPEN: "Nobody has answered yet. Call wait_for_answer with this id again.",
    QuestionState.ANSWERED: "It is answered: see `answers`, one list for each item, in their order.",
}
NO = "It will not be answered: do without."


class AskedQuestionSerializer(QuestionWishSerializer):
    """As the API's, with the key that is a header there."""

    idempotency_key = Text(
        required=False,
        max_length=KEY_LENGTH,
        help_text="Asked again with the same key and the same content, it answers with the first question.",
    )


class AnswerWaitSerializer(WriteSerializer):
    id = Text(max_length=15, help_text="What ask_question answered.")
    timeout_s = timeout_field()


def show_question(principal: Principal, question: Question) -> Shown:
    is_answered = question.state == QuestionState.ANSWERED
    full = read_question(principal=principal, question=question) if is_answered else None
    return {
        "id": question.pk,
        "state": "pending" if question.is_open else question.state,
        "answers": [list(answers) for answers in full.answers] if full else None,
        "expires_at": question.expires_at,
        "next": NEXT_STEPS.get(question.state, NO),
    }


def ask(principal: Principal, values: Arguments) -> Shown:
    team = find_team(principal, values.pop("team", None))
    items = read_wished_items(values.pop("items"))
    made, _ = ask_question(principal=principal, team=team, items=items, **values)
    return show_question(principal, made)


def look_at_question(principal: Principal, values: Arguments) -> Look:
    question = get_question(principal, values["id"])
    return Look(question.subject if question.is_open else None, show_question(principal, question))


ASK_QUESTION = Tool(
    name="ask_question",
    title="Ask people",
    description=(
        "Ask people of the team one or several things, with options to choose from or in free text. Answers "
        "at once with an id; while the state is `pending`, call wait_for_answer."
    ),
    arguments=AskedQuestionSerializer,
    scopes=(Scope.QUESTIONS_ASK,),
    act=ask,
    has_own_key=True,
)
WAIT_FOR_ANSWER = Tool(
    name="wait_for_answer",
    title="Wait for an answer",
    description=(
        "Wait until people have answered what ask_question asked, at most 50 seconds. While the state is "
        "`pending`, call it again with the same id."
    ),
    arguments=AnswerWaitSerializer,
    scopes=(Scope.QUESTIONS_READ, Scope.QUESTIONS_ASK),
    look=look_at_question,
    is_reading=True,
)

QUESTION_TOOLS = (ASK_QUESTION, WAIT_FOR_ANSWER)
