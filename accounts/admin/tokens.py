"""API tokens: made here, in a session, shown once, revoked with one button."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action
from accounts.admin.display import Pill, format_moment, render_age, render_code, render_pill
from accounts.admin.forms import TokenForm, describe_scopes
from accounts.domain.tokens import TOKEN_PREFIX, create_token_as, revoke_token
from accounts.enums import UserKind
from accounts.models import ApiToken, User
from accounts.policies import can_manage_token
from accounts.principal import Principal
from accounts.queries import list_tokens


def describe_state(token: ApiToken) -> Pill:
    if token.revoked_at is not None:
        return Pill("revoked", "off", "bad")
    if not token.is_valid(timezone.now()):
        return Pill("expired", "clock", "quiet")
    return Pill("valid", "check", "ok")


@admin.register(ApiToken)
class ApiTokenAdmin(PortalModelAdmin):
    subject_kind = "api_token"
    singular = "API token"
    plural = "API tokens"
    empty_text = "No token yet. A program needs one to ask, to wait for the answer, or to follow events."
    list_display = ("name", "state", "user_name", "prefix_code", "scope_list", "last_used", "expires")
    adds_secret = True
    ordering = ("-created_at", "-id")
    sortable_by = ()
    list_description = (
        "What programs come in with. A token acts as its user, within its scopes, until it expires."
    )
    fieldsets = (
        (None, {"fields": ("name", "state", "user_name", "prefix_code")}),
        ("Reach", {"fields": ("scope_list", "expires", "last_used", "created")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[ApiToken]:
        return list_tokens(principal)

    def can_see(self, principal: Principal, obj: ApiToken) -> bool:
        return can_manage_token(principal, obj)

    def can_add(self, principal: Principal) -> bool:
        return True

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="state")
    def state(self, token: ApiToken) -> SafeString:
        return render_pill(describe_state(token))

    @admin.display(description="for")
    def user_name(self, token: ApiToken) -> str:
        return str(token.user)

    @admin.display(description="begins with")
    def prefix_code(self, token: ApiToken) -> SafeString:
        return render_code(f"{TOKEN_PREFIX}{token.prefix}_…")

    @admin.display(description="scopes")
    def scope_list(self, token: ApiToken) -> str:
        return describe_scopes(token)

    @admin.display(description="last used")
    def last_used(self, token: ApiToken) -> SafeString:
        return render_age(token.last_used_at)

    @admin.display(description="expires")
    def expires(self, token: ApiToken) -> str:
        return format_moment(token.expires_at)

    @admin.display(description="created")
    def created(self, token: ApiToken) -> str:
        return format_moment(token.created_at)

    # Adding ---------------------------------------------------------------------------------------

    def make_add_form(self, request: HttpRequest) -> forms.Form:
        me = get_principal(request).user
        services = Q(kind=UserKind.SERVICE) if me.is_superuser else Q(owner=me)
        users = User.objects.filter(Q(pk=me.pk) | services, is_active=True).order_by("kind", "username")
        data = request.POST if request.method == "POST" else None
        return TokenForm(data, request=request, users=users, initial={"user": request.GET.get("for", me.pk)})

    def submit_add_form(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        if not isinstance(form, TokenForm):
            raise TypeError("a token is made from a TokenForm")
        if form.is_spent:
            messages.warning(request, "That token was made already; its secret is not shown again.")
            return HttpResponseRedirect(self.list_url())
        values = form.cleaned_data
        made = create_token_as(
            principal=get_principal(request),
            user=values["user"],
            name=values["name"],
            scopes=values["scopes"],
            expires_at=form.expires_at,
        )
        form.spend()
        context = {
            **self.admin_site.each_context(request),
            "title": f"The token {made.token.name}",
            "secret": made.secret,
            "sentence": "Copy it now: it is stored only as a digest and can't be shown again.",
            "back_url": self.url_of(made.token),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/secret_once.html", context)

    # Buttons --------------------------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        return [self.action_path("<path:object_id>/revoke/", self.revoke)]

    def object_buttons(self, request: HttpRequest, obj: ApiToken) -> list[Button]:
        if obj.revoked_at is not None:
            return []
        hint = "Whoever uses it is locked out at once. It can't be undone."
        return [Button(self.url_of(obj, "revoke"), "Revoke", "bad", hint)]

    @post_action
    def revoke(self, request: HttpRequest, obj: ApiToken) -> HttpResponse:
        revoke_token(principal=get_principal(request), token=obj)
        messages.success(request, f"The token {obj.name} is revoked.")
        return self.redirect_to(obj)
