"""The ledger of delegations: who asked whom, what became of it, and an end to what goes wrong."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import FlagFilter, RecordIdFilter, TextFilter, refuse_unknown_parameters
from accounts.api.pagination import PARAMETERS
from accounts.api.serializers import NamedSerializer, ReadSerializer
from accounts.api.views import ReadOnlyApiViewSet
from accounts.enums import Scope
from chats.api.chat_serializers import ChatNothingSerializer
from chats.domain.stop_tree import stop_delegation
from engines.enums import SubagentKind, SubagentStatus
from engines.models import Subagent
from engines.queries import list_chain, list_subagents
from events.masking import mask_secrets

READING = ("list", "retrieve", "chain", "tree")


class SubagentSerializer(ReadSerializer):
    """One delegation: which session or terminal asked which, and what became of it."""

    id = serializers.CharField()
    engine = NamedSerializer(source="instance", allow_null=True)
    cao_server = NamedSerializer(allow_null=True, help_text="It was told by an engine or by a CAO server.")
    kind = serializers.ChoiceField(choices=SubagentKind.choices)
    source_ref = serializers.CharField(help_text="The source's own id of the subagent's session or terminal.")
    parent_ref = serializers.CharField(help_text="The source's own id of the one that delegated.")
    parent_id = serializers.CharField(allow_null=True)
    root_id = serializers.CharField(allow_null=True)
    depth = serializers.IntegerField()
    chat_id = serializers.CharField(allow_null=True)
    agent = serializers.CharField()
    provider = serializers.CharField()
    model = serializers.CharField()
    description = serializers.SerializerMethodField()
    working_directory = serializers.CharField()
    status = serializers.ChoiceField(
        choices=SubagentStatus.choices,
        help_text="`lost`: nobody tells of it any more; whether it was completed is not known.",
    )
    result_excerpt = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    evidence = serializers.CharField(help_text="What the status was read from.")
    stop_asked_at = serializers.DateTimeField(allow_null=True, help_text="Somebody wants it stopped.")
    stop_error = serializers.CharField(help_text="Why it is not stopped yet.")
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()

    def get_description(self, subagent: Subagent) -> str:
        return mask_secrets(subagent.description)

    def get_result_excerpt(self, subagent: Subagent) -> str:
        return mask_secrets(subagent.result_excerpt)

    def get_error(self, subagent: Subagent) -> str:
        return mask_secrets(subagent.error)


class ChainSerializer(ReadSerializer):
    """Who asked whom, from the first delegation down to this one."""

    chat_id = serializers.CharField(allow_null=True, help_text="The chat in which it began, if it is known.")
    subagents = SubagentSerializer(many=True)


class StoppedSerializer(ReadSerializer):
    """How much was at work. It is stopped by whoever works for its source; `stop_error` says what resists."""

    has_turn = serializers.BooleanField(help_text="The turn of a chat's own agent.")
    delegations = serializers.IntegerField()
    requests = serializers.IntegerField(help_text="Open permission requests; they are closed.")
    questions = serializers.IntegerField(help_text="Open questions; they are closed.")


class SubagentFilters(filters.FilterSet):
    """Several statuses or kinds are given by repeating them; `status=waiting_human` waits for people."""

    team = RecordIdFilter(method="filter_by_team")
    chat = RecordIdFilter(field_name="chat_id")
    engine = RecordIdFilter(field_name="instance_id")
    cao_server = RecordIdFilter(field_name="cao_server_id")
    parent = RecordIdFilter(field_name="parent_id")
    root = RecordIdFilter(field_name="root_id")
    agent = TextFilter(max_length=80)
    kind = filters.MultipleChoiceFilter(choices=SubagentKind.choices)
    status = filters.MultipleChoiceFilter(choices=SubagentStatus.choices)
    open = FlagFilter(method="filter_by_open", help_text="It has not ended.")

    def filter_by_team(self, rows: QuerySet[Subagent], _name: str, team_id: str) -> QuerySet[Subagent]:
        return rows.filter(Q(instance__team_id=team_id) | Q(cao_server__team_id=team_id))

    def filter_by_open(self, rows: QuerySet[Subagent], _name: str, is_open: bool) -> QuerySet[Subagent]:
        ended = Q(status__in=sorted(SubagentStatus.ended()))
        return rows.filter(~ended if is_open else ended)


class SubagentViewSet(ReadOnlyApiViewSet):
    """The delegations in one's teams."""

    queryset = Subagent.objects.none()
    serializer_class = SubagentSerializer
    filterset_class = SubagentFilters
    time_field = "first_seen_at"
    scopes = {**dict.fromkeys(READING, (Scope.CHATS_READ,)), "stop": (Scope.CHATS_WRITE,)}

    def get_queryset(self) -> QuerySet[Subagent]:
        rows = list_subagents(self.principal).select_related("instance", "cao_server")
        return rows.defer("instance__password", "instance__control_token", "cao_server__token")

    @extend_schema(responses=ChainSerializer, filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def chain(self, request: Request, pk: str) -> Response:
        """Who asked whom, until this one was asked."""
        refuse_unknown_parameters(request, frozenset())
        chain = list_chain(self.get_object_or_404(self.get_queryset(), pk))
        shown: list[Any] = [SubagentSerializer.show(each) for each in chain]
        return Response({"chat_id": chain[0].chat_id, "subagents": shown})

    @extend_schema(responses=SubagentSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, is_newest_first=False)
    def tree(self, request: Request, pk: str) -> Response:
        """Every delegation of the tree that this one stands in, oldest first; `parent_id` joins them."""
        refuse_unknown_parameters(request, PARAMETERS)
        rows = self.get_queryset()
        row = self.get_object_or_404(rows, pk)
        root_id = row.root_id or row.pk
        return self.answer_page(rows.filter(Q(pk=root_id) | Q(root_id=root_id)), SubagentSerializer)

    @extend_schema(request=ChatNothingSerializer, responses={202: StoppedSerializer})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """Have it stopped, with everything that it delegated; what they ask is closed.

        409 when all is over.
        """
        self.read_body(ChatNothingSerializer)
        stopped = stop_delegation(principal=self.principal, subagent_id=pk)
        return Response(StoppedSerializer(stopped).data, status=202)
