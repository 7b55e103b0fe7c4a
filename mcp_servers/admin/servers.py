"""MCP servers: the list, the page of one with everything that is known of it, and its exports."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import answer_domain_error, answer_refusal, get_principal, refuse_method
from accounts.admin.display import Pill, render_age, render_pill
from accounts.principal import Principal
from configs.formats.limits import FormatError
from events.errors import DomainError
from events.text import make_visible
from mcp_servers.admin.deciding import DecidingPages, read_typed
from mcp_servers.admin.filters import EngineFilter, StateFilter, TeamFilter
from mcp_servers.admin.requesting import RequestPages, may_ask
from mcp_servers.admin.running import RunningPages
from mcp_servers.admin.secret_pages import SecretPages
from mcp_servers.admin.server_page import build_page
from mcp_servers.admin.shown import Shown, load_shown
from mcp_servers.admin.states import CONNECTED, describe_server
from mcp_servers.enums import EngineWish, IncidentState, RequestState, ServerState
from mcp_servers.formats.entries import FORMATS, write_entry
from mcp_servers.models import McpEngineStatus, McpIncident, McpRequest, McpServer
from mcp_servers.policies import can_list_servers, can_read_server, can_see_server
from mcp_servers.queries import ALL_TOOLS, list_servers

# The oldest time that a zip file can hold: the same export is the same file, whenever it is fetched.
EPOCH = (1980, 1, 1, 0, 0, 0)
TYPED = ("reason", "confirmation")


@admin.register(McpServer)
class McpServerAdmin(RequestPages, DecidingPages, RunningPages, SecretPages):
    subject_kind = "mcp_server"
    singular, plural, list_name = "MCP server", "MCP servers", "MCP servers"
    list_description = (
        "Tools that agents get from elsewhere. Engines run what is approved here, exactly as it was approved,"
        " and nothing else."
    )
    empty_text = "No MCP server yet. Engines run none until one is asked for and approved."
    list_display = ("label", "state_pill", "team_name", "approved_by", "tools", "drift", "engines", "age")
    list_display_links = ("label",)
    list_filter = (StateFilter, TeamFilter, EngineFilter)
    search_fields = ("name", "requested_by_label", "approved_by_label")
    search_help_text = "By name, by who asked, by who approved"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    change_list_template = "mcp_servers/list.html"

    def list_visible(self, principal: Principal) -> QuerySet[McpServer]:
        return list_servers(principal).select_related("team", "approval__request")

    def get_queryset(self, request: HttpRequest) -> QuerySet[McpServer]:
        rows = super().get_queryset(request)
        match = request.resolver_match
        return rows if match is not None and "object_id" in match.kwargs else count_for_list(rows)

    def can_see(self, principal: Principal, obj: McpServer) -> bool:
        return can_see_server(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return can_list_servers(principal)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        add, bring = reverse("admin:mcp_servers_mcpserver_add"), reverse("admin:mcp_servers_mcpserver_import")
        asks = may_ask(get_principal(request))
        tools = [(bring, "Import"), (add, "Ask for a server")] if asks else []
        return super().changelist_view(request, {"tools": tools, **(extra_context or {})})

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="server")
    def label(self, server: McpServer) -> str:
        return make_visible(server.name)

    @admin.display(description="state")
    def state_pill(self, server: Any) -> SafeString:
        pill = describe_server(server)
        if server.approval_id and server.open_state:
            label = RequestState(server.open_state).label
            pill = Pill(
                pill.word,
                pill.icon,
                pill.tone,
                f"a change is {label}"
                if server.open_state != RequestState.NEEDS_REVIEW
                else "a change needs review",
            )
        return render_pill(pill)

    @admin.display(description="team")
    def team_name(self, server: McpServer) -> str:
        return make_visible(server.team.name)

    @admin.display(description="approved by")
    def approved_by(self, server: McpServer) -> SafeString | str:
        if server.approved_at is None:
            return "–"
        who = make_visible(server.approved_by_label)
        return format_html('{} <span class="quiet">{} ago</span>', who, render_age(server.approved_at))

    @admin.display(description="tools on")
    def tools(self, server: McpServer) -> str:
        if server.approval is None:
            return "–"
        if server.tools_on == (ALL_TOOLS,):
            return "all, none listed"
        return f"{len(server.tools_on)} of {count_listed(server)}"

    @admin.display(description="drift")
    def drift(self, server: Any) -> SafeString | str:
        if server.state == ServerState.DRIFTED:
            return render_pill(Pill("drifted", "warning", "bad", make_visible(server.state_reason)))
        if server.open_incidents:
            word = "1 incident" if server.open_incidents == 1 else f"{server.open_incidents} incidents"
            return render_pill(Pill(word, "warning", "bad"))
        return "none seen" if server.approval_id else "–"

    @admin.display(description="engines")
    def engines(self, server: Any) -> str:
        if not server.engines_wanted:
            return "–"
        return f"{server.engines_running} of {server.engines_wanted} run it"

    @admin.display(description="asked for")
    def age(self, server: McpServer) -> SafeString:
        return format_html("{} ago", render_age(server.created_at))

    # The page -------------------------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        return [
            *self.request_urls(),
            *self.deciding_urls(),
            *self.running_urls(),
            *self.secret_urls(),
            self.action_path("<path:object_id>/export/", self.export),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return refuse_method(request, "GET", "HEAD")
        return self.render_page(request, self.get_visible(request, object_id))

    def render_page(self, request: HttpRequest, server: McpServer, *, status: int = 200) -> TemplateResponse:
        principal = get_principal(request)
        wanted = request.GET.get("request", "") if can_read_server(principal, server) else ""
        shown = load_shown(server, wanted)
        if shown is None:
            raise Http404
        context = {
            **self.frame_page(request, server),
            **self.names(),
            **build_page(request, server, shown),
            "title": server.name,
            "buttons": self.list_buttons(principal, shown) if can_read_server(principal, server) else [],
            "typed": {name: read_typed(request, name) for name in TYPED},
        }
        return TemplateResponse(request, "mcp_servers/server.html", context, status=status)

    def list_buttons(self, principal: Principal, shown: Shown) -> list[Any]:
        return [*self.deciding_buttons(principal, shown), *self.running_buttons(principal, shown)]

    def answer_error(self, request: HttpRequest, obj: Any, error: DomainError) -> HttpResponse:
        """What was typed stays on the page."""
        return answer_domain_error(
            request,
            error,
            lambda: self.render_page(request, self.get_visible(request, obj.pk), status=error.status),
        )

    # Out ------------------------------------------------------------------------------------------

    def export(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What is approved in the format of another tool, as a download; of secrets the names alone."""
        if request.method not in {"GET", "HEAD"}:
            return refuse_method(request, "GET", "HEAD")
        server = self.get_visible(request, object_id)
        format_name = request.GET.get("format", "")
        if not can_read_server(get_principal(request), server):
            return answer_refusal(request, "Only members of its team read what it runs.")
        if server.approval is None or format_name not in FORMATS:
            raise Http404
        try:
            written = write_entry(
                server.approval.read_content(),
                format=format_name,
                argv=tuple(server.approval.bound.get("argv") or ()),
                tools=server.tools_on,
            )
        except FormatError as error:
            messages.error(request, make_visible(str(error)))
            return self.redirect_to(server)
        return build_download(server.name, format_name, [(file.path, file.text) for file in written.files])


