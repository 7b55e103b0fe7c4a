"""Requests for MCP servers: agents and people ask, the checks say what they found, people decide."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import MomentFilter, RecordIdFilter, TextFilter, refuse_unknown_parameters
from accounts.api.idempotency import idempotent
from accounts.api.views import ApiViewSet
from accounts.enums import Scope
from accounts.models import Team
from configs.api.pages import CountedPage
from events.errors import Invalid, NotFound, Refused
from events.identifiers import is_record_id
from mcp_servers.api.request_serializers import (
    ImportedServerSerializer,
    ImportFindingSerializer,
    McpChoiceSerializer,
    McpImportedSerializer,
    McpImportSerializer,
    McpListingSerializer,
    McpRequestDetailSerializer,
    McpRequestSerializer,
    McpWishSerializer,
    McpWithdrawalSerializer,
)
from mcp_servers.api.server_serializers import McpNothingSerializer
from mcp_servers.api.wishes import ask_for_imported, ask_for_server, read_import
from mcp_servers.domain.choices import choose_tools
from mcp_servers.domain.requests import retry_checks, withdraw_request
from mcp_servers.domain.trials import begin_trial
from mcp_servers.enums import RequestSource, RequestState
from mcp_servers.models import McpRequest
from mcp_servers.queries import get_request, list_checks, list_requestable_teams, list_requests, list_tools

# Who asked follows what was asked for, also with a token that may only ask.
READERS = (Scope.MCP_READ, Scope.MCP_REQUEST)


class RequestFilters(filters.FilterSet):
    """Several states are given by repeating `state`."""

    state = filters.MultipleChoiceFilter(choices=RequestState.choices)
    source = filters.MultipleChoiceFilter(choices=RequestSource.choices)
    name = TextFilter(field_name="server__name", max_length=40)
    server = RecordIdFilter(field_name="server_id")
    team = RecordIdFilter(field_name="server__team_id")
    created_from = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")


class McpRequestViewSet(mixins.ListModelMixin, ApiViewSet):
    """Requests for MCP servers. No token decides them: people do, in a session, where reviews are."""

    queryset = McpRequest.objects.none()
    serializer_class = McpRequestSerializer
    filterset_class = RequestFilters
    pagination_class = CountedPage
    objects = frozenset({"retrieve"})
    scopes = {
        "list": (Scope.MCP_READ,),
        **dict.fromkeys(("retrieve", "probe"), READERS),
        **dict.fromkeys(("create", "import_entries", "withdraw", "retry"), (Scope.MCP_REQUEST,)),
        **dict.fromkeys(("choose_tools", "begin_trial"), (Scope.MCP_MANAGE,)),
    }

    def get_queryset(self) -> QuerySet[McpRequest]:
        return list_requests(self.principal)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "readable": self.principal.team_ids}

    @extend_schema(description="Requests of one's teams, newest first; `total` of them in all.")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=McpWishSerializer, responses={201: McpRequestDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Ask for a server to be exactly `content`. It is checked and probed; then people decide.

        The same that waits already is answered again. A changed server of a known name is a new request;
        what was approved before runs on meanwhile, unchanged.
        """
        wish = self.read_body(McpWishSerializer)
        again = wish.pop("again")
        team = self.find_team(wish.pop("team", None))
        made = ask_for_server(principal=self.principal, team=team, wish=wish, again=again)
        answer = self.answer(made.pk, status=201)
        answer.headers["Location"] = request.build_absolute_uri(reverse("mcprequest-detail", args=[made.pk]))
        return answer

    @extend_schema(
        request=McpImportSerializer, responses={200: McpImportedSerializer, 201: McpImportedSerializer}
    )
    @action(detail=False, methods=["post"], url_path="import")
    @idempotent
    def import_entries(self, request: Request) -> Response:
        """Ask for the servers that a file describes, all or none; 200 for a dry run, 201 otherwise.

        Literal secrets in it become secrets of the requests; what has no place is among the findings.
        """
        wish = self.read_body(McpImportSerializer)
        team = self.find_team(wish.get("team"))
        imported = read_import(wish["text"], format_name=wish["format"], names=wish["names"])
        made = (
            []
            if wish["dry_run"]
            else ask_for_imported(
                principal=self.principal,
                team=team,
                imported=imported,
                reason=wish["reason"],
                catalog=wish["catalog"],
            )
        )
        rows = [get_request(self.principal, row.pk) for row in made]
        return Response(
            {
                "format": imported.format,
                "servers": [ImportedServerSerializer.show(server) for server in imported.servers],
                "findings": [ImportFindingSerializer.show(found) for found in imported.findings],
                "requests": McpRequestSerializer(rows, many=True, context=self.get_serializer_context()).data,
            },
            status=201 if made else 200,
        )

    @extend_schema(responses=McpRequestDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One request, with the latest round of checks and what an approval would be bound to."""
        refuse_unknown_parameters(request, frozenset())
        return self.answer(pk)

    @extend_schema(responses=McpListingSerializer, filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def probe(self, request: Request, pk: str) -> Response:
        """What the server offered when it was started in a sandbox; 404 before that."""
        refuse_unknown_parameters(request, frozenset())
        row = get_request(self.principal, pk)
        if row.server.team_id not in self.principal.team_ids:
            raise Refused("Only members of its team read this.")
        if row.probe is None:
            raise NotFound("It was not probed yet.")
        return Response(McpListingSerializer(row.probe).data)

    @extend_schema(request=McpWithdrawalSerializer, responses=McpRequestDetailSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take back what one, or one's service account, asked for."""
        withdraw_request(principal=self.principal, request_id=pk, **self.read_body(McpWithdrawalSerializer))
        return self.answer(pk)

    @extend_schema(request=McpNothingSerializer, responses=McpRequestDetailSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Have everything checked once more. Votes so far no longer count."""
        self.read_body(McpNothingSerializer)
        retry_checks(principal=self.principal, request_id=pk)
        return self.answer(pk)

    @extend_schema(request=McpChoiceSerializer, responses=McpRequestDetailSerializer)
    @action(detail=True, methods=["post"], url_path="choose-tools")
    def choose_tools(self, request: Request, pk: str) -> Response:
        """Say which of the listed tools an approval shall switch on. For those who may approve it."""
        choose_tools(principal=self.principal, request_id=pk, **self.read_body(McpChoiceSerializer))
        return self.answer(pk)

    @extend_schema(request=McpNothingSerializer, responses=McpRequestDetailSerializer)
    @action(detail=True, methods=["post"], url_path="begin-trial")
    def begin_trial(self, request: Request, pk: str) -> Response:
        """Let a remote server be visited to see what it offers. For those who may approve it."""
        self.read_body(McpNothingSerializer)
        begin_trial(principal=self.principal, request_id=pk)
        return self.answer(pk)

    def answer(self, request_id: str, **options: Any) -> Response:
        row = get_request(self.principal, request_id)
        context = {
            **self.get_serializer_context(),
            "checks": list_checks(row),
            "choices": list_tools(row),
        }
        return Response(McpRequestDetailSerializer(row, context=context).data, **options)

    def find_team(self, team_id: str | None) -> Team:
        """The team named, or the only one that the caller may ask for; raises Invalid or Refused."""
        if team_id is not None:
            named = team_id if team_id in self.principal.team_ids and is_record_id(team_id) else ""
            team = Team.objects.filter(pk=named, retired_at=None).first() if named else None
            if team is None:
                raise Invalid("There is no such team.", field="team")
            return team
        found = list(list_requestable_teams(self.principal)[:2])
        if not found:
            raise Refused("Only a team's editors, approvers and admins, and its agents, ask for MCP servers.")
        if len(found) > 1:
            raise Invalid("Name the team that shall decide.", field="team")
        return found[0]
