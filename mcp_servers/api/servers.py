"""MCP servers: what runs, how it stands, and how it is stopped. Approving is done where reviews are."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import (
    FlagFilter,
    RecordIdFilter,
    TextFilter,
    refuse_unclear_parameters,
    refuse_unknown_parameters,
)
from accounts.api.pagination import PARAMETERS
from accounts.api.views import ApiViewSet
from accounts.enums import Scope
from configs.api.pages import CountedPage
from configs.formats.limits import FormatError
from events.errors import Conflict, Invalid, NotFound, Refused
from mcp_servers.api.request_serializers import (
    ExportedFileSerializer,
    ImportFindingSerializer,
    McpExportSerializer,
    McpProbeSerializer,
)
from mcp_servers.api.server_serializers import (
    McpAcknowledgementSerializer,
    McpIncidentSerializer,
    McpNothingSerializer,
    McpResumeSerializer,
    McpSecretNameSerializer,
    McpSecretSerializer,
    McpSecretValueSerializer,
    McpServerDetailSerializer,
    McpServerSerializer,
    McpStopSerializer,
    McpSwitchSerializer,
)
from mcp_servers.domain.incidents import acknowledge_incident
from mcp_servers.domain.probes import probe_by_hand
from mcp_servers.domain.secrets import clear_secret, get_secret, set_secret
from mcp_servers.domain.servers import resume_server, revoke_server, suspend_server, switch_tool
from mcp_servers.enums import IncidentKind, IncidentState, ServerState
from mcp_servers.formats.entries import FORMATS, write_entry
from mcp_servers.models import McpIncident, McpSecret, McpServer
from mcp_servers.policies import can_read_server
from mcp_servers.queries import get_incident, get_server, list_incidents, list_servers

AS = OpenApiParameter(
    "as",
    {"type": "string", "enum": list(FORMATS), "default": "registry"},
    description="The format; the registry's `server.json` when left out.",
)
MANAGING = ("suspend", "resume", "revoke", "switch_tool", "probe", "set_secret", "clear_secret")


class ServerFilters(filters.FilterSet):
    """Several states are given by repeating `state`. `search` looks in names, in any case."""

    search = TextFilter(
        field_name="name", lookup_expr="icontains", max_length=40, help_text="A part of its name."
    )
    name = TextFilter(max_length=40)
    state = filters.MultipleChoiceFilter(choices=ServerState.choices)
    team = RecordIdFilter(field_name="team_id")
    retired = FlagFilter(field_name="retired_at", lookup_expr="isnull", exclude=True)


class McpServerViewSet(mixins.ListModelMixin, ApiViewSet):
    """MCP servers of one's teams. What an agent may ask for, it asks for with `mcp-requests/`."""

    queryset = McpServer.objects.none()
    serializer_class = McpServerSerializer
    filterset_class = ServerFilters
    pagination_class = CountedPage
    objects = frozenset({"retrieve"})
    scopes = {
        **dict.fromkeys(("list", "retrieve", "export", "secrets"), (Scope.MCP_READ,)),
        **dict.fromkeys(MANAGING, (Scope.MCP_MANAGE,)),
    }

    def get_queryset(self) -> QuerySet[McpServer]:
        return list_servers(self.principal)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "readable": self.principal.team_ids}

    @extend_schema(
        description="Servers of one's teams, ended ones too, newest first; `total` of them in all."
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=McpServerDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One server, with what was approved and how it stands on each engine."""
        refuse_unknown_parameters(request, frozenset())
        return self.answer(pk)

    @extend_schema(request=McpStopSerializer, responses=McpServerDetailSerializer)
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, pk: str) -> Response:
        """Stop it on every engine, until somebody resumes it."""
        suspend_server(principal=self.principal, server_id=pk, **self.read_body(McpStopSerializer))
        return self.answer(pk)

    @extend_schema(request=McpResumeSerializer, responses=McpServerDetailSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Let what was suspended run again, exactly as approved. What drifted needs a new request."""
        resume_server(principal=self.principal, server_id=pk, **self.read_body(McpResumeSerializer))
        return self.answer(pk)

    @extend_schema(request=McpStopSerializer, responses=McpServerDetailSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """Take the approval back, for good: engines stop it at once, its secrets are forgotten."""
        revoke_server(principal=self.principal, server_id=pk, **self.read_body(McpStopSerializer))
        return self.answer(pk)

    @extend_schema(request=McpSwitchSerializer, responses=McpServerDetailSerializer)
    @action(detail=True, methods=["post"], url_path="switch-tool")
    def switch_tool(self, request: Request, pk: str) -> Response:
        """Switch one approved tool off, or on again; never one that was not approved."""
        switch_tool(principal=self.principal, server_id=pk, **self.read_body(McpSwitchSerializer))
        return self.answer(pk)

    @extend_schema(request=McpNothingSerializer, responses={202: McpProbeSerializer})
    @action(detail=True, methods=["post"])
    def probe(self, request: Request, pk: str) -> Response:
        """Have what is approved looked at again. What is found otherwise switches it off."""
        self.read_body(McpNothingSerializer)
        made = probe_by_hand(principal=self.principal, server_id=pk)
        return Response(McpProbeSerializer(made).data, status=202)

    @extend_schema(responses=McpExportSerializer, parameters=[AS], filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def export(self, request: Request, pk: str) -> Response:
        """What is approved, as a file for others. 409 while nothing is, or when the format can't say it."""
        refuse_unknown_parameters(request, {"as"})
        refuse_unclear_parameters(request, set())
        server = self.get_readable(pk)
        name = request.query_params.get("as", "registry")
        if name not in FORMATS:
            raise Invalid(f"There are the formats {', '.join(FORMATS)}.", field="as")
        if server.approval is None:
            raise Conflict("Nothing of it is approved.", code="wrong_state", state=server.state)
        try:
            written = write_entry(
                server.approval.read_content(),
                format=name,
                argv=server.approval.bound.get("argv", ()),
                tools=server.tools_on,
            )
        except FormatError as error:
            raise Conflict(str(error), code="not_expressible") from error
        return Response(
            {
                "format": name,
                "files": [ExportedFileSerializer.show(file) for file in written.files],
                "findings": [ImportFindingSerializer.show(found) for found in written.findings],
            }
        )

    @extend_schema(responses=McpSecretSerializer(many=True), filters=False)
    @action(
        detail=True,
        filterset_class=None,
        pagination_class=ApiViewSet.pagination_class,
        time_field="set_at",
    )
    def secrets(self, request: Request, pk: str) -> Response:
        """Which secrets are set, never what they are. For members of its team."""
        refuse_unknown_parameters(request, PARAMETERS)
        server = self.get_readable(pk)
        return self.answer_page(McpSecret.objects.filter(server=server), McpSecretSerializer)

    @extend_schema(request=McpSecretValueSerializer, responses=McpSecretSerializer)
    @secrets.mapping.post
    def set_secret(self, request: Request, pk: str) -> Response:
        """Keep a value for a variable or header that is declared as secret. Nobody is shown it again here."""
        wish = self.read_body(McpSecretValueSerializer)
        made = set_secret(
            principal=self.principal,
            server_id=pk,
            kind=wish["kind"],
            name=wish["name"],
            value=wish["value"],
            request_id=wish["request"],
        )
        return Response(McpSecretSerializer(made).data)

    @extend_schema(request=McpSecretNameSerializer, responses={204: OpenApiResponse()})
    @action(detail=True, methods=["post"], url_path="clear-secret")
    def clear_secret(self, request: Request, pk: str) -> Response:
        """Forget a value."""
        wish = self.read_body(McpSecretNameSerializer)
        server = get_server(self.principal, pk)
        secret = get_secret(self.principal, wish["id"])
        if secret.server_id != server.pk:
            raise NotFound("There is no such secret.")
        clear_secret(principal=self.principal, secret_id=secret.pk)
        return Response(status=204)

    def get_readable(self, server_id: str) -> McpServer:
        server = get_server(self.principal, server_id)
        if not can_read_server(self.principal, server):
            raise Refused("Only members of its team read this.")
        return server

    def answer(self, server_id: str) -> Response:
        server = get_server(self.principal, server_id)
        return Response(McpServerDetailSerializer(server, context=self.get_serializer_context()).data)


class IncidentFilters(filters.FilterSet):
    """Several states or kinds are given by repeating them."""

    state = filters.MultipleChoiceFilter(choices=IncidentState.choices)
    kind = filters.MultipleChoiceFilter(choices=IncidentKind.choices)
    team = RecordIdFilter(field_name="team_id")
    engine = RecordIdFilter(field_name="engine_id")
    server = RecordIdFilter(field_name="server_id")


class McpIncidentViewSet(mixins.ListModelMixin, ApiViewSet):
    """What engines had otherwise than approved."""

    queryset = McpIncident.objects.none()
    serializer_class = McpIncidentSerializer
    filterset_class = IncidentFilters
    pagination_class = CountedPage
    time_field = "at"
    objects = frozenset({"retrieve"})
    scopes = {
        **dict.fromkeys(("list", "retrieve"), (Scope.MCP_READ,)),
        "acknowledge": (Scope.MCP_MANAGE,),
    }

    def get_queryset(self) -> QuerySet[McpIncident]:
        return list_incidents(self.principal)

    @extend_schema(description="Incidents of one's teams, newest first; `total` of them in all.")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=McpIncidentSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One of them."""
        refuse_unknown_parameters(request, frozenset())
        return Response(McpIncidentSerializer(get_incident(self.principal, pk)).data)

    @extend_schema(request=McpAcknowledgementSerializer, responses=McpIncidentSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that one has looked at it."""
        acknowledge_incident(
            principal=self.principal, incident_id=pk, **self.read_body(McpAcknowledgementSerializer)
        )
        return Response(McpIncidentSerializer(get_incident(self.principal, pk)).data)
