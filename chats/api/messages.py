"""One message: how it is on its way, and what to do when it is not."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import refuse_unknown_parameters
from accounts.api.views import ApiViewSet
from accounts.enums import Scope
from chats.api.chat_serializers import ChatNothingSerializer
from chats.api.message_serializers import MessageSerializer
from chats.domain.sending import retry_message, withdraw_message
from chats.queries import find_message, list_messages
from engines.models import Message


class MessageViewSet(ApiViewSet):
    """Messages of chats in one's teams; they are listed, and sent, with their chat."""

    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    objects = frozenset({"retrieve"})
    scopes = {
        "retrieve": (Scope.CHATS_READ,),
        **dict.fromkeys(("retry", "withdraw"), (Scope.CHATS_WRITE,)),
    }

    def get_queryset(self) -> QuerySet[Message]:
        return list_messages(self.principal)

    @extend_schema(responses=MessageSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One message."""
        refuse_unknown_parameters(request, frozenset())
        return self.answer(pk)

    @extend_schema(request=ChatNothingSerializer, responses=MessageSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Send again what failed. It keeps its ids: the engine takes it once, whatever happened before."""
        self.read_body(ChatNothingSerializer)
        retry_message(principal=self.principal, message_id=pk)
        return self.answer(pk)

    @extend_schema(request=ChatNothingSerializer, responses=MessageSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take back what still waits. What may have reached the engine is not taken back."""
        self.read_body(ChatNothingSerializer)
        withdraw_message(principal=self.principal, message_id=pk)
        return self.answer(pk)

    def answer(self, message_id: str) -> Response:
        return Response(MessageSerializer(find_message(self.principal, message_id)).data)
