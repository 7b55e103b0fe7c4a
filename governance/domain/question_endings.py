"""Questions that end without a person: time ran out, the engine dropped them, the asker withdrew them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.principal import Principal
from engines.models import Engine
from events.actors import CLOCK_ACTOR, RELAY_ACTOR, Actor
from events.changes import Change, changes
from events.encryption import reveal
from events.errors import Refused
from governance.content import show_directory
from governance.domain.announce import announce_question
from governance.domain.answered import notify
from governance.domain.questions import explain_conflict
from governance.domain.replies import confirm_reply, orphan_reply, queue_reply, reject_again
from governance.enums import CloseReason, QuestionState, Reply, ReplyState
from governance.models import EngineReply, Question
from governance.policies import can_withdraw_question
from governance.question_content import read_answers
from governance.question_queries import get_question, list_by_engine_id

BATCH = 200
PAST_US = "Somebody answered it past Countersign."


def close_question(change: Change, question: Question, *, reason: CloseReason, now: datetime) -> bool:
    """Conditional close of an open question, in the caller's transaction; False when it had moved on."""
    closed = Question.objects.filter(pk=question.pk, state=QuestionState.OPEN).update(
        state=QuestionState.CLOSED, close_reason=reason, ended_at=now
    )
    if not closed:
        return False
    question.state, question.close_reason, question.ended_at = QuestionState.CLOSED, reason, now
    change.audit(
        "question.close",
        question.subject,
        before={"state": QuestionState.OPEN},
        after={"state": QuestionState.CLOSED, "reason": reason},
    )
    announce_question(change, question, "closed")
    return True


def withdraw_question(*, principal: Principal, question_id: str) -> Question:
    """Take back what one asked through the API. Raises NotFound, Refused, or Conflict."""
    now = timezone.now()
    with changes(principal.actor) as change:
        question = get_question(principal, question_id)
        if not can_withdraw_question(principal, question):
            raise Refused(
                "Only whoever asked withdraws a question.", subject_kind="question", subject_id=question.pk
            )
        if not close_question(change, question, reason=CloseReason.WITHDRAWN, now=now):
            raise explain_conflict(Question.objects.get(pk=question.pk), now)
    return question


def expire_overdue_questions(*, now: datetime) -> int:
    """Nobody answered in time. An engine's agent is not told anything in a person's name: its turn stops.

    Returns how many.
    """
    overdue = Question.objects.filter(state=QuestionState.OPEN, expires_at__lte=now).order_by("pk")
    count = 0
    for question in overdue[:BATCH]:
        with changes(CLOCK_ACTOR) as change:
            if close_question(change, question, reason=CloseReason.TIMED_OUT, now=now):
                queue_reply(change, question, reply=Reply.REJECT)
                count += 1
    return count


def list_open_of(engine: Engine) -> QuerySet[Question]:
    return Question.objects.filter(engine=engine, state=QuestionState.OPEN).order_by("pk")


def close_dead_questions(
    *,
    rows: QuerySet[Question],
    reason: CloseReason,
    now: datetime,
    why: str = "",
    actor: Actor = RELAY_ACTOR,
) -> int:
    """Their agents no longer wait: open ones close, answers that were not sent yet are orphaned.

    The engine may still list them, so each gets a `reject`. `why` is what a person reads, the reason's own
    words when it is empty.
    """
    count = 0
    with changes(actor) as change:
        for question in rows.filter(state=QuestionState.OPEN).order_by("pk"):
            if close_question(change, question, reason=reason, now=now):
                queue_reply(change, question, reply=Reply.REJECT)
                count += 1
        unsent = EngineReply.objects.filter(
            reply=Reply.ANSWER, state=ReplyState.QUEUED, question__in=rows
        ).select_related("question")
        for reply in unsent.order_by("pk"):
            if orphan_reply(reply=reply, why=why or reason.label, now=now):
                queue_reply(change, reply.asked, reply=Reply.REJECT)
                count += 1
    return count


def close_unlisted_questions(
    *,
    engine: Engine,
    directory: str,
    listed_ids: set[str],
    seen_before: datetime,
    reason: CloseReason,
    now: datetime,
) -> int:
    """The engine's list of a directory, fetched after `seen_before`, does not hold them: it dropped them."""
    with changes(RELAY_ACTOR) as change:
        rows = list_open_of(engine).filter(directory=show_directory(directory), created_at__lt=seen_before)
        return sum(
            close_question(change, question, reason=reason, now=now)
            for question in rows
            if question.engine_question_id not in listed_ids
        )


def reject_leftover_questions(*, engine: Engine, listed_ids: Iterable[str], ended_before: datetime) -> int:
    """The engine still waits for what has ended here: reject it, so that nobody waits.

    Returns how many rejects were queued; see `reject_again`.
    """
    rows = list_by_engine_id(engine.pk, listed_ids).filter(ended_at__lt=ended_before)
    return reject_again(rows.exclude(state=QuestionState.OPEN), ended_before=ended_before)


def end_open_questions(*, actor: Actor, engine: Engine, now: datetime) -> None:
    """Of a retired engine: nobody hears an answer any more."""
    with changes(actor) as change:
        for question in list_open_of(engine):
            close_question(change, question, reason=CloseReason.ENGINE_RETIRED, now=now)


def record_engine_answer(
    *, engine: Engine, engine_question_id: str, answers: Sequence[Sequence[str]] | None, now: datetime
) -> None:
    """The engine says that a question was answered, or rejected when `answers` is None.

    Ours and now certain, or somebody else's: then ours, if there is one, did not arrive.
    """
    with changes(RELAY_ACTOR) as change:
        question = list_by_engine_id(engine.pk, [engine_question_id]).first()
        if question is None:
            return
        ours = question.replies.filter(state__in=list(ReplyState.open())).first()
        if ours is not None and is_same(question, ours, answers):
            confirm_reply(reply=ours, now=now)
            return
        if ours is not None:
            orphan_reply(reply=ours, why=PAST_US, now=now)
        elif question.replies.exists():
            return
        if close_question(change, question, reason=CloseReason.ANSWERED_ELSEWHERE, now=now) or ours:
            record_foreign_answer(change, question, is_rejection=answers is None)


def is_same(question: Question, ours: EngineReply, answers: Sequence[Sequence[str]] | None) -> bool:
    """Whether what the engine heard is what we say, which may have arrived once it was claimed."""
    if answers is None:
        return ours.reply == Reply.REJECT
    given = tuple(tuple(answer) for answer in answers)
    return (
        ours.reply == Reply.ANSWER
        and ours.attempts > 0
        and given == read_answers(reveal(question, "answers"))
    )


def record_foreign_answer(change: Change, question: Question, *, is_rejection: bool) -> None:
    """Nothing ran by it, but the team shall know."""
    change.audit(
        "engine.foreign_answer",
        question.subject,
        after={"question": question.engine_question_id, "was_rejected": is_rejection},
    )
    notify(change, question, "notice.foreign_answer")
