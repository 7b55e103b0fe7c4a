"""Where people are logged in, with a button to end it; for owners everybody's logins, and the login locks."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, perform, post_action, refuse_method
from accounts.admin.display import Pill, format_moment, render_age, render_pill
from accounts.admin.whose import WhoseFilter
from accounts.domain.login_sessions import digest_of, end_session, end_sessions_as
from accounts.domain.login_throttles import clear_lock_as
from accounts.enums import ThrottleKind
from accounts.models import LoginSession, LoginThrottle
from accounts.policies import can_manage_users, can_see_login, can_see_login_lock
from accounts.principal import Principal
from accounts.queries import list_logins


@admin.register(LoginSession)
class LoginSessionAdmin(PortalModelAdmin):
    subject_kind = "login_session"
    singular = "login"
    plural = "logins"
    list_name = "Where you are logged in"
    change_list_template = "admin/accounts/loginsession/change_list.html"
    list_display = ("device", "from_address", "since", "last_seen", "end_button")
    list_filter = (WhoseFilter,)
    ordering = ("-last_seen_at", "-id")
    sortable_by = ()
    list_description = (
        "A login you don't know? Log it out and change your password. "
        "Last seen is known to about five minutes."
    )
    empty_text = "Nobody is logged in."
    fieldsets = ((None, {"fields": ("device", "whose", "from_address", "since", "last_seen", "ends")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoginSession]:
        """Cells know no request: the row of this very login says so itself."""
        is_this = Case(When(digest=digest_of(request), then=Value(True)), default=Value(False))
        return super().get_queryset(request).annotate(is_this=is_this)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        whose = ("whose",) if can_manage_users(get_principal(request)) else ()
        return ("device", *whose, "from_address", "since", "last_seen", "end_button")

    def list_visible(self, principal: Principal) -> QuerySet[LoginSession]:
        return list_logins(principal)

    def can_see(self, principal: Principal, obj: LoginSession) -> bool:
        return can_see_login(principal, obj) and list_logins(principal).filter(pk=obj.pk).exists()

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="device")
    def device(self, login: LoginSession) -> SafeString:
        words = login.browser[:1].upper() + login.browser[1:]
        if login.is_this:  # type: ignore[attr-defined]  # annotated
            return format_html("{} {}", words, render_pill(Pill("here", "check", "ok")))
        return format_html("{}", words)

    @admin.display(description="person")
    def whose(self, login: LoginSession) -> str:
        return str(login.user)

    @admin.display(description="address")
    def from_address(self, login: LoginSession) -> str:
        return login.address or "unknown"

    @admin.display(description="since")
    def since(self, login: LoginSession) -> SafeString:
        return render_age(login.created_at)

    @admin.display(description="last seen")
    def last_seen(self, login: LoginSession) -> SafeString:
        return render_age(login.last_seen_at)

    @admin.display(description="ends at the latest")
    def ends(self, login: LoginSession) -> str:
        return format_moment(login.expires_at)

    @admin.display(description="act")
    def end_button(self, login: LoginSession) -> SafeString:
        """Posts the list's form, which carries the token."""
        return format_html(
            '<button class="btn bad small" formaction="{}" aria-label="Log out {}">Log out</button>',
            self.url_of(login, "end"),
            f"{login.browser} at {login.address}",
        )

    # Buttons --------------------------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        others = self.admin_site.admin_view(self.end_others)
        return [
            path("end-others/", others, name="accounts_loginsession_end-others"),
            self.action_path("<path:object_id>/end/", self.end),
        ]

    def object_buttons(self, request: HttpRequest, obj: LoginSession) -> list[Button]:
        return [
            Button(self.url_of(obj, "end"), "Log out", "bad", "Its pages and live connections end at once.")
        ]

    @post_action
    def end(self, request: HttpRequest, obj: LoginSession) -> HttpResponse:
        principal, is_this = get_principal(request), obj.digest == digest_of(request)
        end_session(principal=principal, session=obj)
        if is_this:
            return HttpResponseRedirect(reverse("admin:login"))
        messages.success(request, f"{obj} is logged out.")
        whose = "" if obj.user_id == principal.user.pk else "?whose=everybody"
        return HttpResponseRedirect(f"{self.list_url()}{whose}")

    def end_others(self, request: HttpRequest) -> HttpResponse:
        """One's own, everywhere but here."""
        if request.method != "POST":
            return refuse_method(request, "POST")
        principal = get_principal(request)
        count = perform(
            request,
            lambda: end_sessions_as(principal=principal, user=principal.user, keep=digest_of(request)),
        )
        messages.success(request, "You were logged in nowhere else." if not count else f"{count} logged out.")
        return HttpResponseRedirect(self.list_url())


@admin.register(LoginThrottle)
class LoginThrottleAdmin(PortalModelAdmin):
    subject_kind = "login_throttle"
    singular = "login lock"
    plural = "login locks"
    list_display = ("what", "account", "address_text", "count", "until")
    ordering = ("-locked_until", "-id")
    sortable_by = ()
    list_description = (
        "After too many failed logins nothing is tried for a while. A lock ends by itself; clearing it lets "
        "people try again now."
    )
    empty_text = "Nobody is locked out."
    fieldsets = ((None, {"fields": ("what", "account", "address_text", "count", "until")}),)

    def list_visible(self, principal: Principal) -> QuerySet[LoginThrottle]:
        if not can_manage_users(principal):
            return LoginThrottle.objects.none()
        return LoginThrottle.objects.filter(locked_until__gt=timezone.now()).select_related("user")

    def can_see(self, principal: Principal, obj: LoginThrottle) -> bool:
        return can_see_login_lock(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return can_manage_users(principal)

    @admin.display(description="locked")
    def what(self, throttle: LoginThrottle) -> str:
        return throttle.get_kind_display().capitalize()

    @admin.display(description="account")
    def account(self, throttle: LoginThrottle) -> str:
        if throttle.user is not None:
            return f"{throttle.user} ({throttle.user.username})"
        return "any" if throttle.kind == ThrottleKind.ADDRESS else "a name nobody has"

    @admin.display(description="address")
    def address_text(self, throttle: LoginThrottle) -> str:
        return throttle.address or ("many" if throttle.kind == ThrottleKind.ACCOUNT else "unknown")

    @admin.display(description="failed")
    def count(self, throttle: LoginThrottle) -> int:
        return throttle.failures

    @admin.display(description="until")
    def until(self, throttle: LoginThrottle) -> str:
        return format_moment(throttle.locked_until) if throttle.locked_until else "–"

    def action_urls(self) -> list[URLPattern]:
        return [self.action_path("<path:object_id>/clear/", self.clear)]

    def object_buttons(self, request: HttpRequest, obj: LoginThrottle) -> list[Button]:
        return [Button(self.url_of(obj, "clear"), "Clear", hint="Whoever it is may try again at once.")]

    @post_action
    def clear(self, request: HttpRequest, obj: LoginThrottle) -> HttpResponse:
        clear_lock_as(principal=get_principal(request), throttle=obj)
        messages.success(request, "The lock is cleared.")
        return HttpResponseRedirect(self.list_url())