def build_download(name: str, format_name: str, files: list[tuple[str, str]]) -> HttpResponse:
    """One file as itself, several as an archive; always an attachment."""
    if len(files) == 1:
        [(path, text)] = files
        file_name, data = path.rpartition("/")[2], text.encode()
    else:
        file_name, data = f"{name}-{format_name}.zip", pack(files)
    response = HttpResponse(data, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def pack(files: list[tuple[str, str]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files:
            archive.writestr(zipfile.ZipInfo(path, EPOCH), text.encode())
    return packed.getvalue()


def count_for_list(rows: QuerySet[McpServer]) -> QuerySet[McpServer]:
    """With what the list says of each: its engines, open incidents, and a request that waits."""
    here = OuterRef("pk")
    wanted = McpEngineStatus.objects.filter(server=here, wanted=EngineWish.ON)
    incidents = McpIncident.objects.filter(server=here, state=IncidentState.OPEN)
    asked = McpRequest.objects.filter(server=here, state__in=sorted(RequestState.open()))
    return rows.annotate(
        engines_wanted=count_rows(wanted),
        engines_running=count_rows(wanted.filter(status=CONNECTED)),
        open_incidents=count_rows(incidents),
        open_state=Subquery(asked.values("state")[:1]),
    )


def count_rows(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("server").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def count_listed(server: McpServer) -> int:
    """How many tools the server offered when it was approved."""
    assert server.approval is not None  # noqa: S101 - the caller asked
    items = server.approval.digests.get("items")
    tools = items.get("tool") if isinstance(items, dict) else None
    return max(len(tools or ()), len(server.approval.tools))
