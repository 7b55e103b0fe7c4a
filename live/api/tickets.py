"""One-use tickets for a websocket, for clients that can set no header there."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.idempotency import idempotent
from accounts.api.serializers import WriteSerializer
from accounts.api.views import ApiView
from accounts.enums import Scope
from live.api.callers import read_credential
from live.domain.tickets import create_ticket


class TicketWishSerializer(WriteSerializer):
    """Nothing: the caller's own credential says all."""


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField(help_text="For `/ws/events/?ticket=…`, once. Shown here only.")
    expires_at = serializers.DateTimeField(help_text="30 seconds from now.")


class TicketView(ApiView):
    """Tickets: they end with the token or session that asked for them."""

    scopes = {"post": (Scope.EVENTS_READ,)}

    @extend_schema(
        operation_id="events_ticket", request=TicketWishSerializer, responses={201: TicketSerializer}
    )
    @idempotent(shows_secret=True)
    def post(self, request: Request) -> Response:
        """A ticket that opens one websocket within 30 seconds, instead of a token there."""
        TicketWishSerializer(data=request.data).is_valid(raise_exception=True)
        made = create_ticket(read_credential(request))
        answer = {"ticket": made.secret, "expires_at": made.expires_at}
        return Response(answer, status=status.HTTP_201_CREATED)
