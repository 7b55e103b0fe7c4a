"""What requests for servers look like from outside, with what was found and listed."""

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
from configs.formats.limits import MAX_FILE_BYTES
from mcp_servers.api.content_serializers import FreeObject, McpContentSerializer, WishSerializer
from mcp_servers.api.server_serializers import MAX_REASON, show_actor
from mcp_servers.api.wishes import MAX_AT_ONCE
from mcp_servers.domain.choices import MAX_TOOL_LENGTH, MAX_TOOLS
from mcp_servers.enums import (
    CheckOutcome,
    ProbeCause,
    ProbeState,
    RequestSource,
    RequestState,
    Severity,
)
from mcp_servers.formats.entries import FORMATS
from mcp_servers.models import McpProbe, McpRequest


class McpRequestSerializer(ReadSerializer):
    """A request as lists show it."""

    # Context: `readable`, the ids of the teams whose members the caller is.

    id = serializers.CharField()
    team = NamedSerializer(source="server.team")
    server = NamedSerializer()
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=RequestState.choices)
    problem = serializers.SerializerMethodField()
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field, not the serializer's own
        choices=RequestSource.choices
    )
    review = serializers.CharField(
        source="review_id", allow_null=True, help_text="Where people decide it; null before that."
    )
    run = serializers.IntegerField(help_text="Counts the rounds of checks.")
    requested_by = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)

    def may_read(self, request: McpRequest) -> bool:
        return request.server.team_id in self.context["readable"]

    def get_problem(self, request: McpRequest) -> str:
        """Why it can't be reviewed yet; empty for owners outside the team."""
        return request.problem if self.may_read(request) else ""

    @extend_schema_field(ActorSerializer)
    def get_requested_by(self, request: McpRequest) -> dict[str, str]:
        return show_actor(request, "requested_by")


class McpCheckSerializer(ReadSerializer):
    """What one check said. `not_checked` is never clean: its sentence says why."""

    name = serializers.CharField()
    outcome = serializers.ChoiceField(choices=CheckOutcome.choices)
    severity = serializers.ChoiceField(choices=Severity.choices)
    sentence = serializers.CharField()
    details = FreeObject()


class McpProbeSerializer(ReadSerializer):
    """How far a look at what the server offers is."""

    id = serializers.CharField()
    cause = serializers.ChoiceField(choices=ProbeCause.choices)
    state = serializers.ChoiceField(choices=ProbeState.choices)
    step = serializers.CharField()
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class McpListingSerializer(McpProbeSerializer):
    """What the server said of itself: claims, every word of it.

    `tools`, `prompts`, `resources` and `templates` as it sent them; `changes` against what is approved.
    """

    server_name = serializers.SerializerMethodField()
    server_version = serializers.SerializerMethodField()
    protocol_version = serializers.SerializerMethodField()
    instructions = serializers.SerializerMethodField()
    tools = serializers.SerializerMethodField()
    prompts = serializers.SerializerMethodField()
    resources = serializers.SerializerMethodField()
    templates = serializers.SerializerMethodField()
    digests = FreeObject()
    changes = serializers.SerializerMethodField()
    timings = FreeObject(help_text="Milliseconds by step.")

    def get_server_name(self, probe: McpProbe) -> str:
        return str(probe.listing.get("server_name") or "")

    def get_server_version(self, probe: McpProbe) -> str:
        return str(probe.listing.get("server_version") or "")

    def get_protocol_version(self, probe: McpProbe) -> str:
        return str(probe.listing.get("protocol_version") or "")

    def get_instructions(self, probe: McpProbe) -> str:
        return str(probe.listing.get("instructions") or "")

    @extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": {}}})
    def get_tools(self, probe: McpProbe) -> list[Any]:
        return list(probe.listing.get("tools", ()))

    @extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": {}}})
    def get_prompts(self, probe: McpProbe) -> list[Any]:
        return list(probe.listing.get("prompts", ()))

    @extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": {}}})
    def get_resources(self, probe: McpProbe) -> list[Any]:
        return list(probe.listing.get("resources", ()))

    @extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": {}}})
    def get_templates(self, probe: McpProbe) -> list[Any]:
        return list(probe.listing.get("templates", ()))

    @extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": {}}})
    def get_changes(self, probe: McpProbe) -> list[Any]:
        return list(probe.changes)


