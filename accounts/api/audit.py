"""The audit chain, to read: for owners, in a session or with a token that has the scope."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import refuse_unknown_parameters
from accounts.api.pagination import PARAMETERS, CursorPage, read_page_size
from accounts.api.serializers import ActorSerializer, Moment, ReadSerializer, Text
from accounts.api.views import ReadOnlyApiViewSet
from accounts.enums import Scope
from accounts.policies import can_read_audit
from events.actors import ActorKind, Door
from events.audit_reading import Selection, read_audit_page
from events.errors import Invalid, Refused
from events.models import AuditEntry, LogHead, SignedHead
from events.refusals import record_refusal

NUMBER = re.compile(r"[1-9][0-9]{0,17}")


class SubjectSerializer(ReadSerializer):
    """What was acted on."""

    kind = serializers.CharField()
    id = serializers.CharField()


class AuditEntrySerializer(ReadSerializer):
    """One link of the chain: `hash` is the SHA-256 of `text`, which says all but the actor's label."""

    n = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = serializers.SerializerMethodField()
    door = serializers.ChoiceField(choices=Door.choices)
    verb = serializers.CharField()
    subject = serializers.SerializerMethodField()
    before = serializers.DictField()
    after = serializers.DictField()
    prev_hash = serializers.CharField()
    hash = serializers.CharField()
    text = serializers.CharField(help_text="Exactly what was hashed: RFC 8785 JSON.")

    @extend_schema_field(ActorSerializer)
    def get_actor(self, entry: AuditEntry) -> dict[str, str]:
        return {"kind": entry.actor_kind, "id": entry.actor_id, "label": entry.actor_label}

    @extend_schema_field(SubjectSerializer)
    def get_subject(self, entry: AuditEntry) -> dict[str, str]:
        return {"kind": entry.subject_kind, "id": entry.subject_id}


class SignedHeadSerializer(ReadSerializer):
    """The chain's head at one hour, signed with the deployment's key."""

    n = serializers.IntegerField()
    hash = serializers.CharField()
    at = serializers.DateTimeField()
    key_id = serializers.CharField()
    signature = serializers.CharField()


class AuditHeadSerializer(ReadSerializer):
    """Where the chain stands; `hash` is that of entry `n`. Kept elsewhere, it makes a cut tail visible."""

    n = serializers.IntegerField(source="audit_n")
    hash = serializers.CharField(source="audit_hash")
    signed = serializers.SerializerMethodField()

    @extend_schema_field(SignedHeadSerializer(allow_null=True))
    def get_signed(self, _head: LogHead) -> Any:
        return SignedHeadSerializer.show(SignedHead.objects.order_by("-n").first())


class AuditFilters(serializers.Serializer[Any]):
    """What entries to list."""

    actor = Text(required=False, max_length=64, help_text="Id of who acted.")
    actor_kind = serializers.ChoiceField(required=False, choices=ActorKind.choices)
    group = Text(required=False, max_length=64, help_text="A verb's first word, for example `vote`.")
    verb = Text(required=False, max_length=64, help_text="The whole verb, for example `vote.cast`.")
    subject = Text(required=False, max_length=64, help_text="Id of what was acted on.")
    subject_kind = Text(required=False, max_length=48)
    door = serializers.ChoiceField(required=False, choices=Door.choices)
    since = Moment(required=False, help_text="From this time on.")
    until = Moment(required=False, help_text="Before this time.")


ENTRY_NUMBER = OpenApiParameter(
    "n", {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}, OpenApiParameter.PATH
)


class AuditPagination(CursorPage):
    """By the entries' numbers."""

    def answer(self, request: Request, selection: Selection) -> Response:
        self.request = request
        page = read_audit_page(
            selection,
            below=read_number(request.query_params.get("cursor")),
            limit=read_page_size(request.query_params.get("page_size")),
        )
        self.next_cursor = None if page.next_below is None else str(page.next_below)
        return self.get_paginated_response(AuditEntrySerializer(page.entries, many=True).data)


class AuditViewSet(ReadOnlyApiViewSet):
    """The audit chain, for owners."""

    queryset = AuditEntry.objects.none()
    serializer_class = AuditEntrySerializer
    pagination_class = AuditPagination
    lookup_value_regex = "[1-9][0-9]{0,17}"
    objects = frozenset({"retrieve", "read_head"})
    scopes = dict.fromkeys(("list", "retrieve", "read_head"), (Scope.AUDIT_READ,))

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if self.action is not None and not can_read_audit(self.principal):
            refusal = Refused("Only owners read the audit chain.")
            record_refusal(self.principal.actor, refusal)
            raise refusal

    def get_queryset(self) -> Any:
        return AuditEntry.objects.all()

    @extend_schema(parameters=[AuditFilters], filters=False)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first. Follow `next_cursor` until it is null: a page may hold fewer entries, or none.

        What no index answers is looked for among a bounded number of entries at a time.
        """
        refuse_unknown_parameters(request, set(AuditFilters().fields) | PARAMETERS)
        filters = AuditFilters(data=read_asked(request))
        filters.is_valid(raise_exception=True)
        return AuditPagination().answer(request, Selection(**filters.validated_data))

    @extend_schema(parameters=[ENTRY_NUMBER])
    def retrieve(self, request: Request, pk: str) -> Response:
        """One entry by its number."""
        refuse_unknown_parameters(request, frozenset())
        entry = self.get_object_or_404(self.get_queryset(), pk)
        return Response(AuditEntrySerializer(entry).data)

    @extend_schema(responses=AuditHeadSerializer, filters=False)
    @action(detail=False, url_path="head", url_name="head", pagination_class=None)
    def read_head(self, request: Request) -> Response:
        """The last entry's number and hash, and the newest head that was signed."""
        refuse_unknown_parameters(request, frozenset())
        return Response(AuditHeadSerializer(LogHead.objects.get(pk=1)).data)


def read_asked(request: Request) -> dict[str, str]:
    """The filters, each given once and with a value: of two only the last would count."""
    for name, values in request.query_params.lists():
        if len(values) != 1 or not values[0]:
            raise Invalid("Give it one value, or leave it out.", field=name)
    return {name: str(text) for name, text in request.query_params.items() if name not in PARAMETERS}


def read_number(text: str | None) -> int | None:
    if text is None:
        return None
    if not NUMBER.fullmatch(text):
        raise Invalid("This cursor is not one that a page gave.", field="cursor")
    return int(text)
