"""How every component is, since when, and what it was before. Read only: the portal writes it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.admin.base import PortalModelAdmin, get_principal
from accounts.admin.display import format_moment, render_age, render_pill
from accounts.principal import Principal
from events.text import make_visible
from health.admin.states import describe_check, describe_state
from health.enums import RANKS, Component, HealthState
from health.models import HealthCheck
from health.policies import can_list_health, can_see_check
from health.queries import find_silence, list_checks_ever, list_health_changes
from mcp_servers.admin.filters import KnownFilter

HISTORY_LENGTH = 100
SUMMARISED = (HealthState.ERROR, HealthState.OFFLINE, HealthState.DEGRADED, HealthState.STARTING)


class StateFilter(KnownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in HealthState]


class ComponentFilter(KnownFilter):
    title = "component"
    parameter_name = "component"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(component.value, str(component.label)) for component in Component]


@admin.register(HealthCheck)
class HealthCheckAdmin(PortalModelAdmin):
    subject_kind = "health_check"
    singular, plural, list_name = "component", "components", "Health"
    list_description = "How every component is, as the portal found it by asking; the worst first."
    empty_text = "Nothing has been looked at yet."
    change_list_template = "health/list.html"
    change_form_template = "health/check.html"
    list_display = ("label", "pill", "since_text", "looked", "team_name")
    list_display_links = ("label",)
    list_filter = (StateFilter, ComponentFilter)
    search_fields = ("name__icontains",)
    sortable_by = ()
    list_per_page = 100
    fieldsets = (
        (None, {"fields": ("pill", "since_text", "looked", "was_well")}),
        ("About", {"fields": ("component_text", "team_name", "fact_list")}),
    )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The worst first; a rank that the list computes is nothing Django's check of `ordering` knows."""
        return ("-badness", "component", "name", "id")

    def list_visible(self, principal: Principal) -> QuerySet[HealthCheck]:
        ranks = [When(state=state, then=Value(rank)) for state, rank in RANKS.items()]
        badness = Case(*ranks, default=Value(0), output_field=IntegerField())
        return list_checks_ever(principal).annotate(badness=badness)

    def get_queryset(self, request: HttpRequest) -> QuerySet[HealthCheck]:
        """What nobody looks at any more keeps its page, where its history is, but no place in the list."""
        checks = super().get_queryset(request)
        match = request.resolver_match
        is_page = match is not None and "object_id" in match.kwargs
        return checks if is_page else checks.filter(ended_at=None)

    def can_see(self, principal: Principal, obj: HealthCheck) -> bool:
        return can_see_check(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return can_list_health(principal)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="what")
    def label(self, check: HealthCheck) -> str:
        return make_visible(check.name)

    @admin.display(description="state")
    def pill(self, check: HealthCheck) -> SafeString:
        return render_pill(describe_check(check))

    @admin.display(description="since")
    def since_text(self, check: HealthCheck) -> SafeString:
        return render_age(check.since)

    @admin.display(description="last looked at")
    def looked(self, check: HealthCheck) -> SafeString:
        return render_age(check.last_ping_at)

    @admin.display(description="last found well")
    def was_well(self, check: HealthCheck) -> str:
        return format_moment(check.last_ready_at) if check.last_ready_at else "never"

    @admin.display(description="component")
    def component_text(self, check: HealthCheck) -> str:
        return str(check.get_component_display())

    @admin.display(description="team")
    def team_name(self, check: HealthCheck) -> str:
        return make_visible(check.team.name) if check.team else "the deployment's"

    @admin.display(description="measured")
    def fact_list(self, check: HealthCheck) -> SafeString | str:
        facts = sorted(check.facts.items())
        rows = [(name.replace("_", " "), make_visible(str(value))) for name, value in facts]
        return format_html("{}", format_html_join("", "{}: {}<br>", rows)) if rows else "–"

    # The pages ------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        can_list = can_list_health(get_principal(request))
        context = {"silent_since": find_silence() if can_list else None}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def object_context(self, request: HttpRequest, obj: HealthCheck) -> dict[str, Any]:
        changes = list_health_changes(obj)[:HISTORY_LENGTH]
        return {
            "title": make_visible(obj.name),
            "changes": [(change, describe_state(change.state)) for change in changes],
        }
