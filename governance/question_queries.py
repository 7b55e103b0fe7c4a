from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from accounts.enums import Role, Scope
from accounts.models import Team
from accounts.principal import Principal
from engines.models import Chat
from events.actors import ActorKind
from events.errors import NotFound
from events.identifiers import is_record_id
from governance.enums import QuestionState, RequestSource
from governance.models import EngineReply, Question

SHOWN_WITH = ("team", "engine", "chat", "subagent")


def list_questions(principal: Principal) -> QuerySet[Question]:
    """Everything `can_see_question` lets this principal see."""
    questions = Question.objects.all()
    if not principal.has_scope(Scope.QUESTIONS_READ):
        own = questions.filter(source=RequestSource.API, requester_id=principal.user.pk)
        return own if principal.has_scope(Scope.QUESTIONS_ASK) else questions.none()
    return questions if principal.sees_all_teams else questions.filter(team_id__in=principal.team_ids)


def get_question(principal: Principal, question_id: str) -> Question:
    """Raises NotFound for what does not exist and for what this principal may not see, alike."""
    rows = list_questions(principal).select_related(*SHOWN_WITH)
    question = rows.filter(pk=question_id).first() if is_record_id(question_id) else None
    if question is None:
        raise NotFound("There is no such question.")
    return question


def list_by_engine_id(engine_id: str, engine_question_ids: Iterable[str]) -> QuerySet[Question]:
    """What this engine knows by these ids of its own; by its index, whose condition SQLite wants said."""
    return Question.objects.filter(
        ~Q(engine_question_id=""),
        engine__isnull=False,
        engine_id=engine_id,
        engine_question_id__in=list(engine_question_ids),
    )


def find_by_key(principal: Principal, idempotency_key: str) -> Question | None:
    """What this principal asked under this key of theirs."""
    if not idempotency_key:
        return None
    return Question.objects.filter(
        ~Q(idempotency_key=""),
        requester_kind=principal.actor.kind,
        requester_id=principal.user.pk,
        idempotency_key=idempotency_key,
    ).first()


def list_answerable(principal: Principal, questions: QuerySet[Question]) -> QuerySet[Question]:
    """`explain_not_answering` as a condition, for a person's own session."""
    user = principal.user
    if user.is_service or not user.is_active or principal.token is not None:
        return questions.none()
    deciding = {team_id for team_id, role in principal.roles.items() if role in Role.deciding()}
    rights = Q(team_id__in=deciding)
    others = principal.team_ids - deciding
    if others:
        lenient = Team.objects.filter(pk__in=others, chat_user_may_decide=True)
        chats = Chat.objects.filter(user=user)
        rights |= Q(team_id__in=lenient.values("pk"), chat_id__in=chats.values("pk"))
    own = Q(source=RequestSource.API, requester_id=user.pk) & ~Q(requester_kind=ActorKind.SERVICE)
    return questions.filter(rights & ~own, state=QuestionState.OPEN)


def count_answerable(principal: Principal) -> int:
    """How many questions wait for this person."""
    return list_answerable(principal, list_questions(principal)).count()


def find_last_replies(question_ids: Iterable[str]) -> dict[str, EngineReply]:
    """{question id: its newest reply}."""
    rows = EngineReply.objects.filter(question_id__in=list(question_ids)).order_by("created_at", "id")
    return {str(reply.question_id): reply for reply in rows}


@dataclass(frozen=True, slots=True)
class QuestionTotals:
    """Of the whole deployment, for monitoring."""

    by_state: dict[str, int]
    oldest_open_at: datetime | None


def read_question_totals() -> QuestionTotals:
    by_state = dict.fromkeys(QuestionState.values, 0)
    oldest: dict[str, datetime] = {}
    rows = Question.objects.order_by().values_list("state")
    for state, count, first_at in rows.annotate(count=Count("pk"), first_at=Min("created_at")):
        by_state[state], oldest[state] = count, first_at
    return QuestionTotals(by_state, oldest.get(QuestionState.OPEN))
