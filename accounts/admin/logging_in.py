"""The forms and pages around logging in: the login form, the password asked for again, a new password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse, reverse_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from accounts.domain.login_sessions import digest_of, end_sessions, follow_renewed_key
from accounts.domain.users import set_password
from accounts.models import User
from accounts.password_checks import TooManyAttempts, check_password, check_password_of
from accounts.reauthentication import check_again, is_own_address, note_password_check, render_question
from events.actors import Actor, ActorKind, Door
from events.changes import changes


class ThrottledForm(forms.Form):
    """`locked` is set when the password was not looked at because too many had failed."""

    locked: TooManyAttempts | None = None

    def note_lock(self, error: TooManyAttempts) -> ValidationError:
        self.locked = error
        return ValidationError(error.message)


class LoginForm(AdminAuthenticationForm, ThrottledForm):
    """Django's form; the check is counted first."""

    error_messages = {
        "invalid_login": "This username and password don't fit together.",
        "no_team": "You belong to no team yet, so there is nothing here for you: ask a team's admin.",
    }

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username and password:
            try:
                self.user_cache = check_password(self.get_request(), username, password)
            except TooManyAttempts as error:
                raise self.note_lock(error) from error
            if self.user_cache is None:
                raise ValidationError(self.error_messages["invalid_login"])
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data

    def get_request(self) -> HttpRequest:
        if self.request is None:
            raise TypeError("the address that a login comes from is read from its request")
        return self.request

    def confirm_login_allowed(self, user: Any) -> None:
        """Said to nobody who does not know the password."""
        if user.is_service:
            raise ValidationError(self.error_messages["invalid_login"])
        if not user.is_staff:
            raise ValidationError(self.error_messages["no_team"])


class OwnPasswordForm(PasswordChangeForm, ThrottledForm):
    """The old password is checked like a login; the new one is stored by the domain."""

    def __init__(self, user: User, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(user, *args, **{"label_suffix": "", **kwargs})
        self.request = request

    @sensitive_variables("old_password")
    def clean_old_password(self) -> str:
        old_password: str = self.cleaned_data["old_password"]
        try:
            is_right = check_password_of(self.request, old_password)
        except TooManyAttempts as error:
            raise self.note_lock(error) from error
        if not is_right:
            raise ValidationError(self.error_messages["password_incorrect"])
        return old_password

    def save(self, commit: bool = True) -> Any:
        """Every other login of the person ends with the old password."""
        actor = Actor(ActorKind.USER, self.user.pk, Door.ADMIN, str(self.user))
        with changes(actor):
            set_password(actor=actor, user=self.user, password=self.cleaned_data["new_password1"])
            end_sessions(actor=actor, user=self.user, keep=digest_of(self.request))
        return self.user


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        digest = digest_of(self.request)
        # Gives the session a new key.
        response = super().form_valid(form)
        follow_renewed_key(self.request, digest)
        note_password_check(self.request)
        return response


def mark_lock(response: HttpResponseBase) -> HttpResponseBase:
    """A page whose form was not looked at is 429, with the time to wait."""
    form = (getattr(response, "context_data", None) or {}).get("form")
    locked = getattr(form, "locked", None)
    # Forms are read when the page is made: the view has validated this one already.
    if locked is not None:
        response.status_code = locked.status
        response.headers["Retry-After"] = str(locked.retry_after_s)
    return response


@sensitive_post_parameters()
def reauthenticate(request: HttpRequest) -> HttpResponse:
    """The page that asks for the password before another page is opened, and leads there."""
    target = request.POST.get("next", request.GET.get("next", ""))
    if not is_own_address(request, target):
        target = reverse("admin:index")
    if request.method == "POST":
        asked = check_again(request)
        return asked or HttpResponseRedirect(target)
    return render_question(request, status=200, kept=[("next", target)])
