"""Deciding by a form, wherever it stands: on the request's page, in a row of the inbox, in a chat.

Each returns the sentence that says what became of it; what the domain refuses is raised.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from accounts.admin.base import get_principal
from accounts.reauthentication import ask_for_password
from events.errors import Conflict
from governance.admin.confirmations import read_confirmations, read_typed, require_page_read
from governance.admin.outcomes import describe_approval, describe_denial
from governance.admin.rows import acts_from_list
from governance.domain.decide import approve_request, deny_request
from governance.enums import Confirmation
from governance.models import PermissionRequest

# What a short form can't do, but the request's page can.
NEEDS_PAGE = frozenset({"not_shown_whole", "confirmation_needed", "pause_needed"})


class NotShownWhole(Conflict):
    """The list did not show everything that would be approved."""

    default_code = "not_shown_whole"


def check_approval(
    request: HttpRequest, asked: PermissionRequest
) -> tuple[set[Confirmation], HttpResponse | None]:
    """What the form has asked the person, and the page that asks for their password, if it is needed.

    Before the transaction begins: nothing waits for a password check. Raises NotRead or Invalid.
    """
    require_page_read(request, asked)
    confirmed = read_confirmations(request, asked)
    return confirmed, ask_for_password(request) if Confirmation.HIGH_RISK in confirmed else None


def approve_as_read(request: HttpRequest, asked: PermissionRequest, confirmed: set[Confirmation]) -> str:
    """By a form that stands below the whole content."""
    outcome = approve_request(
        principal=get_principal(request),
        request_id=asked.pk,
        fingerprint=request.POST.get("fingerprint", ""),
        reason=read_typed(request, "reason"),
        confirmed=confirmed,
    )
    return describe_approval(outcome)


def deny_as_read(request: HttpRequest, asked: PermissionRequest) -> str:
    require_page_read(request, asked)
    outcome = deny_request(
        principal=get_principal(request),
        request_id=asked.pk,
        fingerprint=request.POST.get("fingerprint", ""),
        reason=read_typed(request, "reason"),
    )
    return describe_denial(outcome)


def approve_as_listed(request: HttpRequest, asked: PermissionRequest, fingerprint: str) -> str:
    """By a button beside the summary: only where that shows everything."""
    if asked.is_pending and not acts_from_list(asked):
        raise NotShownWhole("The list does not show all of it. Read it here, then decide.")
    outcome = approve_request(principal=get_principal(request), request_id=asked.pk, fingerprint=fingerprint)
    return describe_approval(outcome)


def deny_as_listed(request: HttpRequest, asked: PermissionRequest, fingerprint: str) -> str:
    outcome = deny_request(principal=get_principal(request), request_id=asked.pk, fingerprint=fingerprint)
    return describe_denial(outcome)
