"""A password asked for again: before a high risk is approved and before a secret is made or shown.

The rule is the domain's: `require_recent_login(principal)`. The admin's pages ask beforehand with
`ask_for_password(request)`, which loses nothing: on a GET it leads to a page that comes back, on a POST it
answers a page that carries the fields along and sends them again with the password.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.debug import sensitive_variables

from accounts.domain.recent_login import require_recent_login
from accounts.password_checks import TooManyAttempts, check_password_of
from accounts.principal import RECENT_LOGIN, is_recent_login

SESSION_KEY = "_countersign_password_at"
PASSWORD_FIELD = "_password_again"  # noqa: S105 - a field's name
NOT_KEPT = frozenset({PASSWORD_FIELD, "_username", "csrfmiddlewaretoken"})
WRONG = "That is not your password."

__all__ = [
    "RECENT_LOGIN",
    "ask_for_password",
    "note_password_check",
    "read_password_check",
    "require_recent_login",
]


def note_password_check(request: HttpRequest) -> None:
    """The person behind this session has just shown who they are."""
    request.session[SESSION_KEY] = int(timezone.now().timestamp())


def read_password_check(request: HttpRequest) -> datetime | None:
    """When this session last saw a password or a login link; None when it never did."""
    moment = request.session.get(SESSION_KEY) if hasattr(request, "session") else None
    return datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else None


def ask_for_password(request: HttpRequest) -> HttpResponse | None:
    """None when the login is recent (or has just become so); else the answer that asks for the password.

    Call it outside `changes()`: checking a password takes a quarter of a second.
    """
    if is_recent_login(read_password_check(request)):
        return None
    if request.method != "POST":
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse('admin:reauthenticate')}?{query}")
    if PASSWORD_FIELD not in request.POST:
        return render_question(request)
    return check_again(request)


@sensitive_variables()
def check_again(request: HttpRequest) -> HttpResponse | None:
    """Check the password of a form that `render_question` made; None when it is right."""
    try:
        is_right = check_password_of(request, request.POST.get(PASSWORD_FIELD, ""))
    except TooManyAttempts as error:
        return render_question(request, error.message, status=429, retry_after_s=error.retry_after_s)
    if not is_right:
        return render_question(request, WRONG)
    note_password_check(request)
    return None


def render_question(
    request: HttpRequest, sentence: str = "", *, status: int = 403, retry_after_s: int = 0, **context: Any
) -> HttpResponse:
    """The page that asks. The fields of a POST stand in it, hidden; the password never does."""
    kept = [
        (name, value) for name, values in request.POST.lists() if name not in NOT_KEPT for value in values
    ]
    response = render(
        request,
        "accounts/reauthenticate.html",
        {
            **admin.site.each_context(request),
            "title": "Enter your password again",
            "sentence": sentence,
            "kept": kept,
            "action": request.get_full_path(),
            "back_url": read_way_back(request),
            **context,
        },
        status=status,
    )
    if retry_after_s:
        response.headers["Retry-After"] = str(retry_after_s)
    response.headers["Cache-Control"] = "no-store"
    return response


def read_way_back(request: HttpRequest) -> str:
    """The page of ours that one came from."""
    referrer = request.headers.get("Referer", "")
    return referrer if is_own_address(request, referrer) else reverse("admin:index")


def is_own_address(request: HttpRequest, target: str) -> bool:
    return url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
