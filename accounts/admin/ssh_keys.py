"""SSH keys: everybody's own, with everything one does to them; owners see and end everybody's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action, recent_post_action
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.display import Pill, format_moment, render_age, render_code, render_pill
from accounts.admin.forms import SshKeyChangeForm, SshKeyForm, require_valid
from accounts.admin.whose import WhoseFilter
from accounts.domain.ssh_keys import (
    activate_ssh_key,
    add_ssh_key,
    change_ssh_key,
    deactivate_ssh_key,
    delete_ssh_key,
)
from accounts.models import SshKey
from accounts.policies import (
    can_add_ssh_keys,
    can_change_ssh_key,
    can_end_ssh_key,
    can_manage_users,
    can_see_ssh_key,
)
from accounts.principal import Principal
from accounts.queries import list_sandbox_teams, list_ssh_keys


def describe_key_state(key: SshKey) -> Pill:
    if not key.is_active:
        return Pill("deactivated", "off", "quiet")
    if key.is_expired(timezone.now()):
        return Pill("expired", "clock", "bad")
    return Pill("active", "check", "ok")


@admin.register(SshKey)
class SshKeyAdmin(PortalModelAdmin):
    subject_kind = "ssh_key"
    singular = "SSH key"
    plural = "SSH keys"
    list_name = "SSH keys"
    change_form_template = "admin/accounts/sshkey/change_form.html"
    empty_text = "No key yet. With one you log in to the sandbox of each team that lets you."
    list_filter = (WhoseFilter,)
    ordering = ("-created_at", "-id")
    sortable_by = ()
    # A key lets somebody in, as a secret does.
    adds_secret = True
    list_description = (
        "With these keys you log in to the sandboxes of your teams, where a team's admin gave you SSH. "
        "A key you don't know? Delete it and change your password."
    )
    fieldsets = (
        (None, {"fields": ("name", "state", "whose", "opens")}),
        ("Key", {"fields": ("kind", "fingerprint_code", "line")}),
        ("Times", {"fields": ("expires", "last_used", "created")}),
    )

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        whose = ("whose",) if can_manage_users(get_principal(request)) else ()
        return ("name", "state", *whose, "kind", "fingerprint_code", "last_used", "expires")

    def list_visible(self, principal: Principal) -> QuerySet[SshKey]:
        return list_ssh_keys(principal)

    def can_see(self, principal: Principal, obj: SshKey) -> bool:
        return can_see_ssh_key(principal, obj)

    def can_add(self, principal: Principal) -> bool:
        return can_add_ssh_keys(principal)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="state")
    def state(self, key: SshKey) -> SafeString:
        return render_pill(describe_key_state(key))

    @admin.display(description="person")
    def whose(self, key: SshKey) -> str:
        return str(key.user)

    @admin.display(description="opens the sandbox of")
    def opens(self, key: SshKey) -> str:
        if not key.is_active or key.is_expired(timezone.now()):
            return f"none: it is {describe_key_state(key).word}"
        teams = ", ".join(team.name for team in list_sandbox_teams(key.user).order_by("name"))
        return teams or "no team yet: a team's admin gives SSH on the team's page"

    @admin.display(description="kind")
    def kind(self, key: SshKey) -> str:
        return f"{key.key_type}, {key.bits} bits"

    @admin.display(description="fingerprint")
    def fingerprint_code(self, key: SshKey) -> SafeString:
        return render_code(key.fingerprint)

    @admin.display(description="public key")
    def line(self, key: SshKey) -> SafeString:
        return render_code(key.public_key)

    @admin.display(description="expires")
    def expires(self, key: SshKey) -> str:
        return format_moment(key.expires_at) if key.expires_at else "never"

    @admin.display(description="last used")
    def last_used(self, key: SshKey) -> SafeString:
        return render_age(key.last_used_at)

    @admin.display(description="added")
    def created(self, key: SshKey) -> str:
        return format_moment(key.created_at)

    # Adding ---------------------------------------------------------------------------------------

    def make_add_form(self, request: HttpRequest) -> forms.Form:
        return SshKeyForm(request.POST) if request.method == "POST" else SshKeyForm()

    def submit_add_form(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        if not isinstance(form, SshKeyForm):
            raise TypeError("a key is read from an SshKeyForm")
        values = form.cleaned_data
        key = add_ssh_key(
            principal=get_principal(request),
            public_key=values["public_key"],
            name=values["name"],
            expires_at=form.expires_at,
        )
        messages.success(request, f"The key {key.name} is added. Compare its fingerprint with your own.")
        return HttpResponseRedirect(self.url_of(key))

    # The key's page -------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: SshKey) -> dict[str, Any]:
        can_change = can_change_ssh_key(get_principal(request), obj)
        return {"form": SshKeyChangeForm(initial={"name": obj.name}) if can_change else None}

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("<path:object_id>/save/", self.save),
            self.action_path("<path:object_id>/activate/", self.activate),
            self.action_path("<path:object_id>/deactivate/", self.deactivate),
            self.action_path("<path:object_id>/drop/", self.drop),
        ]

    def object_buttons(self, request: HttpRequest, obj: SshKey) -> list[Button]:
        principal, buttons = get_principal(request), []
        if not obj.is_active and can_change_ssh_key(principal, obj):
            buttons.append(Button(self.url_of(obj, "activate"), "Take back", hint="It lets you in again."))
        if can_end_ssh_key(principal, obj):
            if obj.is_active:
                hint = "It lets nobody in until it is taken back."
                buttons.append(Button(self.url_of(obj, "deactivate"), "Deactivate", hint=hint))
            buttons.append(Button(self.url_of(obj, "drop"), "Delete…", "bad"))
        return buttons

    @recent_post_action
    def save(self, request: HttpRequest, obj: SshKey) -> HttpResponse:
        form = SshKeyChangeForm(request.POST)
        require_valid(form)
        change_ssh_key(principal=get_principal(request), key_id=obj.pk, values=form.wishes())
        messages.success(request, "The key is saved.")
        return self.redirect_to(obj)

    @recent_post_action
    def activate(self, request: HttpRequest, obj: SshKey) -> HttpResponse:
        activate_ssh_key(principal=get_principal(request), key_id=obj.pk)
        messages.success(request, f"The key {obj.name} lets you in again.")
        return self.redirect_to(obj)

    @post_action
    def deactivate(self, request: HttpRequest, obj: SshKey) -> HttpResponse:
        deactivate_ssh_key(principal=get_principal(request), key_id=obj.pk)
        messages.success(request, f"The key {obj.name} lets nobody in from now on.")
        return self.redirect_to(obj)

    @post_action
    def drop(self, request: HttpRequest, obj: SshKey) -> HttpResponse:
        if is_confirmed(request):
            delete_ssh_key(principal=get_principal(request), key_id=obj.pk)
            messages.success(request, f"The key {obj.name} is deleted.")
            return HttpResponseRedirect(self.list_url())
        return show_confirmation(
            self,
            request,
            obj,
            title=f"Delete the key {obj.name}",
            sentences=[
                "It lets nobody in from now on, and its text is gone; the audit chain keeps its fingerprint.",
                "Who is logged in already stays so until they log out.",
            ],
            label="Delete",
            tone="bad",
        )
