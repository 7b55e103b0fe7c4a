"""What people do before an approval: choose tools, try, approve, reject, withdraw, have it checked again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action, refuse_method
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.opened import FIELD, require_read
from accounts.principal import Principal
from accounts.reauthentication import ask_for_password
from events.errors import Conflict, DomainError
from mcp_servers.admin.server_page import find_voter
from mcp_servers.admin.shown import Shown
from mcp_servers.domain.choices import choose_tools
from mcp_servers.domain.requests import retry_checks, withdraw_request
from mcp_servers.domain.trials import begin_trial
from mcp_servers.enums import RequestState
from mcp_servers.models import McpRequest, McpServer
from mcp_servers.policies import explain_not_checking, explain_not_withdrawing
from reviews.domain.voting import approve_review, reject_review
from reviews.models import Review

ACTS = ("approve", "reject", "choose-tools", "trial", "withdraw", "check-again")


def read_typed(request: HttpRequest, name: str) -> str:
    """What was typed; browsers send line breaks of forms as CR LF."""
    return request.POST.get(name, "").replace("\r\n", "\n")


def get_open_request(server: McpServer, request_id: str = "") -> McpRequest:
    """The open request; with an id, that one alone. Raises Conflict when it is over."""
    found = McpRequest.objects.filter(server=server, state__in=sorted(RequestState.open()))
    row = found.select_related("server__team", "review").first()
    if row is None or (request_id and row.pk != request_id):
        raise Conflict("This request is over.", code="already_over")
    return row


def get_shown_review(request: HttpRequest, server: McpServer) -> Review:
    """The review of the request that the form was about, read for a second at least."""
    asked = get_open_request(server, request.POST.get("request", ""))
    if asked.review is None:
        raise Conflict("It can't be decided yet.", code="no_review")
    user = get_principal(request).user
    require_read(request.POST.get(FIELD, ""), subject_id=asked.review.pk, user_id=user.pk)
    return asked.review


class DecidingPages(PortalModelAdmin):
    def deciding_urls(self) -> list[URLPattern]:
        return [
            self.action_path(f"<path:object_id>/{name}/", getattr(self, name.replace("-", "_")))
            for name in ACTS
        ]

    def deciding_buttons(self, principal: Principal, shown: Shown) -> list[Button]:
        asked, server = shown.request, shown.server
        if not asked.is_open or shown.is_older:
            return []
        buttons = []
        is_ready = asked.state == RequestState.NEEDS_REVIEW
        if shown.content.is_remote and is_ready and asked.review and find_voter(principal, asked.review):
            label = "Try it again…" if asked.tried_at else "Try it…"
            buttons.append(Button(self.url_of(server, "trial"), label, "ok"))
        if is_ready and not explain_not_checking(principal, asked):
            hint = "Everything is checked and probed anew; votes so far become stale."
            buttons.append(Button(self.url_of(server, "check-again"), "Check again", "", hint))
        if not explain_not_withdrawing(principal, asked):
            buttons.append(Button(self.url_of(server, "withdraw"), "Withdraw…", "bad"))
        return buttons

    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Not a `post_action`: a password is asked for, and checked, before the transaction begins."""
        if request.method != "POST":
            return refuse_method(request, "POST")
        obj = self.get_visible(request, object_id)
        try:
            get_shown_review(request, obj)
        except DomainError as error:
            return self.answer_error(request, obj, error)
        asked = ask_for_password(request)
        return asked or self.carry_out(request, obj, lambda: self.approve_now(request, obj))

    def approve_now(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        outcome = approve_review(
            principal=get_principal(request),
            review_id=get_shown_review(request, obj).pk,
            fingerprint=request.POST.get("fingerprint", ""),
            reason=read_typed(request, "reason"),
            confirmation=read_typed(request, "confirmation").strip(),
        )
        left = outcome.review.approvals_needed - outcome.review.approvals
        messages.success(
            request,
            "Approved. The next release of your engines holds it."
            if outcome.is_decided
            else f"Noted; it waits for {left} more.",
        )
        return self.redirect_to(obj)

    @post_action
    def reject(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        reject_review(
            principal=get_principal(request),
            review_id=get_shown_review(request, obj).pk,
            fingerprint=request.POST.get("fingerprint", ""),
            reason=read_typed(request, "reason"),
        )
        messages.success(request, "Rejected. Whoever asked reads why.")
        return self.redirect_to(obj)

    @post_action
    def choose_tools(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        asked = get_open_request(obj, request.POST.get("request", ""))
        before = asked.tools
        chosen = choose_tools(
            principal=get_principal(request),
            request_id=asked.pk,
            tools=request.POST.getlist("tools"),
            fingerprint=request.POST.get("fingerprint", ""),
        )
        if chosen.tools == before:
            messages.info(request, "These were chosen already.")
        else:
            messages.success(
                request, f"An approval now switches on {len(chosen.tools)}. Votes so far no longer count."
            )
        return self.redirect_to(obj)

    @post_action
    def trial(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        asked = get_open_request(obj)
        if not is_confirmed(request):
            return show_confirmation(
                self,
                request,
                obj,
                title=f"Try {obj.name}?",
                sentences=[
                    f"Countersign visits {asked.read_content().url} and lists what it offers.",
                    "No agent gets a tool of it. Then it needs a decision again.",
                ],
                label="Try it",
                tone="ok",
            )
        begin_trial(principal=get_principal(request), request_id=asked.pk)
        messages.success(request, "It is being visited.")
        return self.redirect_to(obj)

    @post_action
    def withdraw(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        asked = get_open_request(obj)
        if not is_confirmed(request):
            kept = "What is approved keeps running." if obj.approval_id else "It can be asked for again."
            return show_confirmation(
                self,
                request,
                obj,
                title="Withdraw this request?",
                sentences=["It ends without a decision.", kept],
                label="Withdraw",
                tone="bad",
            )
        withdraw_request(principal=get_principal(request), request_id=asked.pk)
        messages.success(request, "Withdrawn.")
        return self.redirect_to(obj)

    @post_action
    def check_again(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        retry_checks(principal=get_principal(request), request_id=get_open_request(obj).pk)
        messages.success(request, "It is being checked again.")
        return self.redirect_to(obj)
