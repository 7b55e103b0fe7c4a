"""API tokens: listed, made and revoked by people in a session; a token sees and revokes only itself."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.idempotency import idempotent
from accounts.api.scopes import ANY_TOKEN
from accounts.api.serializers import Moment, ReadSerializer, Text, WriteSerializer
from accounts.api.views import ReadOnlyApiViewSet
from accounts.domain.tokens import create_token_as, revoke_token
from accounts.enums import Scope
from accounts.models import ApiToken, User
from accounts.queries import list_tokens, list_users
from events.errors import Invalid


class TokenSerializer(ReadSerializer):
    """A token without its secret, which is not kept."""

    id = serializers.CharField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="The beginning of the token's text, after `csk_`.")
    user_id = serializers.CharField()
    username = serializers.CharField(source="user.username")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="By the minute.")


class NewTokenSerializer(TokenSerializer):
    """A token with its secret, shown this once."""

    secret = serializers.SerializerMethodField()

    def get_secret(self, _token: ApiToken) -> str:
        secret: str = self.context["secret"]
        return secret


class TokenWishSerializer(WriteSerializer):
    """A token for oneself, or for a service account one owns (`user_id`)."""

    name = Text(max_length=80)
    scopes = serializers.ListField(child=Text(max_length=40), min_length=1, max_length=len(Scope))
    expires_at = Moment(help_text="Within one year from now.")
    user_id = Text(required=False, max_length=15)


class EmptySerializer(WriteSerializer):
    """Nothing."""


class TokenViewSet(ReadOnlyApiViewSet):
    """One's own tokens and those of one's service accounts."""

    queryset = ApiToken.objects.none()
    serializer_class = TokenSerializer
    scopes = dict.fromkeys(("list", "retrieve", "create", "revoke"), ANY_TOKEN)

    def get_queryset(self) -> QuerySet[ApiToken]:
        return list_tokens(self.principal)

    @extend_schema(request=TokenWishSerializer, responses={201: NewTokenSerializer})
    @idempotent(shows_secret=True)
    def create(self, request: Request) -> Response:
        """Make a token, in a session. The answer is the only place where its secret ever stands."""
        wish = self.read_body(TokenWishSerializer)
        user = self.find_user(wish.pop("user_id", self.principal.user.pk))
        made = create_token_as(principal=self.principal, user=user, **wish)
        body: dict[str, Any] = NewTokenSerializer(made.token, context={"secret": made.secret}).data
        return Response(body, status=201)

    @extend_schema(request=EmptySerializer, responses=TokenSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """End it at once: for new requests, waiting ones and open sockets."""
        self.read_body(EmptySerializer)
        token = self.get_object_or_404(self.get_queryset(), pk)
        revoke_token(principal=self.principal, token=token)
        token.refresh_from_db()
        return Response(TokenSerializer(token).data)

    def find_user(self, user_id: str) -> User:
        user = list_users(self.principal).filter(pk=user_id).first()
        if user is None:
            raise Invalid("There is no such user.", field="user_id")
        return user
