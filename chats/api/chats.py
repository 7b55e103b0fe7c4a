"""Chats: begun, read, sent to and stopped; what waits in them, whose turn it is."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import (
    FlagFilter,
    RecordIdFilter,
    TextFilter,
    refuse_unclear_parameters,
    refuse_unknown_parameters,
)
from accounts.api.idempotency import idempotent
from accounts.api.pagination import PARAMETERS, CursorPage
from accounts.api.preconditions import OPTIONAL_PARAMETER, is_conditional, require_match
from accounts.api.views import ReadOnlyApiViewSet
from accounts.enums import Scope
from chats.api.chat_serializers import (
    ChatChangeSerializer,
    ChatNothingSerializer,
    ChatSerializer,
    ChatWishSerializer,
)
from chats.api.message_serializers import MessageSerializer, MessageWishSerializer, QueueSerializer
from chats.api.subagents import StoppedSerializer
from chats.domain.chats import (
    archive_chat,
    change_chat,
    create_chat,
    mark_read,
    take_over_chat,
    unarchive_chat,
)
from chats.domain.holds import describe_wait
from chats.domain.sending import send_message
from chats.domain.stop_tree import stop_chat_tree
from chats.domain.turns import stop_turn
from chats.queries import (
    filter_by_tag,
    filter_by_text,
    find_chat,
    find_message,
    list_chats,
    list_messages,
    list_queue,
)
from engines.enums import SessionState, Turn
from engines.models import Chat, Engine
from engines.queries import list_engines
from events.errors import Invalid
from events.identifiers import is_record_id

READING = ("list", "retrieve", "messages", "queue")
WRITING = ("create", "partial_update", "send", "stop", "stop_tree", "archive", "unarchive", "take_over")
ORDER = OpenApiParameter(
    "order",
    {"type": "string", "enum": ["oldest", "newest"], "default": "oldest"},
    description="Which comes first.",
)


class MessagePage(CursorPage):
    """In the order in which they were said, or backwards."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        order = request.query_params.get("order", "oldest")
        if order not in {"oldest", "newest"}:
            raise Invalid("Say oldest or newest.", field="order")
        return self.read_page(queryset, request, time_field="created", is_newest_first=order == "newest")


class ChatFilters(filters.FilterSet):
    """Several session states are given by repeating `session_state`."""

    search = TextFilter(
        method="filter_by_text",
        max_length=120,
        help_text="A part of title, description or preview; a whole id, the engine's too.",
    )
    team = RecordIdFilter(field_name="team_id")
    engine = RecordIdFilter(field_name="engine_id")
    user = RecordIdFilter(field_name="user_id")
    tag = TextFilter(method="filter_by_tag", max_length=40)
    turn = filters.ChoiceFilter(choices=Turn.choices)
    session_state = filters.MultipleChoiceFilter(choices=SessionState.choices)
    unread = FlagFilter(field_name="is_unread")
    archived = FlagFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)

    def filter_by_text(self, chats: QuerySet[Chat], _name: str, text: str) -> QuerySet[Chat]:
        return filter_by_text(chats, text)

    def filter_by_tag(self, chats: QuerySet[Chat], _name: str, tag: str) -> QuerySet[Chat]:
        return filter_by_tag(chats, tag)


