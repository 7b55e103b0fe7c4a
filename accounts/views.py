"""The one page outside the admin: a login link, which sets a password and signs in."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.domain.login_links import find_login_link, spend_login_link
from accounts.models import User
from events.actors import Actor, ActorKind, Door
from events.errors import Gone

MAX_SECRET_LENGTH = 100


@sensitive_variables("secret")
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows the form and spends nothing: mail scanners and previews open links. POST spends it.

    The address holds the secret; the site's referrer policy keeps it from other sites.
    """
    link = find_login_link(secret) if len(secret) <= MAX_SECRET_LENGTH else None
    if link is None:
        return answer_gone(request)
    form = SetPasswordForm(link.user, request.POST if request.method == "POST" else None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        return set_password_and_sign_in(request, secret, link.user, form.cleaned_data["new_password1"])
    status = 400 if request.method == "POST" else 200
    context = {"form": form, "person": link.user, "title": "Set your password"}
    return render(request, "accounts/login_link.html", context, status=status)


@sensitive_variables("secret", "password")
def set_password_and_sign_in(request: HttpRequest, secret: str, user: User, password: str) -> HttpResponse:
    actor = Actor(ActorKind.USER, user.pk, Door.ADMIN, str(user))
    try:
        user = spend_login_link(actor=actor, secret=secret, password=password)
    except Gone:
        return answer_gone(request)
    login(request, user)
    return HttpResponseRedirect(reverse("admin:index"))


def answer_gone(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/login_link_gone.html", {"title": "Link used or expired"}, status=410)
