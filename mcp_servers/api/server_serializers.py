"""What servers look like from outside, and what one may send about them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import (
    ActorSerializer,
    Flag,
    NamedSerializer,
    ReadSerializer,
    Text,
    WriteSerializer,
)
from events.actors import ActorKind
from mcp_servers.api.content_serializers import FreeObject
from mcp_servers.content import MAX_VALUE_BYTES
from mcp_servers.enums import (
    CheckOutcome,
    EngineWish,
    IncidentKind,
    IncidentState,
    SecretKind,
    ServerState,
    Severity,
)
from mcp_servers.models import McpApproval, McpEngineStatus, McpIncident, McpSecret, McpServer

MAX_REASON = 4000


def show_actor(row: Any, prefix: str) -> dict[str, str]:
    """Of the three columns that say who did something."""
    return {name: getattr(row, f"{prefix}_{name}") for name in ("kind", "id", "label")}


def show_person(row: Any, prefix: str) -> dict[str, str] | None:
    """Of two columns: only people do this."""
    if not getattr(row, f"{prefix}_id"):
        return None
    return {
        "kind": ActorKind.USER,
        "id": getattr(row, f"{prefix}_id"),
        "label": getattr(row, f"{prefix}_label"),
    }


class McpServerSerializer(ReadSerializer):
    """A server as lists show it."""

    # Context: `readable`, the ids of the teams whose members the caller is.

    id = serializers.CharField()
    team = NamedSerializer()
    name = serializers.CharField(help_text="Agents know its tools as `NAME_tool`.")
    state = serializers.ChoiceField(choices=ServerState.choices)
    state_reason = serializers.SerializerMethodField()
    tools = serializers.SerializerMethodField()
    has_drifted = serializers.BooleanField()
    requested_by = serializers.SerializerMethodField()
    approved_by = serializers.SerializerMethodField()
    approved_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True, help_text="Its name is free since then.")

    def may_read(self, server: McpServer) -> bool:
        return server.team_id in self.context["readable"]

    def get_state_reason(self, server: McpServer) -> str:
        """Empty for owners outside the team."""
        return server.state_reason if self.may_read(server) else ""

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_tools(self, server: McpServer) -> list[str]:
        """Those that agents may use now; `*` stands for all of one that could not be listed."""
        return list(server.tools_on) if self.may_read(server) else []

    @extend_schema_field(ActorSerializer)
    def get_requested_by(self, server: McpServer) -> dict[str, str]:
        return show_actor(server, "requested_by")

    @extend_schema_field(ActorSerializer(allow_null=True))
    def get_approved_by(self, server: McpServer) -> dict[str, str] | None:
        return show_person(server, "approved_by")

    @extend_schema_field({"type": ["string", "null"], "format": "date-time"})
    def get_expires_at(self, server: McpServer) -> Any:
        return server.approval.expires_at if server.approval else None


class McpFindingSerializer(ReadSerializer):
    """What an approver was shown: everything that did not pass."""

    name = serializers.CharField()
    outcome = serializers.ChoiceField(choices=CheckOutcome.choices)
    severity = serializers.ChoiceField(choices=Severity.choices)
    sentence = serializers.CharField()


class McpApproverSerializer(ReadSerializer):
    """Who approved; `on_behalf_of` is whom they stood in for, or null."""

    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the serializer's own
    on_behalf_of = serializers.CharField(allow_null=True)


class McpApprovalSerializer(ReadSerializer):
    """What people approved, and nothing else: any change of `bound` needs a new request."""

    id = serializers.CharField()
    request = serializers.CharField(source="request_id")
    review = serializers.CharField(source="review_id")
    bound = FreeObject()
    bound_hash = serializers.CharField(help_text="SHA-256, hex, over the canonical JSON of `bound`.")
    tools = serializers.ListField(child=serializers.CharField())
    findings = serializers.SerializerMethodField()
    approvers = serializers.SerializerMethodField()
    approved_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(McpFindingSerializer(many=True))
    def get_findings(self, approval: McpApproval) -> Any:
        return approval.findings

    @extend_schema_field(McpApproverSerializer(many=True))
    def get_approvers(self, approval: McpApproval) -> list[dict[str, Any]]:
        return [
            {
                "id": person.get("id", ""),
                "label": person.get("label", ""),
                "on_behalf_of": person.get("on_behalf_of") or None,
            }
            for person in approval.approvers
        ]


class McpEngineStatusSerializer(ReadSerializer):
    """How it stands on one engine."""

    engine = NamedSerializer()
    wanted = serializers.ChoiceField(choices=EngineWish.choices)
    release = serializers.SerializerMethodField()
    status = serializers.CharField(help_text="The engine's word; empty before it was seen.")
    error = serializers.CharField()
    seen_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": ["string", "null"]})
    def get_release(self, status: McpEngineStatus) -> str | None:
        """The release that carries it."""
        return status.release_id or None


class McpServerDetailSerializer(McpServerSerializer):
    """One server. `approval` and `engines` are for members of its team."""

    approval = serializers.SerializerMethodField()
    switched_off = serializers.SerializerMethodField()
    engines = serializers.SerializerMethodField()

    @extend_schema_field(McpApprovalSerializer(allow_null=True))
    def get_approval(self, server: McpServer) -> Any:
        return McpApprovalSerializer.show(server.approval if self.may_read(server) else None)

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_switched_off(self, server: McpServer) -> list[str]:
        """Approved tools that somebody switched off since."""
        return list(server.switched_off) if self.may_read(server) else []

    @extend_schema_field(McpEngineStatusSerializer(many=True))
    def get_engines(self, server: McpServer) -> list[Any]:
        if not self.may_read(server):
            return []
        rows = server.engine_statuses.select_related("engine").order_by("engine__name", "pk")
        return [McpEngineStatusSerializer.show(row) for row in rows]


class McpSecretSerializer(ReadSerializer):
    """That a secret is set. Its value is shown to nobody here."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=SecretKind.choices)
    name = serializers.CharField()
    last_four = serializers.CharField(help_text="Empty for a short one.")
    request = serializers.CharField(
        source="request_id", allow_null=True, help_text="Not in use before this request is approved."
    )
    set_by = serializers.SerializerMethodField()
    set_at = serializers.DateTimeField()

    @extend_schema_field(ActorSerializer(allow_null=True))
    def get_set_by(self, secret: McpSecret) -> dict[str, str] | None:
        return show_person(secret, "set_by")


