"""Which scope a token needs for which action."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.api.authentication import principal_of
from events.errors import Refused
from events.refusals import record_refusal

ANY_TOKEN: tuple[str, ...] = ()


class HasScope(BasePermission):
    """Reads the view's `scopes`: {action or lower-case method: scopes, of which one is enough}.

    An action that is not named there fails: a new endpoint has to say what it needs. Rights that depend on
    the object stay in `policies`.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        action = find_action(request, view)
        if action is None:
            return True  # no such method here: answered 405 next
        wanted: tuple[str, ...] = view.scopes[action]
        principal = principal_of(request)
        if not wanted or any(principal.has_scope(scope) for scope in wanted):
            return True
        refusal = Refused(
            f"This token lacks the scope {' or '.join(wanted)}.", code="missing_scope", scopes=list(wanted)
        )
        record_refusal(principal.actor, refusal)
        raise refusal


def find_action(request: Request, view: Any) -> str | None:
    """The viewset's action, or the method of a plain view; None when the view has no such method."""
    method = (request.method or "").lower()
    if method not in view.http_method_names:
        return None
    if hasattr(view, "action_map"):
        action: str | None = view.action
        return action
    method = "get" if method == "head" else method
    return method if hasattr(view, method) else None
