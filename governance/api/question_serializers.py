"""What a question looks like from outside, and what one may send about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import (
    ActorSerializer,
    Integer,
    NamedSerializer,
    ReadSerializer,
    Text,
    WriteSerializer,
)
from accounts.principal import Principal
from governance.api.request_serializers import (
    DelegateSerializer,
    DeliverySerializer,
    PlaceSerializer,
)
from governance.domain.questions import FullQuestion, describe_end
from governance.enums import CloseReason, QuestionState, RequestSource
from governance.models import EngineReply, Question
from governance.policies import can_read_question, explain_not_answering
from governance.question_content import (
    MAX_ANSWER_LENGTH,
    MAX_DESCRIPTION_LENGTH,
    MAX_HEADER_LENGTH,
    MAX_ITEMS,
    MAX_LABEL_LENGTH,
    MAX_OPTIONS,
    MAX_QUESTION_LENGTH,
    Option,
    QuestionItem,
    write_items,
)
from governance.question_queries import find_last_replies


@dataclass(frozen=True, slots=True)
class QuestionViewer:
    """For whom questions are described, with what was looked up for all of them at once."""

    principal: Principal
    replies: dict[str, EngineReply] = field(default_factory=dict)
    now: datetime = field(default_factory=timezone.now)

    @classmethod
    def of(cls, principal: Principal, questions: Iterable[Question]) -> QuestionViewer:
        asked = [question.pk for question in questions if question.engine_id is not None]
        return cls(principal, find_last_replies(asked) if asked else {})

    def explain(self, question: Question) -> str:
        """Why this viewer can't answer this question now; "" when they can."""
        if not question.is_open:
            return describe_end(question)
        if question.is_overdue(self.now):
            return "The time for this question has run out."
        return explain_not_answering(self.principal, question)


class QuestionSerializer(ReadSerializer):
    """A question as lists show it: recognised secrets are masked, answers left out."""

    # Context: `viewer`.

    id = serializers.CharField()
    state = serializers.ChoiceField(choices=QuestionState.choices)
    summary = serializers.CharField(
        help_text="What is asked first. Empty for owners outside the team and for agents that did not ask."
    )
    item_count = serializers.IntegerField(help_text="How many things are asked together.")
    findings = serializers.ListField(
        child=serializers.CharField(), help_text="What could fool a reader: kinds of hidden characters."
    )
    can_answer = serializers.SerializerMethodField()
    cannot_answer_because = serializers.SerializerMethodField()
    team = NamedSerializer()
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field, not the serializer's own
        choices=[(RequestSource.ENGINE.value, "engine"), (RequestSource.API.value, "API")]
    )
    requester = serializers.SerializerMethodField()
    engine = NamedSerializer(allow_null=True)
    chat = PlaceSerializer(allow_null=True)
    subagent = DelegateSerializer(allow_null=True)
    engine_question_id = serializers.CharField()
    session_id = serializers.CharField()
    directory = serializers.CharField()
    agent = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    answered_by = serializers.SerializerMethodField()
    close_reason = serializers.ChoiceField(choices=CloseReason.choices, allow_blank=True)
    delivery = serializers.SerializerMethodField()

    @property
    def viewer(self) -> QuestionViewer:
        viewer: QuestionViewer = self.context["viewer"]
        return viewer

    def to_representation(self, instance: Question) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not can_read_question(self.viewer.principal, instance):
            shown["summary"] = ""
            for name, text in (("chat", "title"), ("subagent", "description")):
                if shown[name] is not None:
                    shown[name] = {**shown[name], text: ""}
        return shown

    def get_can_answer(self, question: Question) -> bool:
        return not self.viewer.explain(question)

    def get_cannot_answer_because(self, question: Question) -> str:
        return self.viewer.explain(question)

    @extend_schema_field(ActorSerializer)
    def get_requester(self, question: Question) -> dict[str, str]:
        return {
            "kind": question.requester_kind,
            "id": question.requester_id,
            "label": question.requester_label,
        }

    @extend_schema_field(ActorSerializer(allow_null=True))
    def get_answered_by(self, question: Question) -> dict[str, str] | None:
        """Who answered or rejected it."""
        if not question.answered_by_id:
            return None
        return {
            "kind": question.answered_by_kind,
            "id": question.answered_by_id,
            "label": question.answered_by_label,
        }

    @extend_schema_field(DeliverySerializer(allow_null=True))
    def get_delivery(self, question: Question) -> Any:
        return DeliverySerializer.show(self.viewer.replies.get(question.pk))


