"""Secrets of a server: set, forgotten, and looked at by admins with a fresh password."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern

from accounts.admin.base import PortalModelAdmin, get_principal, post_action, recent_post_action
from events.errors import NotFound
from events.text import make_visible
from mcp_servers.domain.secrets import clear_secret, reveal_secret, set_secret
from mcp_servers.models import McpSecret, McpServer

ACTS = ("set-secret", "clear-secret", "reveal-secret")


class SecretPages(PortalModelAdmin):
    def secret_urls(self) -> list[URLPattern]:
        return [
            self.action_path(f"<path:object_id>/{name}/", getattr(self, name.replace("-", "_")))
            for name in ACTS
        ]

    @post_action
    def set_secret(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        name = request.POST.get("name", "")
        row = set_secret(
            principal=get_principal(request),
            server_id=obj.pk,
            kind=request.POST.get("kind", ""),
            name=name,
            value=request.POST.get("value", ""),
            request_id=request.POST.get("request", ""),
        )
        messages.success(request, f"{make_visible(row.name)} is set.")
        return self.redirect_to(obj)

    @post_action
    def clear_secret(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        row = find_secret(request, obj)
        clear_secret(principal=get_principal(request), secret_id=row.pk)
        messages.success(request, f"The value of {make_visible(row.name)} is forgotten.")
        return self.redirect_to(obj)

    @recent_post_action
    def reveal_secret(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        row = find_secret(request, obj)
        value = reveal_secret(principal=get_principal(request), secret_id=row.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{make_visible(row.name)} of {obj.name}",
            "secret": value,
            "sentence": "That you looked at it stands in the audit chain.",
            "back_url": self.url_of(obj),
            "opts": self.opts,
        }
        response = TemplateResponse(request, "mcp_servers/revealed.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response


def find_secret(request: HttpRequest, server: McpServer) -> McpSecret:
    """One of this server's. Raises NotFound."""
    rows = McpSecret.objects.filter(server=server)
    row = next((row for row in rows if row.pk == request.POST.get("secret", "")), None)
    if row is None:
        raise NotFound("There is no such secret.")
    return row
