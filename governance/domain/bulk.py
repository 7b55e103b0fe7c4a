"""Deciding many requests at once. Each goes through the same verb as alone, in a transaction of its own.

Call these outside of `changes()`: inside, the whole bulk would be one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from accounts.principal import Principal
from events.errors import Conflict, DomainError, Invalid
from events.text import read_lines
from governance.domain.decide import (
    MAX_REASON_LENGTH,
    Outcome,
    approve_request,
    deny_request,
    explain_conflict,
)
from governance.enums import Confirmation, Risk
from governance.models import PermissionRequest
from governance.policies import explain_not_deciding
from governance.queries import find_my_votes, get_request

MAX_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """One request of a bulk, with the fingerprint that was shown."""

    request_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of one of them. `code` is "decided", "voted" (it waits for more), or the error's."""

    request_id: str
    code: str
    sentence: str
    is_done: bool


def deny_requests(*, principal: Principal, chosen: Sequence[Chosen], reason: str) -> list[BulkResult]:
    """Deny each with the same message, which may not be empty; what was lost to somebody else is named.

    Raises Invalid for none, too many, or no message; then nothing was done.
    """
    chosen = read_choice(chosen)
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    if not reason:
        raise Invalid("Say why: many are denied with one message.", field="reason")
    return [
        attempt(
            item,
            lambda item=item: deny_request(  # type: ignore[misc]
                principal=principal,
                request_id=item.request_id,
                fingerprint=item.fingerprint,
                reason=reason,
            ),
        )
        for item in chosen
    ]


def approve_requests(*, principal: Principal, chosen: Sequence[Chosen]) -> list[BulkResult]:
    """Approve each, if every one may be approved together (`check_together`); else none is.

    Raises Invalid, or Conflict with the code `bulk_refused`. The page that lists them whole is the pause.
    """
    chosen = read_choice(chosen)
    check_together(principal=principal, chosen=chosen)
    return [
        attempt(
            item,
            lambda item=item: approve_request(  # type: ignore[misc]
                principal=principal,
                request_id=item.request_id,
                fingerprint=item.fingerprint,
                confirmed={Confirmation.PAUSE},
            ),
        )
        for item in chosen
    ]


def read_choice(chosen: Sequence[Chosen]) -> list[Chosen]:
    """Each once, in the order given."""
    unique = list({item.request_id: item for item in chosen}.values())
    if not unique:
        raise Invalid("Choose at least one request.", field="selected")
    if len(unique) > MAX_AT_ONCE:
        raise Invalid(f"At most {MAX_AT_ONCE} requests at once.", field="selected")
    return unique


def attempt(item: Chosen, act: Callable[[], Outcome]) -> BulkResult:
    try:
        outcome = act()
    except DomainError as error:
        return BulkResult(item.request_id, error.code, error.message, is_done=False)
    request = outcome.request
    if outcome.is_decided:
        return BulkResult(request.pk, "decided", f"{request.get_state_display()}.", is_done=True)
    votes = f"{request.approvals} of {request.approvals_needed} approvals."
    return BulkResult(request.pk, "voted", votes, is_done=True)


def check_together(*, principal: Principal, chosen: Sequence[Chosen]) -> list[PermissionRequest]:
    """The requests, if one look may approve them all; raises NotFound, or Conflict saying what is against it.

    Together means: one program and one permission, each shown whole and without findings, of normal risk, and
    each this principal's to approve now.
    """
    votes = find_my_votes(principal, [item.request_id for item in chosen])
    requests = []
    for item in chosen:
        request = get_request(principal, item.request_id)
        why_not = explain_not_together(principal, request, item.fingerprint)
        if not why_not and request.pk in votes:
            why_not = "You have voted on it already."
        if why_not:
            raise refuse_bulk(f"{request}: {why_not}", request)
        requests.append(request)
    first = requests[0]
    for request in requests:
        if (request.permission, program_of(request)) != (first.permission, program_of(first)):
            raise refuse_bulk(
                f"Different programs ({program_of(first)} and {program_of(request)}) are approved one by one."
                if request.permission == first.permission
                else "Different permissions are approved one by one.",
                request,
            )
    return requests


def explain_not_together(principal: Principal, request: PermissionRequest, fingerprint: str) -> str:
    """Why this one needs a look of its own; "" when it does not."""
    now = timezone.now()
    if not request.is_pending or request.is_overdue(now) or request.fingerprint != fingerprint:
        return explain_conflict(request, fingerprint, now).message
    refusal = explain_not_deciding(principal, request)
    if refusal:
        return refusal
    if not request.is_sealed:
        return "Its arguments have not arrived yet."
    if request.findings:
        return "There is something to look twice at."
    if not request.is_summary_whole:
        return "The list does not show all of it."
    if request.risk != Risk.NORMAL:
        return "It is of high risk."
    if not request.prefix:
        return "It is not plainly one command, so its program can't be told."
    return ""


def program_of(request: PermissionRequest) -> str:
    return request.prefix.partition(" ")[0]


def refuse_bulk(sentence: str, request: PermissionRequest) -> Conflict:
    return Conflict(f"None was approved. {sentence}", code="bulk_refused", request=request.pk)
