"""Teams and their members, to read. They are managed in the admin."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import refuse_unknown_parameters
from accounts.api.pagination import PARAMETERS
from accounts.api.serializers import ReadSerializer
from accounts.api.views import ReadOnlyApiViewSet
from accounts.enums import Role, Scope, UserKind
from accounts.models import Membership, Team
from accounts.queries import list_members, list_teams


class TeamSerializer(ReadSerializer):
    """A team; `my_role` is null for an owner who is no member."""

    id = serializers.CharField()
    name = serializers.CharField()
    my_role = serializers.SerializerMethodField()
    chat_user_may_decide = serializers.BooleanField()
    tokens_may_decide = serializers.BooleanField()
    created_at = serializers.DateTimeField()

    def get_my_role(self, team: Team) -> str | None:
        role: str | None = self.context["view"].principal.roles.get(team.pk)
        return role


class MemberSerializer(ReadSerializer):
    """One open membership."""

    id = serializers.CharField()
    user_id = serializers.CharField()
    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.name")
    kind = serializers.ChoiceField(choices=UserKind.choices, source="user.kind")
    is_active = serializers.BooleanField(source="user.is_active")
    role = serializers.ChoiceField(choices=Role.choices)
    created_at = serializers.DateTimeField()


class TeamViewSet(ReadOnlyApiViewSet):
    """The teams one belongs to; owners see all."""

    queryset = Team.objects.none()
    serializer_class = TeamSerializer
    scopes = dict.fromkeys(("list", "retrieve", "members"), (Scope.TEAMS_READ,))

    def get_queryset(self) -> QuerySet[Team]:
        return list_teams(self.principal)

    @extend_schema(responses=MemberSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None)
    def members(self, request: Request, pk: str) -> Response:
        """Who belongs to the team, with which role."""
        refuse_unknown_parameters(request, PARAMETERS)
        rows: QuerySet[Membership] = list_members(self.get_team(pk))
        return self.answer_page(rows, MemberSerializer)

    def get_team(self, team_id: str) -> Team:
        """Raises Http404 for what this caller can't see."""
        return self.get_object_or_404(self.get_queryset(), team_id)
