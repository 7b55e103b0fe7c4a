"""The Content Security Policy's header, written once for all answers that take the policy as it is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class PolicyMiddleware(CSPMiddleware):
    """django-csp, which puts the same words together for each answer: a quarter of a small one's cost."""

    plain_header = ""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        if settings.DEBUG or is_special(request, response):
            return super().process_response(request, response)
        if not self.plain_header:
            self.plain_header = build_policy(**asdict(self.get_policy_parts(request, response)))
        response.headers.setdefault(HEADER, self.plain_header)
        # Who asks for a nonce from now on would get one that the header does not name.
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        return response


def is_special(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether a nonce was used, or a view has changed the policy of this answer."""
    if getattr(request, "_csp_nonce", None) is not None:
        return True
    return any(name.startswith("_csp") for name in vars(response))
