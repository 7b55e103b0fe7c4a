"""Questions: agents ask and wait, people answer or reject."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import refuse_unknown_parameters
from accounts.api.views import ApiViewSet
from accounts.enums import Scope
from governance.api.question_filters import QuestionFilters
from governance.api.question_serializers import (
    AnswerSerializer,
    FullQuestionSerializer,
    QuestionSerializer,
    QuestionViewer,
    QuestionWishSerializer,
    read_wished_items,
)
from governance.api.request_serializers import NothingSerializer
from governance.api.requests import KEY, find_named_team, read_idempotency_key
from governance.api.waits import TIMEOUT, Seen, wait_for_answer
from governance.domain.question_endings import withdraw_question
from governance.domain.questions import answer_question, ask_question, read_question, reject_question
from governance.models import Question
from governance.policies import can_read_question
from governance.question_queries import SHOWN_WITH, get_question, list_questions

READERS = (Scope.QUESTIONS_READ, Scope.QUESTIONS_ASK)


class QuestionViewSet(mixins.ListModelMixin, ApiViewSet):
    """Questions of one's teams. A token with only `questions:ask` sees its own."""

    queryset = Question.objects.none()
    serializer_class = QuestionSerializer
    filterset_class = QuestionFilters
    objects = frozenset({"retrieve"})
    scopes = {
        "list": READERS,
        "retrieve": READERS,
        "wait": READERS,
        "create": (Scope.QUESTIONS_ASK,),
        "cancel": (Scope.QUESTIONS_ASK,),
        "answer": (Scope.QUESTIONS_ANSWER,),
        "reject": (Scope.QUESTIONS_ANSWER,),
    }

    def get_queryset(self) -> QuerySet[Question]:
        return list_questions(self.principal).select_related(*SHOWN_WITH).defer("content", "answers")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = list(self.paginate_queryset(self.filter_queryset(self.get_queryset())) or [])
        viewer = QuestionViewer.of(self.principal, page)
        serializer = QuestionSerializer(page, many=True, context={"viewer": viewer})
        return self.get_paginated_response(serializer.data)

    @extend_schema(
        request=QuestionWishSerializer,
        responses={201: FullQuestionSerializer, 200: FullQuestionSerializer},
        parameters=[KEY],
    )
    def create(self, request: Request) -> Response:
        """Ask people. 201 for a new question, 200 when the idempotency key has asked it before."""
        values = self.read_body(QuestionWishSerializer)
        team = find_named_team(self.principal, values.pop("team", None))
        made, is_new = ask_question(
            principal=self.principal,
            team=team,
            items=read_wished_items(values.pop("items")),
            idempotency_key=read_idempotency_key(request),
            **values,
        )
        made.team = team
        return self.show(
            made,
            status=201 if is_new else 200,
            headers={"Location": self.request.build_absolute_uri(f"{request.path}{made.pk}/")},
        )

    @extend_schema(responses=FullQuestionSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One question with all that is asked and answered; reading recognised secrets is audited."""
        refuse_unknown_parameters(request, frozenset())
        return self.show(get_question(self.principal, pk))

    @extend_schema(request=AnswerSerializer, responses=FullQuestionSerializer)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: str) -> Response:
        """Answer all of it, for good. The first answer counts; a later one is told whose that was."""
        answer_question(principal=self.principal, question_id=pk, **self.read_body(AnswerSerializer))
        return self.show(get_question(self.principal, pk))

    @extend_schema(request=NothingSerializer, responses=FullQuestionSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Nobody will answer it. An engine's agent stops its turn and is told no reason."""
        self.read_body(NothingSerializer)
        reject_question(principal=self.principal, question_id=pk)
        return self.show(get_question(self.principal, pk))

    @extend_schema(request=NothingSerializer, responses=FullQuestionSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Withdraw what one asked."""
        self.read_body(NothingSerializer)
        withdraw_question(principal=self.principal, question_id=pk)
        return self.show(get_question(self.principal, pk))

    @extend_schema(responses=FullQuestionSerializer, parameters=[TIMEOUT], filters=False)
    @action(detail=True, filterset_class=None)
    def wait(self, request: Request, pk: str) -> HttpResponse:
        """The question as soon as it has ended, and in any case when the time is up."""

        def look() -> Seen:
            row = get_question(self.principal, pk)
            # A moment of a wait is no object that could be asked for again.
            answer = partial(self.show, row, headers={"Cache-Control": "no-store"})
            return Seen(row.subject if row.is_open else None, answer)

        return wait_for_answer(request, look)

    def show(self, row: Question, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        readable = can_read_question(self.principal, row)
        context = {
            "viewer": QuestionViewer.of(self.principal, [row]),
            "full": read_question(principal=self.principal, question=row) if readable else None,
        }
        # With all that it says it is nothing to keep anywhere.
        kept = {**({"Cache-Control": "private, no-store"} if readable else {}), **(headers or {})}
        return Response(FullQuestionSerializer(row, context=context).data, status=status, headers=kept)
