"""Chats and their messages, to read; recognised secrets are masked."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import RecordIdFilter, refuse_unknown_parameters
from accounts.api.pagination import PARAMETERS, CursorPage
from accounts.api.serializers import NamedSerializer, ReadSerializer
from accounts.api.views import ReadOnlyApiViewSet
from accounts.enums import Scope
from engines.enums import EngineMessageStatus, MessageRole, SessionState, Turn, UserMessageStatus
from engines.models import Chat, Message
from engines.queries import list_chats
from events.masking import mask_secrets


class ChatSerializer(ReadSerializer):
    """One root session of an engine."""

    id = serializers.CharField()
    title = serializers.SerializerMethodField()
    preview = serializers.SerializerMethodField()
    team = NamedSerializer()
    engine = NamedSerializer()
    ai_engine_session_id = serializers.CharField()
    user_id = serializers.CharField(allow_null=True)
    agent = serializers.CharField()
    directory = serializers.CharField()
    turn = serializers.ChoiceField(choices=Turn.choices)
    session_state = serializers.ChoiceField(choices=SessionState.choices)
    last_active = serializers.DateTimeField()
    aborted_at = serializers.DateTimeField(allow_null=True)
    blocked_at = serializers.DateTimeField(
        allow_null=True, help_text="Somebody answered one of its requests past Countersign."
    )
    archived_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_title(self, chat: Chat) -> str:
        return mask_secrets(chat.title)

    def get_preview(self, chat: Chat) -> str:
        return mask_secrets(chat.preview)


class PartSerializer(ReadSerializer):
    """A text part (`text`), or a tool part (`tool`, `callID`, `status`)."""

    id = serializers.CharField()
    type = serializers.ChoiceField(choices=["text", "tool"])
    text = serializers.CharField(required=False)
    tool = serializers.CharField(required=False)
    callID = serializers.CharField(required=False)  # noqa: N815 - the engine's name
    status = serializers.CharField(required=False)


class MessageSerializer(ReadSerializer):
    """What was said. Tool inputs and outputs stay in the engine."""

    id = serializers.CharField()
    role = serializers.ChoiceField(choices=MessageRole.choices)
    ai_engine_message_id = serializers.CharField(allow_null=True)
    parent_id = serializers.CharField()
    user_message_status = serializers.ChoiceField(choices=UserMessageStatus.choices, allow_blank=True)
    engine_message_status = serializers.ChoiceField(choices=EngineMessageStatus.choices, allow_blank=True)
    parts = serializers.SerializerMethodField()
    created = serializers.DateTimeField()
    updated = serializers.DateTimeField()

    @extend_schema_field(PartSerializer(many=True))
    def get_parts(self, message: Message) -> list[dict[str, Any]]:
        return [mask_part(part) for part in message.parts]


def mask_part(part: dict[str, Any]) -> dict[str, Any]:
    return {**part, "text": mask_secrets(part["text"])} if "text" in part else part


class MessagePage(CursorPage):
    """In the order in which they were said."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        return self.read_page(queryset, request, time_field="created", is_newest_first=False)


class ChatFilters(filters.FilterSet):
    team = RecordIdFilter(field_name="team_id")
    engine = RecordIdFilter(field_name="engine_id")
    turn = filters.ChoiceFilter(choices=Turn.choices)
    session_state = filters.MultipleChoiceFilter(choices=SessionState.choices)


class ChatViewSet(ReadOnlyApiViewSet):
    """The chats of one's teams; content is for members, owners included."""

    queryset = Chat.objects.none()
    serializer_class = ChatSerializer
    filterset_class = ChatFilters
    scopes = dict.fromkeys(("list", "retrieve", "messages"), (Scope.CHATS_READ,))

    def get_queryset(self) -> QuerySet[Chat]:
        return list_chats(self.principal).select_related("team", "engine").defer("engine__password")

    @extend_schema(responses=MessageSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, pagination_class=MessagePage)
    def messages(self, request: Request, pk: str) -> Response:
        """What was said in the chat, oldest first."""
        refuse_unknown_parameters(request, PARAMETERS)
        chat = self.get_object_or_404(self.get_queryset(), pk)
        return self.answer_page(Message.objects.filter(chat=chat), MessageSerializer)