class McpRequestDetailSerializer(McpRequestSerializer):
    """One request. What it says and what was found is for members of its team; null and empty for others."""

    # Context: also `checks`, those of the latest round, and `choices`, the names of every listed tool.

    content = serializers.SerializerMethodField()
    content_hash = serializers.CharField()
    catalog = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    valid_days = serializers.IntegerField(allow_null=True)
    bound = serializers.SerializerMethodField()
    tools = serializers.SerializerMethodField()
    tools_listed = serializers.SerializerMethodField()
    checks = serializers.SerializerMethodField()
    probe = serializers.SerializerMethodField()

    @extend_schema_field(McpContentSerializer(allow_null=True))
    def get_content(self, request: McpRequest) -> Any:
        """Without the values of secrets, which nobody is shown."""
        return request.content if self.may_read(request) else None

    def get_catalog(self, request: McpRequest) -> str:
        """Where an entry that was brought in came from."""
        return request.catalog if self.may_read(request) else ""

    def get_reason(self, request: McpRequest) -> str:
        return request.reason if self.may_read(request) else ""

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_bound(self, request: McpRequest) -> Any:
        """What an approval would be bound to; filled by the checks."""
        return request.bound if self.may_read(request) else {}

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_tools(self, request: McpRequest) -> list[str]:
        """Those that an approval would switch on."""
        return list(request.tools) if self.may_read(request) else []

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_tools_listed(self, request: McpRequest) -> list[str]:
        return list(self.context["choices"]) if self.may_read(request) else []

    @extend_schema_field(McpCheckSerializer(many=True))
    def get_checks(self, request: McpRequest) -> list[Any]:
        if not self.may_read(request):
            return []
        return [McpCheckSerializer.show(check) for check in self.context["checks"]]

    @extend_schema_field(McpProbeSerializer(allow_null=True))
    def get_probe(self, request: McpRequest) -> Any:
        """What it listed is below `probe/`."""
        return McpProbeSerializer.show(request.probe if self.may_read(request) else None)


class McpWishSerializer(WishSerializer):
    """A server that one asks for."""

    team = Text(required=False, max_length=15, help_text="Needed when the caller belongs to several teams.")
    again = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Also when exactly this is approved already: for a renewal, or other tools.",
    )


class McpWithdrawalSerializer(WriteSerializer):
    reason = Text(max_length=MAX_REASON, allow_blank=True, required=False, default="")


class McpChoiceSerializer(WriteSerializer):
    """`fingerprint`: the review's, as it was shown; another one answers 409. Votes so far no longer count."""

    tools = serializers.ListField(child=Text(max_length=MAX_TOOL_LENGTH), max_length=MAX_TOOLS)
    fingerprint = Text(max_length=64)


class McpImportSerializer(WriteSerializer):
    """A file that describes servers: a registry's `server.json`, OpenCode, Claude, a Docker catalogue."""

    text = Text(max_length=MAX_FILE_BYTES)
    format = serializers.ChoiceField(
        choices=list(FORMATS),
        required=False,
        allow_blank=True,
        default="",
        help_text="Left out: told from the text.",
    )
    names = serializers.ListField(
        child=Text(max_length=40),
        max_length=MAX_AT_ONCE,
        required=False,
        default=list,
        help_text="Left out: all.",
    )
    team = Text(required=False, max_length=15, help_text="Needed when the caller belongs to several teams.")
    reason = Text(max_length=MAX_REASON, allow_blank=True, required=False, default="")
    catalog = Text(
        max_length=300,
        allow_blank=True,
        required=False,
        default="",
        help_text="Where it came from, for people.",
    )
    dry_run = Flag(
        required=False, default=False, help_text="Say what would be asked for, and ask for nothing."
    )


class ImportFindingSerializer(ReadSerializer):
    """What became of one line of the file."""

    server = serializers.CharField(source="draft")
    key = serializers.CharField()
    fate = serializers.CharField()
    sentence = serializers.CharField()


class ImportedServerSerializer(ReadSerializer):
    """What was made of an entry. `secrets`: the names of values that were in it."""

    content = serializers.SerializerMethodField()
    secrets = serializers.SerializerMethodField()

    @extend_schema_field(McpContentSerializer)
    def get_content(self, server: Any) -> Any:
        return server.content.write()

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_secrets(self, server: Any) -> list[str]:
        return sorted(server.secrets)


class McpImportedSerializer(ReadSerializer):
    """What was read and, unless it was a dry run, asked for."""

    format = serializers.CharField()
    servers = ImportedServerSerializer(many=True)
    findings = ImportFindingSerializer(many=True)
    requests = McpRequestSerializer(many=True)


class ExportedFileSerializer(ReadSerializer):
    path = serializers.CharField()
    text = serializers.CharField()


class McpExportSerializer(ReadSerializer):
    """A server in somebody else's format: secrets as references by name, never as values."""

    format = serializers.CharField()
    files = ExportedFileSerializer(many=True)
    findings = ImportFindingSerializer(many=True)
