"""Who am I: the first thing an agent's author wants to know of a token."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.scopes import ANY_TOKEN
from accounts.api.serializers import ReadSerializer
from accounts.api.views import ApiView
from accounts.enums import Role, UserKind
from accounts.models import User
from accounts.principal import Principal
from accounts.queries import list_open_memberships


class OwnTeamSerializer(ReadSerializer):
    """A team of mine and my role in it."""

    id = serializers.CharField(source="team_id")
    name = serializers.CharField(source="team.name")
    role = serializers.ChoiceField(choices=Role.choices)


class OwnTokenSerializer(ReadSerializer):
    """The token of this request."""

    id = serializers.CharField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()


class MeSerializer(ReadSerializer):
    """The caller; `token` is null in a session."""

    id = serializers.CharField()
    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    kind = serializers.ChoiceField(choices=UserKind.choices)
    is_owner = serializers.BooleanField(source="is_superuser")
    teams = serializers.SerializerMethodField()
    token = serializers.SerializerMethodField()

    @extend_schema_field(OwnTeamSerializer(many=True))
    def get_teams(self, _user: User) -> list[object]:
        memberships = list_open_memberships(self.context["principal"])
        return [OwnTeamSerializer.show(membership) for membership in memberships]

    @extend_schema_field(OwnTokenSerializer(allow_null=True))
    def get_token(self, _user: User) -> Any:
        principal: Principal = self.context["principal"]
        return OwnTokenSerializer.show(principal.token)


class MeView(ApiView):
    """The caller, its teams and roles, and the token it came with. Nothing here can be written."""

    scopes = {"get": ANY_TOKEN}
    objects = frozenset({"get"})

    @extend_schema(responses=MeSerializer, operation_id="users_me_retrieve")
    def get(self, request: Request) -> Response:
        serializer = MeSerializer(self.principal.user, context={"principal": self.principal})
        return Response(serializer.data)
