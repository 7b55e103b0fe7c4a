"""A page between a button and its act: what will happen, perhaps a form, and the button that does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.admin.base import PortalModelAdmin

CONFIRMED = "1"


def is_confirmed(request: HttpRequest) -> bool:
    """Whether this POST comes from the page itself; the first one only opens it."""
    return request.POST.get("confirm") == CONFIRMED


def show_confirmation(
    model_admin: PortalModelAdmin,
    request: HttpRequest,
    obj: Any,
    *,
    title: str,
    sentences: Sequence[str],
    label: str,
    tone: str = "primary",
    form: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    """Posts back to its own address with `confirm`; `label` and `tone` are the button's."""
    context = {
        **model_admin.admin_site.each_context(request),
        **model_admin.names(),
        "title": title,
        "sentences": sentences,
        "label": label,
        "tone": tone,
        "form": form,
        "confirmed": CONFIRMED,
        "object": obj,
        "back_url": model_admin.url_of(obj),
        "opts": model_admin.opts,
    }
    return TemplateResponse(request, "admin/confirm.html", context, status=status)
