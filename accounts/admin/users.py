"""People and service accounts: owners retire people, everybody has service accounts. People are invited."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action, recent_post_action
from accounts.admin.display import Pill, format_moment, render_age, render_pill
from accounts.admin.forms import (
    NameForm,
    RetireForm,
    ServiceAccountForm,
    issue_once,
    require_valid,
    take_once,
)
from accounts.admin.tokens import describe_state
from accounts.domain.login_links import reset_password
from accounts.domain.login_sessions import digest_of, end_sessions_as
from accounts.domain.retirement import retire_user
from accounts.domain.users import create_service_account, rename_user
from accounts.models import Membership, User
from accounts.policies import (
    can_create_token_for,
    can_end_sessions_of,
    can_invite_somewhere,
    can_rename_user,
    can_reset_password,
    can_retire_user,
    can_see_user,
)
from accounts.principal import Principal
from accounts.queries import list_logins, list_teams, list_tokens, list_users

KIND_PARAMETER = "kind"
MOST_TEAM_CHIPS = 30
MOST_TOKENS = 50


class UserKindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = KIND_PARAMETER

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("person", "People"), ("service", "Service accounts"), ("retired", "Retired")]

    def queryset(self, request: Any, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() == "retired":
            return queryset.filter(is_active=False)
        if self.value() in {"person", "service"}:
            return queryset.filter(kind=self.value(), is_active=True)
        return queryset


class UserTeamFilter(admin.SimpleListFilter):
    title = "team"
    parameter_name = "team"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [(team.pk, team.name) for team in list_teams(get_principal(request))[:MOST_TEAM_CHIPS]]

    def queryset(self, request: Any, queryset: QuerySet[User]) -> QuerySet[User]:
        if not self.value():
            return queryset
        members = Membership.objects.filter(ended_at=None, team_id=self.value())
        return queryset.filter(pk__in=members.values("user"))


@admin.register(User)
class UserAdmin(PortalModelAdmin):
    subject_kind = "user"
    list_display = ("label", "username", "state", "teams", "owner_name", "last_login_age")
    list_filter = (UserKindFilter, UserTeamFilter)
    change_form_template = "admin/accounts/user/change_form.html"
    ordering = ("username",)
    sortable_by = ()
    search_fields = ("username__startswith", "name__istartswith", "=email")
    list_description = "People sign in here; service accounts are machines and come in by API token only."
    fieldsets = (
        (None, {"fields": ("username", "name", "email", "state", "owner_name")}),
        ("Access", {"fields": ("teams", "created", "last_login_age")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[User]:
        teams = Membership.objects.filter(ended_at=None, team__retired_at=None).select_related("team")
        if not principal.sees_all_teams:
            teams = teams.filter(team_id__in=principal.team_ids)
        open_memberships = Prefetch("memberships", queryset=teams, to_attr="open_memberships")
        return list_users(principal).prefetch_related(open_memberships, "owner")

    def can_see(self, principal: Principal, obj: User) -> bool:
        return can_see_user(principal, obj)

    def can_add(self, principal: Principal) -> bool:
        """Anybody here may make a service account; people are invited."""
        return True

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="name", ordering="name")
    def label(self, user: User) -> str:
        return str(user)

    @admin.display(description="state")
    def state(self, user: User) -> SafeString:
        if not user.is_active:
            return render_pill(Pill("retired", "off", "quiet"))
        if user.is_service:
            return render_pill(Pill("service account", "machine", "info"))
        if user.is_superuser:
            return render_pill(Pill("owner", "star", "accent"))
        return render_pill(Pill("person", "person", "ok"))

    @admin.display(description="teams")
    def teams(self, user: User) -> str:
        memberships: list[Membership] = user.open_memberships  # type: ignore[attr-defined]  # prefetched
        if not memberships:
            return "–"
        return format_html_join(
            ", ", "{} ({})", ((item.team.name, item.get_role_display()) for item in memberships)
        )

    @admin.display(description="answers for it")
    def owner_name(self, user: User) -> str:
        return str(user.owner) if user.owner else "–"

    @admin.display(description="last login")
    def last_login_age(self, user: User) -> SafeString:
        return render_age(user.last_login)

    @admin.display(description="created")
    def created(self, user: User) -> str:
        return format_moment(user.created_at)

    # Adding ---------------------------------------------------------------------------------------

    def make_add_form(self, request: HttpRequest) -> forms.Form:
        return ServiceAccountForm(request.POST) if request.method == "POST" else ServiceAccountForm()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().add_view(
            request, form_url, {"title": "Add a service account", **(extra_context or {})}
        )

    def submit_add_form(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        principal, values = get_principal(request), form.cleaned_data
        user = create_service_account(principal=principal, username=values["username"], name=values["name"])
        messages.success(request, "The service account exists. Give it a team, then an API token.")
        return HttpResponseRedirect(self.url_of(user))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        tools = [(reverse("admin:accounts_user_add"), "Add service account")]
        if can_invite_somewhere(get_principal(request)):
            tools.insert(0, (reverse("admin:accounts_invitation_add"), "Invite a person"))
        return super().changelist_view(request, {"tools": tools, **(extra_context or {})})

    # The user's page ------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: User) -> dict[str, Any]:
        principal = get_principal(request)
        tokens = list_tokens(principal).filter(user=obj).order_by("-created_at", "-id")[:MOST_TOKENS]
        seen = list_users(principal).filter(owner=obj).order_by("-is_active", "username")
        return {
            "can_rename": obj.is_active and can_rename_user(principal, obj),
            "name_form": NameForm(initial={"name": obj.name}),
            "services": seen,
            "tokens": [(token, describe_state(token)) for token in tokens],
            "can_create_token": obj.is_active and can_create_token_for(principal, obj),
            "shows_logins": not obj.is_service and can_end_sessions_of(principal, obj),
            "login_count": list_logins(principal).filter(user=obj).count(),
        }

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("<path:object_id>/reset-password/", self.reset_password),
            self.action_path("<path:object_id>/rename/", self.rename),
            self.action_path("<path:object_id>/end-logins/", self.end_logins),
            self.action_path("<path:object_id>/retire/", self.retire),
        ]

    def object_buttons(self, request: HttpRequest, obj: User) -> list[Button]:
        principal = get_principal(request)
        if not obj.is_active or obj == request.user:
            return []
        buttons = []
        if can_reset_password(principal, obj):
            url = f"{self.url_of(obj, 'reset-password')}?once={issue_once(request)}"
            label = "Reset password" if obj.has_usable_password() else "Make login link"
            buttons.append(
                Button(url, label, hint="Shows a one-use link. The person is logged out everywhere.")
            )
        if can_retire_user(principal, obj):
            hint = "Nobody signs in as this user any more, and its tokens end. It can't be undone."
            buttons.append(Button(self.url_of(obj, "retire"), "Retire", "bad", hint))
        return buttons

    # Buttons --------------------------------------------------------------------------------------

    @recent_post_action
    def reset_password(self, request: HttpRequest, obj: User) -> HttpResponse:
        if not take_once(request, request.GET.get("once", "")):
            messages.warning(request, "That link was made and shown already. Press the button for a new one.")
            return self.redirect_to(obj)
        made = reset_password(principal=get_principal(request), user=obj)
        path = reverse("login-link", args=[made.secret])
        return self.show_secret(
            request,
            obj,
            title=f"Login link of {obj}",
            secret=f"{settings.COUNTERSIGN_PUBLIC_URL}{path}",
            sentence="Nothing is mailed: copy the link and pass it on. It works once, within 15 minutes, and "
            "leads to setting a password.",
        )

    @post_action
    def rename(self, request: HttpRequest, obj: User) -> HttpResponse:
        values = require_valid(NameForm(request.POST))
        rename_user(principal=get_principal(request), user=obj, name=values["name"])
        messages.success(request, "The name is saved.")
        return self.redirect_to(obj)

    @post_action
    def end_logins(self, request: HttpRequest, obj: User) -> HttpResponse:
        """Everywhere but here, when it is oneself."""
        count = end_sessions_as(principal=get_principal(request), user=obj, keep=digest_of(request))
        messages.success(request, f"{obj}: {count} logged out." if count else f"{obj} was logged in nowhere.")
        return self.redirect_to(obj)

    @post_action
    def retire(self, request: HttpRequest, obj: User) -> HttpResponse:
        """Asks first what becomes of the service accounts, when there are any."""
        principal = get_principal(request)
        form = RetireForm(request.POST if "services" in request.POST else None)
        if not form.is_bound and can_retire_user(principal, obj):
            services = list(obj.service_accounts.filter(is_active=True).order_by("username"))
            if services:
                return self.ask_about_services(request, obj, form, services)
        heir = form.find_heir() if form.is_bound and require_valid(form) else None
        retire_user(principal=principal, user=obj, heir=heir)
        messages.success(request, f"{obj} is retired.")
        return self.redirect_to(obj)

    def ask_about_services(
        self, request: HttpRequest, obj: User, form: RetireForm, services: list[User]
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            **self.names(),
            "title": f"Retire {obj}",
            "object": obj,
            "form": form,
            "services": services,
            "action": self.url_of(obj, "retire"),
            "back_url": self.url_of(obj),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/accounts/user/retire.html", context)

    def show_secret(
        self, request: HttpRequest, obj: User, *, title: str, secret: str, sentence: str
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "secret": secret,
            "sentence": sentence,
            "back_url": self.url_of(obj),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/secret_once.html", context)
