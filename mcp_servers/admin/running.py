"""What people do with an approved server: stop it, let it run again, switch its tools, take it back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.forms import PlainForm, require_valid
from accounts.principal import Principal
from events.text import make_visible
from mcp_servers.admin.shown import Shown
from mcp_servers.domain.probes import probe_by_hand
from mcp_servers.domain.servers import resume_server, revoke_server, suspend_server, switch_tool
from mcp_servers.enums import EngineWish, ServerState
from mcp_servers.models import McpServer
from mcp_servers.policies import explain_not_managing, explain_not_suspending

ACTS = ("suspend", "resume", "revoke", "switch-tool", "probe")
MAX_NAMED = 8


class ReasonForm(PlainForm):
    reason = forms.CharField(
        max_length=500,
        label="Why",
        help_text="Everybody of the team reads it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RunningPages(PortalModelAdmin):
    def running_urls(self) -> list[URLPattern]:
        return [
            self.action_path(f"<path:object_id>/{name}/", getattr(self, name.replace("-", "_")))
            for name in ACTS
        ]

    def running_buttons(self, principal: Principal, shown: Shown) -> list[Button]:
        server = shown.server
        if server.state not in ServerState.approvable():
            return []
        may_manage = not explain_not_managing(principal, server.team_id)
        is_stopped = server.state == ServerState.SUSPENDED
        buttons = []
        if may_manage and not shown.is_undecided:
            hint = "It is started once more in a sandbox, and compared with what was approved."
            buttons.append(Button(self.url_of(server, "probe"), "Probe again", "", hint))
        if is_stopped and may_manage:
            buttons.append(Button(self.url_of(server, "resume"), "Resume…", "ok"))
        if not is_stopped and not explain_not_suspending(principal, server.team_id):
            buttons.append(Button(self.url_of(server, "suspend"), "Suspend…", "bad"))
        if may_manage:
            buttons.append(Button(self.url_of(server, "revoke"), "Revoke…", "bad"))
        return buttons

    @post_action
    def suspend(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        sentences = [*list_stopped(obj), "It can be resumed exactly as it was approved."]
        form = ReasonForm(request.POST if is_confirmed(request) else None)
        if not is_confirmed(request):
            return self.ask_first(request, obj, f"Suspend {obj.name}?", sentences, "Suspend", form)
        reason = read_reason(form)
        suspend_server(principal=get_principal(request), server_id=obj.pk, reason=reason)
        messages.success(request, f"{obj.name} is suspended.")
        return self.redirect_to(obj)

    @post_action
    def resume(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        if not is_confirmed(request):
            sentences = [
                "It may run again, exactly as it was approved: the next release of its engines holds it."
            ]
            return self.ask_first(request, obj, f"Resume {obj.name}?", sentences, "Resume", None, "ok")
        resume_server(principal=get_principal(request), server_id=obj.pk)
        messages.success(request, f"{obj.name} may run again.")
        return self.redirect_to(obj)

    @post_action
    def revoke(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        sentences = [
            *list_stopped(obj),
            *(["A request that waits for this name ends with it."] if has_open_request(obj) else []),
            *(["The values of its secrets are forgotten."] if obj.secrets.exists() else []),
            "It can't be undone: under this name it has to be asked for again.",
        ]
        form = ReasonForm(request.POST if is_confirmed(request) else None)
        if not is_confirmed(request):
            return self.ask_first(request, obj, f"Revoke {obj.name}?", sentences, "Revoke", form)
        reason = read_reason(form)
        revoke_server(principal=get_principal(request), server_id=obj.pk, reason=reason)
        messages.success(request, f"{obj.name} is revoked. Running engines disconnect it.")
        return self.redirect_to(obj)

    @post_action
    def switch_tool(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        tool = request.POST.get("tool", "")
        is_on = request.POST.get("wanted") == "on"
        switch_tool(principal=get_principal(request), server_id=obj.pk, tool=tool, is_on=is_on)
        messages.success(request, f"{make_visible(tool)} is {'on again' if is_on else 'off'}.")
        return self.redirect_to(obj)

    @post_action
    def probe(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        probe_by_hand(principal=get_principal(request), server_id=obj.pk)
        messages.success(request, "It is being looked at. What differs is shown here.")
        return self.redirect_to(obj)

    def ask_first(
        self,
        request: HttpRequest,
        obj: McpServer,
        title: str,
        sentences: list[str],
        label: str,
        form: forms.Form | None,
        tone: str = "bad",
    ) -> HttpResponse:
        return show_confirmation(
            self, request, obj, title=title, sentences=sentences, label=label, tone=tone, form=form
        )


def read_reason(form: ReasonForm) -> str:
    """Raises Invalid when there is none."""
    values: dict[str, Any] = require_valid(form)
    return str(values["reason"]).replace("\r\n", "\n")


def has_open_request(server: McpServer) -> bool:
    return server.requests.filter(ended_at=None).exists()


def list_stopped(server: McpServer) -> list[str]:
    """What stops with it, in sentences."""
    wanted = server.engine_statuses.filter(wanted=EngineWish.ON).select_related("engine")
    names = [make_visible(row.engine.name) for row in wanted.order_by("engine__name")]
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    engines = f"Engines that run it disconnect it: {', '.join(names[:MAX_NAMED])}{more}."
    tools = len(server.tools_on)
    offered = "1 tool" if tools == 1 else f"{tools} tools"
    return [
        engines if names else "No engine runs it now.",
        f"Agents lose its {offered}; a turn that uses one sees it fail."
        if server.tools_on != ("*",)
        else "Agents lose all of its tools; a turn that uses one sees it fail.",
    ]
