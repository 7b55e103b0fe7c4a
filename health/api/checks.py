"""How every part of the deployment is, and was, to read: the portal alone writes it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import RecordIdFilter, TextFilter, refuse_unknown_parameters
from accounts.api.pagination import PARAMETERS
from accounts.api.serializers import NamedSerializer, ReadSerializer
from accounts.api.views import ApiViewSet
from accounts.enums import Scope
from health.enums import Component, HealthState
from health.models import STALE_AFTER, HealthCheck
from health.queries import get_check, list_checks, list_health_changes


class HealthCheckSerializer(ReadSerializer):
    """One part. What nobody looks at is `offline`, whatever it was when last seen."""

    id = serializers.CharField()
    component = serializers.ChoiceField(choices=Component.choices)
    subject_id = serializers.CharField(
        help_text="The engine, MCP server … that it is about; empty where there is one such part."
    )
    team = NamedSerializer(allow_null=True, help_text="Null: the deployment's own part, for owners.")
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=HealthState.choices, source="current_state")
    since = serializers.DateTimeField(help_text="When it came into the state it was last found in.")
    last_ping_at = serializers.DateTimeField(allow_null=True, help_text="When it was last looked at.")
    last_ready_at = serializers.DateTimeField(allow_null=True)
    is_current = serializers.BooleanField(help_text="False: nobody has looked for a while.")
    detail = serializers.CharField(source="current_detail")
    facts = serializers.SerializerMethodField()

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_facts(self, check: HealthCheck) -> dict[str, Any]:
        """Numbers and words behind it, other ones for each component."""
        return dict(check.facts)


class HealthChangeSerializer(ReadSerializer):
    """That it came from one state into another."""

    id = serializers.CharField()
    before = serializers.ChoiceField(choices=HealthState.choices, allow_blank=True)
    state = serializers.ChoiceField(choices=HealthState.choices)
    detail = serializers.CharField()
    at = serializers.DateTimeField()


class HealthFilters(filters.FilterSet):
    """Several components or states are given by repeating them."""

    component = filters.MultipleChoiceFilter(choices=Component.choices)
    state = filters.MultipleChoiceFilter(choices=HealthState.choices, method="filter_by_current_state")
    team = RecordIdFilter(field_name="team_id")
    subject = TextFilter(field_name="subject_id", max_length=64, help_text="What it is about.")

    def filter_by_current_state(
        self, checks: QuerySet[HealthCheck], _name: str, states: list[str]
    ) -> QuerySet[HealthCheck]:
        """As it is told, not as it was last found."""
        if not states:
            return checks
        checks = checks.annotate(looked_at=Coalesce("last_ping_at", "created_at"))
        oldest = timezone.now() - STALE_AFTER
        wanted = Q(state__in=states, looked_at__gt=oldest)
        if HealthState.OFFLINE in states:
            wanted |= Q(looked_at__lte=oldest)
        return checks.filter(wanted)


class HealthCheckViewSet(mixins.ListModelMixin, ApiViewSet):
    """The health of what belongs to one's teams; of everything for owners."""

    queryset = HealthCheck.objects.none()
    serializer_class = HealthCheckSerializer
    filterset_class = HealthFilters
    objects = frozenset({"retrieve"})
    scopes = dict.fromkeys(("list", "retrieve", "changes"), (Scope.HEALTH_READ,))

    def get_queryset(self) -> QuerySet[HealthCheck]:
        return list_checks(self.principal)

    @extend_schema(responses=HealthCheckSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One part, also one that nobody looks at any more."""
        refuse_unknown_parameters(request, frozenset())
        return Response(HealthCheckSerializer(get_check(self.principal, pk)).data)

    @extend_schema(responses=HealthChangeSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, time_field="at")
    def changes(self, request: Request, pk: str) -> Response:
        """What became of it, newest first."""
        refuse_unknown_parameters(request, PARAMETERS)
        return self.answer_page(list_health_changes(get_check(self.principal, pk)), HealthChangeSerializer)
