"""The ledger of delegations, to read."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from accounts.api.filters import RecordIdFilter
from accounts.api.serializers import NamedSerializer, ReadSerializer
from accounts.api.views import ReadOnlyApiViewSet
from accounts.enums import Scope
from engines.enums import SubagentKind, SubagentStatus
from engines.models import Subagent
from engines.queries import list_subagents
from events.masking import mask_secrets


class SubagentSerializer(ReadSerializer):
    """One delegation: which session asked which, and what became of it."""

    id = serializers.CharField()
    engine = NamedSerializer(source="instance")
    kind = serializers.ChoiceField(choices=SubagentKind.choices)
    source_ref = serializers.CharField(help_text="The engine's own id of the subagent's session.")
    parent_ref = serializers.CharField(help_text="The engine's own id of the delegating session.")
    parent_id = serializers.CharField(allow_null=True)
    root_id = serializers.CharField(allow_null=True)
    depth = serializers.IntegerField()
    chat_id = serializers.CharField(allow_null=True)
    agent = serializers.CharField()
    description = serializers.SerializerMethodField()
    working_directory = serializers.CharField()
    status = serializers.ChoiceField(choices=SubagentStatus.choices)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()

    def get_description(self, subagent: Subagent) -> str:
        return mask_secrets(subagent.description)


class SubagentFilters(filters.FilterSet):
    chat = RecordIdFilter(field_name="chat_id")
    engine = RecordIdFilter(field_name="instance_id")
    status = filters.MultipleChoiceFilter(choices=SubagentStatus.choices)


class SubagentViewSet(ReadOnlyApiViewSet):
    """The delegations in one's teams."""

    queryset = Subagent.objects.none()
    serializer_class = SubagentSerializer
    filterset_class = SubagentFilters
    time_field = "first_seen_at"
    scopes = dict.fromkeys(("list", "retrieve"), (Scope.CHATS_READ,))

    def get_queryset(self) -> QuerySet[Subagent]:
        return list_subagents(self.principal).select_related("instance").defer("instance__password")
