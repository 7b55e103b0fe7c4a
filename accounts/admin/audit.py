"""The audit chain, read-only, for owners. Everybody else reads the history of what they may see."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import PortalModelAdmin
from accounts.admin.display import format_moment, render_code
from accounts.policies import can_read_audit
from accounts.principal import Principal
from events.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(PortalModelAdmin):
    list_display = ("number", "time", "who", "act", "subject", "door")
    list_display_links = ("number",)
    ordering = ("-n",)
    sortable_by = ()
    search_fields = ("verb",)
    search_help_text = "A verb (vote.cast), or the id of an actor or of what was acted on"
    list_description = "Who did what, in the order of the chain. To check every link: manage.py verify_audit"
    fieldsets = (
        (None, {"fields": ("number", "time", "who", "actor", "act", "subject", "door")}),
        ("What changed", {"fields": ("values_before", "values_after")}),
        ("Chain", {"fields": ("hash_code", "prev_hash_code")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.all() if can_read_audit(principal) else AuditEntry.objects.none()

    def can_see(self, principal: Principal, obj: AuditEntry) -> bool:
        return can_read_audit(principal)

    def can_list(self, principal: Principal) -> bool:
        return can_read_audit(principal)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(Q(verb=term) | Q(subject_id=term) | Q(actor_id=term)), False

    @admin.display(description="entry", ordering="n")
    def number(self, entry: AuditEntry) -> str:
        return str(entry.n)

    @admin.display(description="time")
    def time(self, entry: AuditEntry) -> SafeString:
        return format_html('<span class="nowrap">{}</span>', format_moment(entry.at))

    @admin.display(description="who")
    def who(self, entry: AuditEntry) -> str:
        return entry.actor_label or entry.actor_id

    @admin.display(description="actor")
    def actor(self, entry: AuditEntry) -> str:
        return f"{entry.actor_kind} {entry.actor_id}"

    @admin.display(description="did")
    def act(self, entry: AuditEntry) -> SafeString:
        return render_code(entry.verb)

    @admin.display(description="to")
    def subject(self, entry: AuditEntry) -> SafeString:
        return format_html("{} {}", entry.subject_kind.replace("_", " "), render_code(entry.subject_id))

    @admin.display(description="before")
    def values_before(self, entry: AuditEntry) -> str:
        return render_values(entry.before)

    @admin.display(description="after")
    def values_after(self, entry: AuditEntry) -> str:
        return render_values(entry.after)

    @admin.display(description="hash")
    def hash_code(self, entry: AuditEntry) -> SafeString:
        return render_code(entry.hash)

    @admin.display(description="hash before it")
    def prev_hash_code(self, entry: AuditEntry) -> SafeString:
        return render_code(entry.prev_hash)


def render_values(values: dict[str, Any]) -> str:
    if not values:
        return "–"
    return format_html('<pre class="mono block">{}</pre>', json.dumps(values, indent=2, sort_keys=True))
