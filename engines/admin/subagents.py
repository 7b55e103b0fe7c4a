"""The ledger of delegations: who asked whom, and what became of it. Members only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import PortalModelAdmin
from accounts.admin.display import format_moment, render_age, render_code, render_pill
from accounts.principal import Principal
from engines.admin.chats import grow_chat_tree
from engines.admin.states import describe_subagent
from engines.admin.trees import grow_tree
from engines.models import Subagent
from engines.policies import can_see_subagent
from engines.queries import list_subagents
from events.text import make_visible


@admin.register(Subagent)
class SubagentAdmin(PortalModelAdmin):
    subject_kind = "subagent"
    change_form_template = "admin/engines/subagent/change_form.html"
    empty_text = "No agent has delegated anything yet."
    list_display = ("label", "pill", "agent_name", "chat_link", "engine_name", "level", "seen")
    ordering = ("-first_seen_at", "-id")
    sortable_by = ()
    search_fields = ("=source_ref", "description__istartswith")
    list_description = "Every delegation of an agent to another one, as the engines tell it."
    fieldsets = (
        (None, {"fields": ("pill", "agent_name", "chat_link", "engine_name", "level")}),
        ("Session", {"fields": ("source_code", "parent_code", "directory_code", "evidence")}),
        ("Times", {"fields": ("started", "ended", "seen")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[Subagent]:
        return list_subagents(principal).prefetch_related("chat", "instance")

    def can_see(self, principal: Principal, obj: Subagent) -> bool:
        return can_see_subagent(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return bool(principal.team_ids)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="task")
    def label(self, subagent: Subagent) -> str:
        return make_visible(str(subagent))

    @admin.display(description="state")
    def pill(self, subagent: Subagent) -> SafeString:
        return render_pill(describe_subagent(subagent))

    @admin.display(description="agent")
    def agent_name(self, subagent: Subagent) -> str:
        return subagent.agent or "–"

    @admin.display(description="chat")
    def chat_link(self, subagent: Subagent) -> str:
        if subagent.chat is None:
            return "not known yet"
        url = reverse("admin:engines_chat_change", args=[subagent.chat.pk])
        return format_html('<a href="{}">{}</a>', url, make_visible(str(subagent.chat)))

    @admin.display(description="engine")
    def engine_name(self, subagent: Subagent) -> str:
        return subagent.instance.name

    @admin.display(description="level")
    def level(self, subagent: Subagent) -> int:
        return subagent.depth

    @admin.display(description="last seen")
    def seen(self, subagent: Subagent) -> SafeString:
        return render_age(subagent.last_seen_at)

    @admin.display(description="session")
    def source_code(self, subagent: Subagent) -> SafeString:
        return render_code(subagent.source_ref)

    @admin.display(description="delegated by session")
    def parent_code(self, subagent: Subagent) -> SafeString:
        return render_code(subagent.parent_ref)

    @admin.display(description="directory")
    def directory_code(self, subagent: Subagent) -> SafeString:
        return render_code(subagent.working_directory or "–")

    @admin.display(description="started")
    def started(self, subagent: Subagent) -> str:
        return format_moment(subagent.started_at) if subagent.started_at else "–"

    @admin.display(description="ended")
    def ended(self, subagent: Subagent) -> str:
        return format_moment(subagent.ended_at) if subagent.ended_at else "–"

    # The page -------------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: Subagent) -> dict[str, Any]:
        """The whole tree it stands in, so that its place is seen."""
        branches = grow_chat_tree(obj.chat) if obj.chat is not None else grow_tree([obj])
        return {"branches": branches}
