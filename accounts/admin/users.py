"""People and service accounts: owners create and retire people, everybody has service accounts."""

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

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action
from accounts.admin.display import Pill, format_moment, render_age, render_pill
from accounts.admin.forms import PersonForm, ServiceAccountForm, issue_once, take_once
from accounts.domain.login_links import create_login_link_as
from accounts.domain.users import create_service_account, create_user_as, retire_user
from accounts.models import Membership, User
from accounts.policies import can_manage_users, can_see_user
from accounts.principal import Principal
from accounts.queries import list_users

KIND_PARAMETER = "kind"


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


@admin.register(User)
class UserAdmin(PortalModelAdmin):
    subject_kind = "user"
    list_display = ("label", "username", "state", "teams", "owner_name", "last_login_age")
    list_filter = (UserKindFilter,)
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
        """Anybody here may make a service account; the form for people is the owners'."""
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

    def is_for_service(self, request: HttpRequest) -> bool:
        asked_for_person = request.GET.get(KIND_PARAMETER) == "person"
        return not (asked_for_person and can_manage_users(get_principal(request)))

    def make_add_form(self, request: HttpRequest) -> forms.Form:
        form = ServiceAccountForm if self.is_for_service(request) else PersonForm
        return form(request.POST) if request.method == "POST" else form()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = "Add a service account" if self.is_for_service(request) else "Add a person"
        return super().add_view(request, form_url, {"title": title, **(extra_context or {})})

    def submit_add_form(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        principal, values = get_principal(request), form.cleaned_data
        if self.is_for_service(request):
            user = create_service_account(
                principal=principal, username=values["username"], name=values["name"]
            )
            messages.success(request, "The service account exists. Give it a team, then an API token.")
        else:
            user = create_user_as(
                principal=principal, username=values["username"], name=values["name"], email=values["email"]
            )
            messages.success(request, "The person exists. Add them to a team, then make a login link.")
        return HttpResponseRedirect(self.url_of(user))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        add = reverse("admin:accounts_user_add")
        tools = [(f"{add}?{KIND_PARAMETER}=service", "Add service account")]
        if can_manage_users(get_principal(request)):
            tools.insert(0, (f"{add}?{KIND_PARAMETER}=person", "Add person"))
        return super().changelist_view(request, {"tools": tools, **(extra_context or {})})

    # Buttons --------------------------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("<path:object_id>/login-link/", self.make_login_link),
            self.action_path("<path:object_id>/retire/", self.retire),
        ]

    def object_buttons(self, request: HttpRequest, obj: User) -> list[Button]:
        principal = get_principal(request)
        if not obj.is_active or obj == request.user:
            return []
        buttons = []
        if can_manage_users(principal) and not obj.is_service:
            url = f"{self.url_of(obj, 'login-link')}?once={issue_once(request)}"
            buttons.append(Button(url, "Make login link", hint="Earlier unused links of this person end."))
        if can_manage_users(principal) or obj.owner_id == principal.user.pk:
            hint = "Nobody signs in as this user any more, and its tokens end. It can't be undone."
            buttons.append(Button(self.url_of(obj, "retire"), "Retire", "bad", hint))
        return buttons

    @post_action
    def make_login_link(self, request: HttpRequest, obj: User) -> HttpResponse:
        if not take_once(request, request.GET.get("once", "")):
            messages.warning(request, "That link was made and shown already. Press the button for a new one.")
            return self.redirect_to(obj)
        made = create_login_link_as(principal=get_principal(request), user=obj)
        path = reverse("login-link", args=[made.secret])
        return self.show_secret(
            request,
            obj,
            title=f"Login link of {obj}",
            secret=f"{settings.COUNTERSIGN_PUBLIC_URL}{path}",
            sentence="It works once, within 15 minutes, and leads to setting a password.",
        )

    @post_action
    def retire(self, request: HttpRequest, obj: User) -> HttpResponse:
        retire_user(principal=get_principal(request), user=obj)
        messages.success(request, f"{obj} is retired.")
        return self.redirect_to(obj)

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
