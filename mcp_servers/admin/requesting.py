"""The pages on which a server is asked for: the form, and the import that fills it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse

from accounts.admin.base import (
    PortalModelAdmin,
    answer_refusal,
    get_principal,
    perform,
    refuse_method,
)
from accounts.principal import Principal
from events.errors import Conflict, DomainError, Refused
from events.identifiers import is_record_id
from mcp_servers.admin.imported import Imported, read_import
from mcp_servers.admin.request_form import FIELD_OF, RequestForm
from mcp_servers.content import McpServerContent
from mcp_servers.domain.requests import request_server
from mcp_servers.enums import RequestSource
from mcp_servers.formats.entries import FORMATS
from mcp_servers.models import McpServer
from mcp_servers.policies import REQUESTING, can_read_server
from mcp_servers.queries import list_requestable_teams, list_servers

ASK = "request"


def may_ask(principal: Principal) -> bool:
    """From the roles, which are read once for a request: asked for every list."""
    return any(role in REQUESTING for role in principal.roles.values())


class RequestPages(PortalModelAdmin):
    def can_add(self, principal: Principal) -> bool:
        return may_ask(principal)

    def request_urls(self) -> list[URLPattern]:
        return [self.action_path("import/", self.answer_import)]

    # The form -------------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """GET `?from=ID`: starts with what that server runs. POST `act=request` asks for it."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return refuse_method(request, "GET", "HEAD", "POST")
        if not self.has_add_permission(request):
            raise PermissionDenied
        server = self.find_base(request)
        if request.method == "POST":
            return self.take_form(request, server)
        base = read_latest(server) if server else None
        initial = {"team": server.team_id} if server else {}
        return self.show_form(request, self.make_form(request, base, initial=initial), server)

    def find_base(self, request: HttpRequest) -> McpServer | None:
        server_id = request.GET.get("from", "")
        if not server_id:
            return None
        principal = get_principal(request)
        rows = list_servers(principal).select_related("approval__request")
        server = rows.filter(pk=server_id).first() if is_record_id(server_id) else None
        if server is None or not can_read_server(principal, server):
            raise Http404
        return server

    def make_form(
        self, request: HttpRequest, base: McpServerContent | None = None, **options: Any
    ) -> RequestForm:
        teams = list_requestable_teams(get_principal(request))
        data = request.POST if request.method == "POST" and base is None else None
        return RequestForm(data, teams=teams, base=base, **options)

    def take_form(self, request: HttpRequest, server: McpServer | None) -> HttpResponse:
        form = self.make_form(request)
        is_valid = form.is_valid()
        if request.POST.get("act") != ASK:
            return self.show_form(request, form, server)
        if not is_valid:
            return self.show_form(request, form, server, status=400)
        try:
            made = perform(request, lambda: ask(get_principal(request), form))
        except Refused as error:
            return answer_refusal(request, error.message)
        except DomainError as error:
            show_error(form, error)
            return self.show_form(request, form, server, status=error.status)
        messages.success(request, f"{made.server.name} is asked for. It is being checked.")
        return self.redirect_to(made.server)

    def show_form(
        self,
        request: HttpRequest,
        form: RequestForm,
        server: McpServer | None = None,
        imported: Imported | None = None,
        status: int = 200,
    ) -> HttpResponse:
        query = f"?from={server.pk}" if server else ""
        add_url = reverse("admin:mcp_servers_mcpserver_add")
        context = {
            **self.admin_site.each_context(request),
            **self.names(),
            "title": f"Ask for a change of {server.name}" if server else "Ask for an MCP server",
            "form": form,
            "form_url": f"{add_url}{query}",
            "back_url": self.url_of(server) if server else self.list_url(),
            "base_server": server,
            "imported": imported,
            "lost_secrets": sorted(form.secrets) if form.is_bound else [],
            "opts": self.opts,
        }
        response = TemplateResponse(request, "mcp_servers/request_form.html", context, status=status)
        response.headers["Cache-Control"] = "no-store"
        return response

    # The import -----------------------------------------------------------------------------------

    def answer_import(self, request: HttpRequest) -> HttpResponse:
        """GET: where a text goes. POST: what was read of it and what was not, and the form filled with it."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return refuse_method(request, "GET", "HEAD", "POST")
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self.show_import(request)
        try:
            imported = read_import(request)
        except DomainError as error:
            return self.show_import(request, error.message, status=400)
        chosen = imported.chosen
        if chosen is None:
            return self.show_import(request, imported=imported)
        initial = {"source": RequestSource.IMPORT, "catalog": imported.catalog}
        return self.show_form(
            request, self.make_form(request, chosen.content, initial=initial), imported=imported
        )

    def show_import(
        self,
        request: HttpRequest,
        error: str = "",
        imported: Imported | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            **self.names(),
            "title": "Import an MCP server",
            "error": error,
            "imported": imported,
            "formats": FORMATS,
            "typed": request.POST if request.method == "POST" else {},
            "opts": self.opts,
        }
        return TemplateResponse(request, "mcp_servers/import.html", context, status=status)


def ask(principal: Principal, form: RequestForm) -> Any:
    values = form.cleaned_data
    is_import = values["source"] == RequestSource.IMPORT
    return request_server(
        principal=principal,
        team=values["team"],
        content=form.get_content(),
        secrets=form.secrets,
        reason=values["reason"].replace("\r\n", "\n"),
        source=RequestSource.IMPORT if is_import else RequestSource.FORM,
        catalog=values["catalog"] if is_import else "",
        valid_days=values["valid_days"],
    )


def read_latest(server: McpServer) -> McpServerContent:
    """What is approved; before that, what was asked for last."""
    if server.approval is not None:
        return server.approval.read_content()
    request = server.requests.order_by("-number")[:1].get()
    return request.read_content()


def show_error(form: RequestForm, error: DomainError) -> None:
    """The domain's sentence at the field it names; what is there already is led to."""
    field = str(error.facts.get("field", ""))
    name = FIELD_OF.get(field, field.split(".", maxsplit=1)[0])
    sentence = error.message.removeprefix(f"{field}: ")
    form.add_error(name if name in form.fields else None, sentence)
    if isinstance(error, Conflict) and error.code in {"already_approved", "suspended"}:
        form.conflict_server_id = str(error.facts.get("server", ""))
