"""Engines, to read. They are registered and paused in the admin or by command."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from accounts.api.filters import FlagFilter, RecordIdFilter
from accounts.api.serializers import NamedSerializer, ReadSerializer
from accounts.api.views import ReadOnlyApiViewSet
from accounts.enums import Scope
from engines.enums import EngineControl, EngineKind, EngineState
from engines.models import Engine
from engines.queries import list_engines


class EngineSerializer(ReadSerializer):
    """An engine as the relay last saw it; never its credentials."""

    id = serializers.CharField()
    name = serializers.CharField()
    team = NamedSerializer()
    kind = serializers.ChoiceField(choices=EngineKind.choices)
    address = serializers.CharField()
    version = serializers.CharField()
    state = serializers.ChoiceField(choices=EngineState.choices)
    state_reason = serializers.CharField()
    state_since = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(allow_null=True)
    control = serializers.ChoiceField(choices=EngineControl.choices)
    is_enabled = serializers.BooleanField()
    directories = serializers.ListField(child=serializers.CharField())
    request_timeout_s = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class EngineFilters(filters.FilterSet):
    team = RecordIdFilter(field_name="team_id")
    state = filters.MultipleChoiceFilter(choices=EngineState.choices)
    is_enabled = FlagFilter()


class EngineViewSet(ReadOnlyApiViewSet):
    """The engines of one's teams; owners see all."""

    queryset = Engine.objects.none()
    serializer_class = EngineSerializer
    filterset_class = EngineFilters
    scopes = dict.fromkeys(("list", "retrieve"), (Scope.ENGINES_READ,))

    def get_queryset(self) -> QuerySet[Engine]:
        return list_engines(self.principal).select_related("team").defer("password")
