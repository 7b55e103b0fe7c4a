"""What a request's address was about, without what was in it: for labels and access lines."""

from __future__ import annotations

import re
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import ResolverMatch

from events.masking import MASK

# Answered before Django resolves addresses.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
STATIC = "static"
UNMATCHED = "unmatched"
SECRET_PARTS = re.compile(r"secret|token|ticket|key|signature")

CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
NAMED_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()\\]|\\.)*\)")


def describe_route(request: HttpRequest) -> str:
    """`/api/v1/engines/<pk>/`; one of few words where no route matched, so that labels stay few."""
    match = request.resolver_match
    if match is not None:
        return simplify(match.route or "")
    if request.path_info in PROBES:
        return request.path_info
    return STATIC if request.path_info.startswith(settings.STATIC_URL) else UNMATCHED


@lru_cache(maxsize=1024)
def simplify(route: str) -> str:
    """A route's template, be it written with converters or as a regular expression."""
    named = NAMED_GROUP.sub(r"<\1>", route)
    return "/" + CONVERTER.sub(r"<\1>", named).replace("^", "").replace("$", "").replace(r"\Z", "")


def describe_path(request: HttpRequest) -> str:
    """The path without its query, and without the parts of it that let somebody in."""
    match: ResolverMatch | None = request.resolver_match
    path = request.path
    for name, value in match.kwargs.items() if match is not None else ():
        if SECRET_PARTS.search(name) and isinstance(value, str) and value:
            path = path.replace(value, MASK)
    return path
