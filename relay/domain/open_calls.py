"""Requests and questions whose tool call may still wait in the engine, as the relay's tasks carry them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from engines.models import Engine, Subagent
from events.encryption import reveal
from governance.content import RequestContent, show_directory
from governance.enums import QuestionState, Reply, ReplyState, RequestSource, RequestState
from governance.models import PermissionRequest, Question
from governance.question_content import QuestionContent
from governance.question_queries import list_by_engine_id

MAX_DEPTH = 32
# The column's length: a directory that fills it may have been cut.
LONGEST_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class OpenCall:
    """One request or question and where its tool call stands. `message_id` is "" for one without a call.

    A question is complete from the beginning, as a sealed request is. Their ids in the engine never meet.
    """

    pk: str
    request_id: str
    session_id: str
    directory: str
    message_id: str
    call_id: str
    created_at: datetime
    is_pending: bool
    is_sealed: bool
    is_question: bool = False


def describe_question(question: Question) -> OpenCall:
    return OpenCall(
        pk=question.pk,
        request_id=question.engine_question_id,
        session_id=question.session_id,
        directory=read_directory(question),
        message_id=question.tool_message_id,
        call_id=question.tool_call_id,
        created_at=question.created_at,
        is_pending=question.is_open,
        is_sealed=True,
        is_question=True,
    )


def describe_call(request: PermissionRequest) -> OpenCall:
    return OpenCall(
        pk=request.pk,
        request_id=request.engine_request_id,
        session_id=request.session_id,
        directory=read_directory(request),
        message_id=request.tool_message_id,
        call_id=request.tool_call_id,
        created_at=request.created_at,
        is_pending=request.is_pending,
        is_sealed=request.is_sealed,
    )


def read_directory(asked: PermissionRequest | Question) -> str:
    """The exact directory: the engine knows a request in no other. The column holds a readable form."""
    shown = asked.directory
    is_exact = (
        shown.isascii() and shown.isprintable() and shown and len(shown) < len(show_directory("x" * 2000))
    )
    if is_exact:
        return shown
    text = reveal(asked, "content")
    if isinstance(asked, Question):
        return QuestionContent.from_text(text).directory
    return RequestContent.from_text(text).directory


def list_pending(engine: Engine) -> QuerySet[PermissionRequest]:
    return PermissionRequest.objects.filter(engine=engine, state=RequestState.PENDING).order_by("pk")


def list_unsealed_calls(*, engine: Engine) -> list[OpenCall]:
    return [describe_call(row) for row in list_pending(engine).filter(sealed_at=None).defer("content")]


def list_stoppable_calls(
    *, engine: Engine, seen_before: datetime, session_ids: Iterable[str] | None = None, directory: str = ""
) -> list[OpenCall]:
    """What is undecided, and approvals and answers not sent yet, of these sessions or this directory.

    The engine's own: what its gate holds ends in another way.
    """
    narrowing: dict[str, Any] = {"engine": engine, "created_at__lt": seen_before}
    if session_ids is not None:
        narrowing["session_id__in"] = list(session_ids)
    if directory:
        narrowing["directory"] = show_directory(directory)
    unsent = Q(state=RequestState.APPROVED, replies__reply=Reply.ONCE, replies__state=ReplyState.QUEUED)
    requests = PermissionRequest.objects.filter(source=RequestSource.ENGINE, **narrowing).filter(
        Q(state=RequestState.PENDING) | unsent
    )
    unheard = Q(state=QuestionState.ANSWERED, replies__reply=Reply.ANSWER, replies__state=ReplyState.QUEUED)
    questions = Question.objects.filter(**narrowing).filter(Q(state=QuestionState.OPEN) | unheard)
    return [
        *(describe_call(row) for row in requests.order_by("pk").defer("content").distinct()),
        *(describe_question(row) for row in questions.order_by("pk").defer("content").distinct()),
    ]


def list_tree(*, engine: Engine, session_id: str) -> list[str]:
    """A session and its subagents' sessions, all levels."""
    tree = [session_id]
    level = [session_id]
    for _ in range(MAX_DEPTH):
        level = list(
            Subagent.objects.filter(instance=engine, parent_ref__in=level)
            .exclude(source_ref__in=tree)
            .values_list("source_ref", flat=True)
        )
        if not level:
            break
        tree += level
    return tree


def list_stoppable_calls_below(*, engine: Engine, session_id: str, seen_before: datetime) -> list[OpenCall]:
    tree = list_tree(engine=engine, session_id=session_id)
    return list_stoppable_calls(engine=engine, session_ids=tree, seen_before=seen_before)


@dataclass(frozen=True, slots=True)
class KnownRequest:
    """What the database says of a request that an engine lists."""

    is_pending: bool
    is_sealed: bool
    is_placed: bool

    @property
    def is_complete(self) -> bool:
        """Nothing about it is still to be found out."""
        return not self.is_pending or (self.is_sealed and self.is_placed)


def find_known_questions(*, engine: Engine, question_ids: Iterable[str]) -> dict[str, KnownRequest]:
    rows = list_by_engine_id(engine.pk, question_ids)
    return {
        row.engine_question_id: KnownRequest(row.is_open, is_sealed=True, is_placed=row.chat_id is not None)
        for row in rows.only("engine_question_id", "state", "chat_id")
    }


def find_known(*, engine: Engine, request_ids: Iterable[str]) -> dict[str, KnownRequest]:
    rows = PermissionRequest.objects.filter(engine=engine, engine_request_id__in=list(request_ids))
    return {
        row.engine_request_id: KnownRequest(row.is_pending, row.is_sealed, row.chat_id is not None)
        for row in rows.only("engine_request_id", "state", "sealed_at", "chat_id")
    }
