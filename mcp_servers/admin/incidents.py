"""Incidents: where an engine had a server otherwise than approved, what was done, and who has seen it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.display import render_age, render_pill
from accounts.admin.forms import PlainForm, require_valid
from accounts.principal import Principal
from events.text import make_visible
from mcp_servers.admin.filters import IncidentKindFilter, IncidentStateFilter
from mcp_servers.admin.states import describe_incident
from mcp_servers.domain.incidents import acknowledge_incident
from mcp_servers.enums import IncidentState
from mcp_servers.models import McpIncident
from mcp_servers.policies import can_list_servers, explain_not_managing
from mcp_servers.queries import list_incidents


class NoteForm(PlainForm):
    note = forms.CharField(
        max_length=4000,
        required=False,
        label="What you found",
        help_text="For those who look at it later.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@admin.register(McpIncident)
class McpIncidentAdmin(PortalModelAdmin):
    subject_kind = "mcp_incident"
    singular, plural, list_name = "incident", "incidents", "MCP incidents"
    list_description = (
        "An engine had a server that nobody approved, or not as it was approved. It was switched off there"
        " at once, unless an incident says otherwise."
    )
    empty_text = "None. Engines run what was approved, as far as they were seen."
    list_display = ("label", "state_pill", "what_text", "engine_link", "action_text", "count", "when")
    list_display_links = ("label",)
    list_filter = (IncidentStateFilter, IncidentKindFilter)
    search_fields = ("name",)
    ordering = ("-at", "-id")
    sortable_by = ()
    change_list_template = "mcp_servers/incident_list.html"
    fieldsets = (
        ("What was seen", {"fields": ("kind_text", "what_text", "engine_link", "server_link", "count")}),
        ("What was done", {"fields": ("action_text", "state_pill", "acknowledged", "note_text")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[McpIncident]:
        return list_incidents(principal)

    def can_see(self, principal: Principal, obj: McpIncident) -> bool:
        return can_list_servers(principal) and (principal.sees_all_teams or obj.team_id in principal.team_ids)

    def can_list(self, principal: Principal) -> bool:
        return can_list_servers(principal)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="server")
    def label(self, incident: McpIncident) -> str:
        return make_visible(incident.name)

    @admin.display(description="state")
    def state_pill(self, incident: McpIncident) -> SafeString:
        return render_pill(describe_incident(incident))

    @admin.display(description="kind")
    def kind_text(self, incident: McpIncident) -> str:
        return str(incident.get_kind_display())

    @admin.display(description="what")
    def what_text(self, incident: McpIncident) -> str:
        return make_visible(incident.what)

    @admin.display(description="done about it")
    def action_text(self, incident: McpIncident) -> str:
        return make_visible(incident.action) or "nothing yet"

    @admin.display(description="engine")
    def engine_link(self, incident: McpIncident) -> SafeString:
        url = reverse("admin:engines_engine_change", args=[incident.engine_id])
        return format_html('<a href="{}">{}</a>', url, make_visible(incident.engine.name))

    @admin.display(description="MCP server")
    def server_link(self, incident: McpIncident) -> SafeString | str:
        if incident.server is None:
            return "none of that name is approved"
        url = reverse("admin:mcp_servers_mcpserver_change", args=[incident.server_id])
        return format_html('<a href="{}">{}</a>', url, make_visible(incident.server.name))

    @admin.display(description="seen")
    def count(self, incident: McpIncident) -> SafeString | str:
        if incident.times == 1:
            return "once"
        return format_html("{} times, last {} ago", incident.times, render_age(incident.last_at))

    @admin.display(description="since")
    def when(self, incident: McpIncident) -> SafeString:
        return format_html("{} ago", render_age(incident.at))

    @admin.display(description="acknowledged")
    def acknowledged(self, incident: McpIncident) -> SafeString | str:
        if incident.acknowledged_at is None:
            return "–"
        who = make_visible(incident.acknowledged_by_label)
        return format_html("{}, {} ago", who, render_age(incident.acknowledged_at))

    @admin.display(description="note")
    def note_text(self, incident: McpIncident) -> str:
        return make_visible(incident.note) or "–"

    # The page -------------------------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        return [self.action_path("<path:object_id>/acknowledge/", self.acknowledge)]

    def object_context(self, request: HttpRequest, obj: McpIncident) -> dict[str, Any]:
        return {"title": make_visible(str(obj))}

    def object_buttons(self, request: HttpRequest, obj: McpIncident) -> list[Button]:
        is_open = obj.state == IncidentState.OPEN
        if not is_open or explain_not_managing(get_principal(request), obj.team_id):
            return []
        return [Button(self.url_of(obj, "acknowledge"), "Acknowledge…", "ok")]

    @post_action
    def acknowledge(self, request: HttpRequest, obj: McpIncident) -> HttpResponse:
        form = NoteForm(request.POST if is_confirmed(request) else None)
        if not is_confirmed(request):
            return show_confirmation(
                self,
                request,
                obj,
                title="Acknowledge this incident?",
                sentences=["You have seen it and looked after it. Seen again, it opens a new one."],
                label="Acknowledge",
                tone="ok",
                form=form,
            )
        values = require_valid(form)
        acknowledge_incident(
            principal=get_principal(request), incident_id=obj.pk, note=values["note"].replace("\r\n", "\n")
        )
        messages.success(request, "Acknowledged.")
        return self.redirect_to(obj)