class McpSecretValueSerializer(WriteSerializer):
    """A value to keep; another one of the same name is replaced."""

    kind = serializers.ChoiceField(choices=SecretKind.choices)
    name = Text(max_length=128)
    value = Text(max_length=MAX_VALUE_BYTES)
    request = Text(
        max_length=15,
        required=False,
        default="",
        help_text="For this open request alone, until it is approved.",
    )


class McpSecretNameSerializer(WriteSerializer):
    id = Text(max_length=15)


class McpStopSerializer(WriteSerializer):
    """`reason`: for everybody who relied on it."""

    reason = Text(max_length=MAX_REASON)


class McpResumeSerializer(WriteSerializer):
    reason = Text(max_length=MAX_REASON, allow_blank=True, required=False, default="")


class McpSwitchSerializer(WriteSerializer):
    """Off is at once; on again is for what was approved."""

    tool = Text(max_length=300)
    is_on = Flag()
    reason = Text(max_length=MAX_REASON, allow_blank=True, required=False, default="")


class McpNothingSerializer(WriteSerializer):
    """An empty object, or no body at all."""


class McpIncidentSerializer(ReadSerializer):
    """That an engine had a server otherwise than approved."""

    id = serializers.CharField()
    team = NamedSerializer()
    engine = NamedSerializer()
    server = NamedSerializer(allow_null=True)
    kind = serializers.ChoiceField(choices=IncidentKind.choices)
    name = serializers.CharField(help_text="The engine's word for it.")
    what = serializers.CharField()
    action = serializers.CharField(help_text="What was done about it.")
    state = serializers.ChoiceField(choices=IncidentState.choices)
    times = serializers.IntegerField()
    at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    acknowledged_by = serializers.SerializerMethodField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()

    @extend_schema_field(ActorSerializer(allow_null=True))
    def get_acknowledged_by(self, incident: McpIncident) -> dict[str, str] | None:
        return show_person(incident, "acknowledged_by")


class McpAcknowledgementSerializer(WriteSerializer):
    note = Text(max_length=MAX_REASON, allow_blank=True, required=False, default="")
