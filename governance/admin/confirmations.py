"""What a form of the request's page has asked the person, beyond the press of its button."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.admin.base import get_principal
from accounts.admin.opened import FIELD, require_read
from events.errors import Invalid
from governance.domain.reading import find_confirmation_word
from governance.enums import Confirmation, Risk
from governance.models import PermissionRequest
from governance.policies import can_decide


def require_page_read(request: HttpRequest, asked: PermissionRequest) -> None:
    user = get_principal(request).user
    require_read(request.POST.get(FIELD, ""), subject_id=asked.pk, user_id=user.pk)


def read_confirmations(request: HttpRequest, asked: PermissionRequest) -> set[Confirmation]:
    """What this form has asked the person; raises Invalid for a wrong word."""
    confirmed = {Confirmation.PAUSE} if request.POST.get("pause") == "yes" else set()
    principal = get_principal(request)
    if asked.is_pending and asked.is_sealed and asked.risk == Risk.HIGH and can_decide(principal, asked):
        word = find_confirmation_word(principal=principal, request=asked)
        if request.POST.get("confirmation", "").strip().casefold() != word.casefold():
            raise Invalid(f"To approve what is of high risk, type {word}.", field="confirmation")
        confirmed.add(Confirmation.HIGH_RISK)
    return confirmed


def read_typed(request: HttpRequest, name: str) -> str:
    """What was typed; browsers send line breaks of forms as CR LF, which no agent wants to read."""
    return request.POST.get(name, "").replace("\r\n", "\n")
