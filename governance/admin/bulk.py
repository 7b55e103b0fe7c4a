"""Deciding several requests of the list: first a page that shows each of them whole, then the act.

Not one transaction but one for each request, so these addresses do without `post_action`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern

from accounts.admin.base import answer_refusal, get_principal, refuse_method
from accounts.admin.opened import FIELD, require_read, stamp_opened
from accounts.principal import Principal
from events.errors import DomainError, NotFound, Refused
from governance.admin.list_acts import ListActs
from governance.admin.outcomes import shorten
from governance.admin.request_page import FullContent, build_full
from governance.admin.rows import InboxRow, build_rows, list_for_rows
from governance.domain.bulk import (
    BulkResult,
    Chosen,
    approve_requests,
    check_together,
    deny_requests,
    read_choice,
)
from governance.domain.reading import read_content
from governance.models import PermissionRequest
from governance.policies import can_read_full
from governance.queries import list_requests

CONFIRM, DONE = "confirm", "yes"
SHOWN_LOSSES = 5


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One request on the page that asks, as it is now; `full` is None for who may not read it."""

    row: InboxRow
    full: FullContent | None


Bulk = Callable[..., HttpResponse]


def bulk_action(view: Bulk) -> Callable[..., HttpResponse]:
    """POST only; what the domain refuses goes back to the list with a sentence."""

    @wraps(view)
    def answer(self: BulkActs, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return refuse_method(request, "POST")
        try:
            return view(self, request, read_choice(read_chosen(request)))
        except Refused as error:
            return answer_refusal(request, error.message)
        except NotFound as error:
            raise Http404(error.message) from error
        except DomainError as error:
            messages.warning(request, error.message)
            return self.back_to_list(request)

    return answer


class BulkActs(ListActs):
    """Bulk deny with one message, and bulk approve where one look is enough."""

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("bulk-deny/", self.bulk_deny),
            self.action_path("bulk-approve/", self.bulk_approve),
            *super().action_urls(),
        ]

    @bulk_action
    def bulk_deny(self, request: HttpRequest, chosen: list[Chosen]) -> HttpResponse:
        if request.POST.get(CONFIRM) != DONE:
            return self.render_bulk(request, chosen, verb="deny")
        require_all_read(request)
        reason = request.POST.get("reason", "").replace("\r\n", "\n")
        try:
            results = deny_requests(principal=get_principal(request), chosen=chosen, reason=reason)
        except DomainError as error:
            messages.error(request, error.message)
            return self.render_bulk(request, chosen, verb="deny", status=error.status)
        return self.report(request, results, "denied")

    @bulk_action
    def bulk_approve(self, request: HttpRequest, chosen: list[Chosen]) -> HttpResponse:
        principal = get_principal(request)
        if request.POST.get(CONFIRM) != DONE:
            check_together(principal=principal, chosen=chosen)
            return self.render_bulk(request, chosen, verb="approve")
        require_all_read(request)
        return self.report(request, approve_requests(principal=principal, chosen=chosen), "approved")

    def render_bulk(
        self, request: HttpRequest, chosen: list[Chosen], *, verb: str, status: int = 200
    ) -> TemplateResponse:
        principal = get_principal(request)
        items = build_items(request, chosen)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{verb.capitalize()} {len(items)} request{'' if len(items) == 1 else 's'}",
            "opts": self.opts,
            "verb": verb,
            "items": items,
            "left_out": len(chosen) - len(items),
            "list_query": request.POST.get("list_query", ""),
            "reason": request.POST.get("reason", ""),
            FIELD: stamp_opened(subject_id="bulk", user_id=principal.user.pk),
        }
        template = "admin/governance/permissionrequest/bulk.html"
        return TemplateResponse(request, template, context, status=status)

    def report(self, request: HttpRequest, results: list[BulkResult], word: str) -> HttpResponse:
        """One sentence for what was done, one for each that was not."""
        done = [result for result in results if result.is_done]
        waiting = sum(result.code == "voted" for result in done)
        if done:
            more = f"; {waiting} of them wait for more approvals" if waiting else ""
            messages.success(request, f"{len(done)} of {len(results)} {word}{more}.")
        lost = [result for result in results if not result.is_done]
        summaries = find_summaries(request, [result.request_id for result in lost[:SHOWN_LOSSES]])
        for result in lost[:SHOWN_LOSSES]:
            what = summaries.get(result.request_id, "One request")
            messages.warning(request, f"{what}: {result.sentence}")
        if len(lost) > SHOWN_LOSSES:
            messages.warning(request, f"{len(lost) - SHOWN_LOSSES} more were not {word}.")
        return self.back_to_list(request)


def read_chosen(request: HttpRequest) -> list[Chosen]:
    """The ticked rows, each with the fingerprint that stood beside it."""
    return [
        Chosen(key, request.POST.get(f"fingerprint-{key}", "")) for key in request.POST.getlist("selected")
    ]


def require_all_read(request: HttpRequest) -> None:
    user = get_principal(request).user
    require_read(request.POST.get(FIELD, ""), subject_id="bulk", user_id=user.pk)


def build_items(request: HttpRequest, chosen: list[Chosen]) -> list[BulkItem]:
    """Those that this person sees, in the order chosen, each with all of its content."""
    principal = get_principal(request)
    rows = list_requests(principal).filter(pk__in=[item.request_id for item in chosen])
    found = {row.pk: row for row in rows}
    asked = [found[item.request_id] for item in chosen if item.request_id in found]
    return [BulkItem(row, read_full(principal, row.request)) for row in build_rows(principal, asked)]


def read_full(principal: Principal, asked: PermissionRequest) -> FullContent | None:
    if not can_read_full(principal, asked):
        return None
    return build_full(read_content(principal=principal, request=asked))


def find_summaries(request: HttpRequest, request_ids: list[str]) -> dict[str, str]:
    """{request id: its summary, cut}, for those this person may read."""
    principal = get_principal(request)
    rows = list_for_rows(principal).filter(pk__in=request_ids, team_id__in=principal.team_ids)
    return {row.pk: shorten(row.summary) for row in rows}
