"""The REST door, mounted at /api/: every resource, the schema, its docs, problems for everything else."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import include, path, re_path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from accounts.api.audit import AuditViewSet
from accounts.api.me import MeView
from accounts.api.scopes import ANY_TOKEN
from accounts.api.ssh_keys import AuthorizedKeysView, SshKeyUseView, SshKeyViewSet
from accounts.api.teams import TeamViewSet
from accounts.api.tokens import TokenViewSet
from accounts.api.views import ApiView
from chats.api.chats import ChatViewSet
from chats.api.messages import MessageViewSet
from chats.api.subagents import SubagentViewSet
from configs.api.labels import ChangeRequestViewSet, LabelMovesView
from configs.api.resources import (
    AgentViewSet,
    InstructionViewSet,
    ModelViewSet,
    PromptViewSet,
    ProviderViewSet,
    ToolRulesViewSet,
)
from engines.api.engines import EngineViewSet
from events.errors import NotFound
from governance.api.evaluate import EvaluateView
from governance.api.gate import GateCallViewSet, GateReportView
from governance.api.questions import QuestionViewSet
from governance.api.requests import RequestViewSet
from governance.api.rules import RuleTargetViewSet, RuleViewSet
from health.api.checks import HealthCheckViewSet
from live.api.events import EventsView
from live.api.stream import EventStreamView
from live.api.tickets import TicketView
from mcp_servers.api.requests import McpRequestViewSet
from mcp_servers.api.servers import McpIncidentViewSet, McpServerViewSet
from portal.api_docs import DocsView
from procedures.api.proposals import ProposalViewSet
from procedures.api.sops import SealKeysView, SopViewSet
from releases.api.releases import DriftViewSet, PublicationViewSet, ReleaseViewSet
from reviews.api.reviews import ReviewViewSet


class RootView(ApiView):
    """Where everything is."""

    scopes = {"get": ANY_TOKEN}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        # What has an address of its own; messages are listed with their chat.
        named = ((prefix, view) for prefix, view, _ in router.registry)
        names = [prefix for prefix, view in named if hasattr(view, "list") or hasattr(view, "create")]
        paths = {name: request.build_absolute_uri(f"{name}/") for name in sorted([*names, "events"])}
        return Response({**paths, "users/me": request.build_absolute_uri("users/me/")})


class SchemaView(ApiView):
    """The OpenAPI document, built once."""

    scopes = {"get": ANY_TOKEN}
    objects = frozenset({"get"})

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(build_schema(), content_type="application/vnd.oai.openapi+json")


@lru_cache(maxsize=1)
def build_schema() -> dict[str, Any]:
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return schema


class UnknownPathView(ApiView):
    """Whatever is not ours below /api/, in the form of all our errors."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    http_method_names = ["get", "head", "post", "put", "patch", "delete", "options", "trace"]

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Without the framework's Allow: nothing is allowed on what is not there."""
        return {}

    @extend_schema(exclude=True)
    def answer(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NotFound(f"There is nothing at {request.path[:200]}.")

    get = head = post = put = patch = delete = trace = answer
    options = answer  # type: ignore[assignment]  # REST framework's own wants Django's request


router = SimpleRouter()
router.register("permission-requests", RequestViewSet)
router.register("questions", QuestionViewSet)
router.register("reviews", ReviewViewSet)
router.register("rules", RuleViewSet, basename="rule")
router.register("rule-targets", RuleTargetViewSet, basename="ruletarget")
router.register("prompts", PromptViewSet)
router.register("instructions", InstructionViewSet)
router.register("providers", ProviderViewSet)
router.register("models", ModelViewSet)
router.register("agents", AgentViewSet)
router.register("tool-rules", ToolRulesViewSet)
router.register("change-requests", ChangeRequestViewSet, basename="changerequest")
router.register("releases", ReleaseViewSet)
router.register("publications", PublicationViewSet)
router.register("drifts", DriftViewSet)
router.register("mcp-servers", McpServerViewSet)
router.register("mcp-requests", McpRequestViewSet)
router.register("mcp-incidents", McpIncidentViewSet)
router.register("proposals", ProposalViewSet)
router.register("sops", SopViewSet)
router.register("engines", EngineViewSet)
router.register("chats", ChatViewSet)
router.register("messages", MessageViewSet)
router.register("subagents", SubagentViewSet)
router.register("health-checks", HealthCheckViewSet)
router.register("teams", TeamViewSet)
router.register("tokens", TokenViewSet)
router.register("ssh-keys", SshKeyViewSet)
router.register("gate/calls", GateCallViewSet, basename="gatecall")
router.register("audit", AuditViewSet, basename="audit")

v1_urlpatterns = [
    path("", RootView.as_view(), name="api-root"),
    path("events/", EventsView.as_view(), name="api-events"),
    path("events/stream/", EventStreamView.as_view(), name="api-events-stream"),
    path("events/ticket/", TicketView.as_view(), name="api-events-ticket"),
    path("evaluate/", EvaluateView.as_view(), name="api-evaluate"),
    path("label-moves/", LabelMovesView.as_view(), name="api-label-moves"),
    path("gate/reports/", GateReportView.as_view(), name="api-gate-reports"),
    path("ssh-keys/authorized_keys", AuthorizedKeysView.as_view(), name="api-authorized-keys"),
    path("ssh-keys/report-use/", SshKeyUseView.as_view(), name="api-ssh-key-use"),
    path("users/me/", MeView.as_view(), name="api-me"),
    *router.urls,
]

urlpatterns = [
    path("v1/sop-keys/", SealKeysView.as_view(), name="api-sop-keys"),
    path("v1/", include(v1_urlpatterns)),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    re_path(r"", UnknownPathView.as_view()),
]