class ChatViewSet(ReadOnlyApiViewSet):
    """The chats of one's teams; content is for members, owners included."""

    queryset = Chat.objects.none()
    serializer_class = ChatSerializer
    filterset_class = ChatFilters
    http_method_names = ["get", "head", "post", "patch"]
    scopes = {
        **dict.fromkeys(READING, (Scope.CHATS_READ,)),
        **dict.fromkeys(WRITING, (Scope.CHATS_WRITE,)),
        # A mark of one's own.
        "mark_read": (Scope.CHATS_READ, Scope.CHATS_WRITE),
    }

    def get_queryset(self) -> QuerySet[Chat]:
        return list_chats(self.principal)

    @extend_schema(request=ChatWishSerializer, responses={201: ChatSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Begin a chat of one's own; a service account's is that of the person who answers for it."""
        wish = self.read_body(ChatWishSerializer)
        engine = self.find_engine(wish.pop("engine"))
        made = create_chat(principal=self.principal, team=engine.team, engine=engine, **wish)
        answer = self.answer(made.pk, status=201)
        answer.headers["Location"] = request.build_absolute_uri(reverse("chat-detail", args=[made.pk]))
        return answer

    @extend_schema(request=ChatChangeSerializer, responses=ChatSerializer, parameters=[OPTIONAL_PARAMETER])
    def partial_update(self, request: Request, pk: str) -> Response:
        """Say otherwise what it is called, what it is about, and by which words it is found."""
        change = self.read_body(ChatChangeSerializer)
        chat = find_chat(self.principal, pk)
        if is_conditional(request):
            require_match(request, ChatSerializer(chat).data)
        change_chat(principal=self.principal, chat_id=pk, **change)
        return self.answer(pk)

    @extend_schema(responses=MessageSerializer(many=True), parameters=[ORDER], filters=False)
    @action(detail=True, filterset_class=None, pagination_class=MessagePage)
    def messages(self, request: Request, pk: str) -> Response:
        """What was said in the chat, with what waits to be sent."""
        refuse_unknown_parameters(request, PARAMETERS | {"order"})
        refuse_unclear_parameters(request, set())
        chat = find_chat(self.principal, pk)
        return self.answer_page(list_messages(self.principal).filter(chat=chat), MessageSerializer)

    @extend_schema(request=MessageWishSerializer, responses={201: MessageSerializer})
    @messages.mapping.post
    @idempotent
    def send(self, request: Request, pk: str) -> Response:
        """Say something to the agent. It waits its turn here, and is delivered once."""
        made = send_message(principal=self.principal, chat_id=pk, **self.read_body(MessageWishSerializer))
        shown = MessageSerializer(find_message(self.principal, made.pk)).data
        location = request.build_absolute_uri(reverse("message-detail", args=[made.pk]))
        return Response(shown, status=201, headers={"Location": location})

    @extend_schema(responses=QueueSerializer, filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def queue(self, request: Request, pk: str) -> Response:
        """What waits to be sent, and why."""
        refuse_unknown_parameters(request, frozenset())
        # Each prompt's message knows its prompt: the two are one to one.
        prompts = list(list_queue(find_chat(self.principal, pk)))
        return Response(
            {
                "waits_for": describe_wait(prompts[0]) if prompts else "",
                "messages": [MessageSerializer.show(prompt.message) for prompt in prompts],
            }
        )

    @extend_schema(request=ChatNothingSerializer, responses={202: ChatSerializer})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """Have the agent's turn ended. What waits to be sent goes afterwards."""
        self.read_body(ChatNothingSerializer)
        stop_turn(principal=self.principal, chat_id=pk)
        return self.answer(pk, status=202)

    @extend_schema(request=ChatNothingSerializer, responses={202: StoppedSerializer})
    @action(detail=True, methods=["post"], url_path="stop-tree")
    def stop_tree(self, request: Request, pk: str) -> Response:
        """Have the turn ended, and every delegation of the chat; what they ask is closed.

        409 when all is over.
        """
        self.read_body(ChatNothingSerializer)
        stopped = stop_chat_tree(principal=self.principal, chat_id=pk)
        return Response(StoppedSerializer(stopped).data, status=202)

    @extend_schema(request=ChatNothingSerializer, responses=ChatSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: str) -> Response:
        """Put it away; nothing is deleted, and nothing is sent in it."""
        self.read_body(ChatNothingSerializer)
        archive_chat(principal=self.principal, chat_id=pk)
        return self.answer(pk)

    @extend_schema(request=ChatNothingSerializer, responses=ChatSerializer)
    @action(detail=True, methods=["post"])
    def unarchive(self, request: Request, pk: str) -> Response:
        """Take it out again."""
        self.read_body(ChatNothingSerializer)
        unarchive_chat(principal=self.principal, chat_id=pk)
        return self.answer(pk)

    @extend_schema(request=ChatNothingSerializer, responses=ChatSerializer)
    @action(detail=True, methods=["post"], url_path="take-over")
    def take_over(self, request: Request, pk: str) -> Response:
        """Make a chat one's own that was begun in the engine itself, to send in it."""
        self.read_body(ChatNothingSerializer)
        take_over_chat(principal=self.principal, chat_id=pk)
        return self.answer(pk)

    @extend_schema(request=ChatNothingSerializer, responses=ChatSerializer)
    @action(detail=True, methods=["post"], url_path="mark-read")
    def mark_read(self, request: Request, pk: str) -> Response:
        """Say that one has read it up to now."""
        self.read_body(ChatNothingSerializer)
        mark_read(principal=self.principal, chat_id=pk)
        return self.answer(pk)

    def find_engine(self, engine_id: str) -> Engine:
        rows = list_engines(self.principal).select_related("team")
        engine = rows.filter(pk=engine_id).first() if is_record_id(engine_id) else None
        if engine is None:
            raise Invalid("There is no such engine.", field="engine")
        return engine

    def answer(self, chat_id: str, **options: Any) -> Response:
        return Response(ChatSerializer(find_chat(self.principal, chat_id)).data, **options)
