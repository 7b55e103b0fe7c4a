"""The banner over every page: what is not well, as far as whoever reads it may know."""

from __future__ import annotations

from typing import Any

from django import template

from accounts.admin.base import get_principal
from health.queries import Alarms, find_alarms

register = template.Library()


@register.inclusion_tag("health/banner.html", takes_context=True)
def health_banner(context: dict[str, Any], *, for_script: bool = False) -> dict[str, Any]:
    """Nothing for who is not inside, nor for a page that is read by a script, which leaves its banner out."""
    request = context.get("request")
    if request is None or not (context.get("has_permission") and request.user.is_authenticated):
        return {"alarms": Alarms(), "is_inside": False}
    if not for_script and "X-Countersign-Script" in request.headers:
        return {"alarms": Alarms(), "is_inside": False}
    return {"alarms": find_alarms(get_principal(request)), "is_inside": True}