class OptionSerializer(ReadSerializer):
    """One answer on offer."""

    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the serializer's own
    description = serializers.CharField()


class ItemSerializer(ReadSerializer):
    """One of the things that are asked together."""

    header = serializers.CharField()
    question = serializers.CharField()
    options = OptionSerializer(many=True)
    multiple = serializers.BooleanField(help_text="Several options may be chosen.")
    custom = serializers.BooleanField(help_text="Words of one's own answer it, too.")


class FullQuestionSerializer(QuestionSerializer):
    """One question with all that is asked. `items` and `answers` are null for whoever may not read them."""

    # Context: `viewer`, `full`.

    items = serializers.SerializerMethodField()
    answers = serializers.SerializerMethodField()

    @extend_schema_field(ItemSerializer(many=True, allow_null=True))
    def get_items(self, _question: Question) -> Any:
        full: FullQuestion | None = self.context["full"]
        return write_items(full.items) if full else None

    @extend_schema_field(
        serializers.ListField(
            child=serializers.ListField(child=serializers.CharField()),
            allow_null=True,
            help_text="For each item the labels chosen, or words of one's own; null without an answer.",
        )
    )
    def get_answers(self, _question: Question) -> Any:
        full: FullQuestion | None = self.context["full"]
        return [list(answer) for answer in full.answers] if full and full.answers else None


class OptionWishSerializer(WriteSerializer):
    """One answer on offer."""

    label = Text(  # type: ignore[assignment]  # a field, not the serializer's own
        max_length=MAX_LABEL_LENGTH, help_text="What the asker hears when it is chosen."
    )
    description = Text(max_length=MAX_DESCRIPTION_LENGTH, allow_blank=True, required=False, default="")


class ItemWishSerializer(WriteSerializer):
    """One of the things to ask together."""

    question = Text(max_length=MAX_QUESTION_LENGTH)
    header = Text(max_length=MAX_HEADER_LENGTH, allow_blank=True, required=False, default="")
    options = serializers.ListField(child=OptionWishSerializer(), required=False, max_length=MAX_OPTIONS)
    multiple = serializers.BooleanField(required=False, default=False)
    custom = serializers.BooleanField(required=False, default=True)


class QuestionWishSerializer(WriteSerializer):
    """What an agent asks people."""

    team = Text(required=False, max_length=15, help_text="Needed when the caller belongs to several teams.")
    items = serializers.ListField(child=ItemWishSerializer(), min_length=1, max_length=MAX_ITEMS)
    directory = Text(max_length=1000, allow_blank=True, required=False, default="")
    agent = Text(max_length=80, allow_blank=True, required=False, default="")
    session_id = Text(max_length=64, allow_blank=True, required=False, default="")
    expires_in_s = Integer(
        required=False, min_value=5, max_value=30 * 24 * 3600, help_text="After that nobody answers it."
    )


def read_wished_items(values: Iterable[dict[str, Any]]) -> tuple[QuestionItem, ...]:
    return tuple(
        QuestionItem(**{**value, "options": tuple(Option(**option) for option in value.get("options", ()))})
        for value in values
    )


class AnswerSerializer(WriteSerializer):
    """For each item, in their order: the labels chosen, or one text of one's own."""

    answers = serializers.ListField(
        child=serializers.ListField(child=Text(max_length=MAX_ANSWER_LENGTH), max_length=MAX_OPTIONS + 1),
        max_length=MAX_ITEMS,
    )
