"""Registered engines: what the relay sees of them, and buttons to pause, reach and retire them."""

from __future__ import annotations

from functools import partial

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action, refuse_method
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.display import format_moment, render_age, render_code, render_pill
from accounts.principal import Principal
from engines.admin.extras import EngineExtra, list_extras
from engines.admin.forms import AccessForm
from engines.admin.states import describe_engine
from engines.domain.access import change_access_as, refuse_strangers
from engines.domain.registry import set_engine_enabled
from engines.domain.retirement import describe_retirement, retire_engine_as
from engines.models import Engine
from engines.policies import can_manage_engine, can_see_engine
from engines.queries import list_engines_ever
from events.errors import DomainError, Invalid


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
            {"fields": ("team_name", "kind", "address_code", "username", "has_password", "control_text")},
        ),
        ("Requests", {"fields": ("directory_list", "timeout")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[Engine]:
        return list_engines_ever(principal).prefetch_related("team")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Engine]:
        """A retired engine keeps its page, where its history leads, but not its place in the list."""
        engines = super().get_queryset(request)
        match = request.resolver_match
        is_page = match is not None and "object_id" in match.kwargs
        return engines if is_page else engines.filter(retired_at=None)

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

    @admin.display(description="releases reach it")
    def control_text(self, engine: Engine) -> SafeString:
        place = engine.control_address or engine.control_folder
        shown = engine.get_control_display()
        return format_html("{}: {}", shown, render_code(place)) if place else format_html("{}", shown)

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
            self.action_path("<path:object_id>/change-access/", self.change_access),
            self.action_path("<path:object_id>/retire/", self.retire),
            *(
                self.action_path(f"<path:object_id>/{extra.slug}/", partial(self.press_extra, extra))
                for extra in list_extras()
            ),
        ]

    def press_extra(self, extra: EngineExtra, request: HttpRequest, object_id: str) -> HttpResponse:
        if request.method != "POST":
            return refuse_method(request, "POST")
        obj = self.get_visible(request, object_id)
        if extra.is_atomic:
            return self.carry_out(request, obj, lambda: extra.press(self, request, obj))
        try:
            return extra.press(self, request, obj)
        except DomainError as error:
            return self.answer_error(request, obj, error)

    def object_buttons(self, request: HttpRequest, obj: Engine) -> list[Button]:
        principal = get_principal(request)
        built = (extra.build(principal, obj, self.url_of(obj, extra.slug)) for extra in list_extras())
        extras = [button for button in built if button is not None]
        if not can_manage_engine(principal, obj) or obj.retired_at is not None:
            return extras
        hint = "Its agents wait: no request of it is taken in or answered until somebody resumes it."
        pause = Button(self.url_of(obj, "pause"), "Pause", hint=hint)
        return [
            pause if obj.is_enabled else Button(self.url_of(obj, "resume"), "Resume", "ok"),
            Button(self.url_of(obj, "change-access"), "Change address or password…"),
            *extras,
            Button(self.url_of(obj, "retire"), "Retire…", "bad"),
        ]

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

    def change_access(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """First the form, then the look at the engine and the change; the look is in no transaction."""
        if request.method != "POST":
            return refuse_method(request, "POST")
        obj, principal = self.get_visible(request, object_id), get_principal(request)
        try:
            refuse_strangers(principal=principal, engine=obj)
            if not is_confirmed(request):
                return self.show_access_form(request, obj, AccessForm.of(obj))
            form = AccessForm(request.POST)
            if not form.is_valid():
                return self.show_access_form(request, obj, form, status=400)
            look = change_access_as(principal=principal, engine=obj, **form.wishes())
        except Invalid as error:
            form.add_error(str(error.facts.get("field") or "") or None, error.message)
            return self.show_access_form(request, obj, form, status=error.status)
        except DomainError as error:
            return self.answer_error(request, obj, error)
        messages.success(request, f"{obj} answered (version {look.version}); the relay connects anew.")
        for warning in look.warnings:
            messages.warning(request, warning)
        return self.redirect_to(obj)

    def show_access_form(
        self, request: HttpRequest, obj: Engine, form: AccessForm, status: int = 200
    ) -> HttpResponse:
        return show_confirmation(
            self,
            request,
            obj,
            title=f"Change how {obj} is reached",
            sentences=[
                "The engine is asked first: nothing is saved unless it answers there and lets us in.",
                "What waits goes on waiting; what the new address does not know is closed.",
            ],
            label="Check and save",
            form=form,
            status=status,
        )

    @post_action
    def retire(self, request: HttpRequest, obj: Engine) -> HttpResponse:
        if is_confirmed(request):
            retire_engine_as(principal=get_principal(request), engine=obj)
            messages.success(request, f"{obj} is retired.")
            return self.redirect_to(obj)
        refuse_strangers(principal=get_principal(request), engine=obj)
        return show_confirmation(
            self,
            request,
            obj,
            title=f"Retire {obj}",
            sentences=[
                "No request of it is taken in or answered any more. Agents that wait in it go on waiting.",
                *describe_retirement(obj),
                "Its history stays. It can't be undone: to use the server again, connect it anew.",
            ],
            label="Retire for good",
            tone="bad",
        )
