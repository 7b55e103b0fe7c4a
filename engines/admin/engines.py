"""Registered engines: what the relay sees of them, and a button to pause."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action
from accounts.admin.display import format_moment, render_age, render_code, render_pill
from accounts.principal import Principal
from engines.admin.states import describe_engine
from engines.domain.registry import set_engine_enabled
from engines.models import Engine
from engines.policies import can_manage_engine, can_see_engine
from engines.queries import list_engines


@admin.register(Engine)
class EngineAdmin(PortalModelAdmin):
    subject_kind = "engine"
    change_list_template = "admin/engines/engine/change_list.html"
    list_display = ("name", "pill", "seen", "version_text", "team_name", "address_code")
    ordering = ("name",)
    sortable_by = ()
    search_fields = ("name__istartswith", "address__istartswith")
    list_description = "Servers that run agents. Connect one with: manage.py connect_opencode URL"
    fieldsets = (
        (None, {"fields": ("pill", "since", "seen", "version_text")}),
        (
            "Connection",
            {"fields": ("team_name", "kind", "address_code", "username", "has_password", "control")},
        ),
        ("Requests", {"fields": ("directory_list", "timeout")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[Engine]:
        return list_engines(principal).prefetch_related("team")

    def can_see(self, principal: Principal, obj: Engine) -> bool:
        return can_see_engine(principal, obj)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="state")
    def pill(self, engine: Engine) -> SafeString:
        return render_pill(describe_engine(engine))

    @admin.display(description="in this state for")
    def since(self, engine: Engine) -> SafeString:
        return render_age(engine.state_since)

    @admin.display(description="last seen")
    def seen(self, engine: Engine) -> SafeString:
        return render_age(engine.last_seen_at)

    @admin.display(description="version")
    def version_text(self, engine: Engine) -> str:
        return engine.version or "–"

    @admin.display(description="team")
    def team_name(self, engine: Engine) -> str:
        return engine.team.name

    @admin.display(description="address")
    def address_code(self, engine: Engine) -> SafeString:
        return render_code(engine.address)

    @admin.display(description="password")
    def has_password(self, engine: Engine) -> str:
        return "stored, encrypted" if engine.password else "none"

    @admin.display(description="directories")
    def directory_list(self, engine: Engine) -> str:
        if not engine.directories:
            return "those the engine reports"
        return format_html_join("", "{}<br>", ((render_code(path),) for path in engine.directories))

    @admin.display(description="unanswered requests")
    def timeout(self, engine: Engine) -> str:
        return f"denied after {engine.request_timeout_s} s"

    @admin.display(description="registered")
    def registered(self, engine: Engine) -> str:
        return format_moment(engine.created_at)

    # Buttons --------------------------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("<path:object_id>/pause/", self.pause),
            self.action_path("<path:object_id>/resume/", self.resume),
        ]

    def object_buttons(self, request: HttpRequest, obj: Engine) -> list[Button]:
        if not can_manage_engine(get_principal(request), obj) or obj.retired_at is not None:
            return []
        if obj.is_enabled:
            hint = "Its agents wait: no request of it is taken in or answered until somebody resumes it."
            return [Button(self.url_of(obj, "pause"), "Pause", hint=hint)]
        return [Button(self.url_of(obj, "resume"), "Resume", "ok")]

    @post_action
    def pause(self, request: HttpRequest, obj: Engine) -> HttpResponse:
        set_engine_enabled(principal=get_principal(request), engine=obj, is_enabled=False)
        messages.success(request, f"{obj} is paused.")
        return self.redirect_to(obj)

    @post_action
    def resume(self, request: HttpRequest, obj: Engine) -> HttpResponse:
        set_engine_enabled(principal=get_principal(request), engine=obj, is_enabled=True)
        messages.success(request, f"{obj} is resumed.")
        return self.redirect_to(obj)
