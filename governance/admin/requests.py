"""The inbox and the request page: where people decide."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern

from accounts.admin.base import answer_refusal, get_principal, post_action, refuse_method
from events.errors import Conflict, DomainError, Invalid, NotFound, Refused
from governance.admin.inbox import InboxAdmin
from governance.admin.request_page import build_page
from governance.admin.rows import acts_from_list
from governance.domain.decide import Outcome, approve_request, deny_request
from governance.models import PermissionRequest

# Sent by the list's script, which shows the answer itself instead of following a redirect.
SCRIPT_HEADER = "X-Countersign-Script"


@admin.register(PermissionRequest)
class PermissionRequestAdmin(InboxAdmin):
    """The list stands in `inbox`; here is the request's page and what one does with a request."""

    # The request's page ---------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return refuse_method(request, "GET", "HEAD")
        return self.render_page(request, self.get_visible(request, object_id))

    def render_page(
        self, request: HttpRequest, asked: PermissionRequest, *, status: int = 200, reason: str = ""
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            **build_page(request, asked),
            "title": str(asked),
            "opts": self.opts,
            "reason": reason,
        }
        template = "admin/governance/permissionrequest/change_form.html"
        return TemplateResponse(request, template, context, status=status)

    # Deciding -------------------------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("<path:object_id>/approve/", self.approve),
            self.action_path("<path:object_id>/deny/", self.deny),
            self.action_path("<path:object_id>/list/approve-from-list/", self.approve_from_list),
            self.action_path("<path:object_id>/list/deny-from-list/", self.deny_from_list),
        ]

    @post_action
    def approve(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        outcome = approve_request(
            principal=get_principal(request),
            request_id=obj.pk,
            fingerprint=request.POST.get("fingerprint", ""),
            reason=read_reason(request),
        )
        messages.success(request, describe_approval(outcome))
        return self.redirect_to(obj)

    @post_action
    def deny(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        outcome = deny_request(
            principal=get_principal(request),
            request_id=obj.pk,
            fingerprint=request.POST.get("fingerprint", ""),
            reason=read_reason(request),
        )
        messages.success(request, describe_denial(outcome))
        return self.redirect_to(obj)

    @post_action
    def approve_from_list(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        if obj.is_pending and not acts_from_list(obj):
            raise NotShownWhole("The list does not show all of it. Read it here, then decide.")
        outcome = approve_request(
            principal=get_principal(request),
            request_id=obj.pk,
            fingerprint=request.POST.get(f"fingerprint-{obj.pk}", ""),
        )
        return self.answer_list(request, describe_approval(outcome))

    @post_action
    def deny_from_list(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        outcome = deny_request(
            principal=get_principal(request),
            request_id=obj.pk,
            fingerprint=request.POST.get(f"fingerprint-{obj.pk}", ""),
        )
        return self.answer_list(request, describe_denial(outcome))

    def answer_list(self, request: HttpRequest, sentence: str) -> HttpResponse:
        if is_from_script(request):
            return JsonResponse({"level": "success", "message": sentence})
        messages.success(request, sentence)
        return self.back_to_list(request)

    def back_to_list(self, request: HttpRequest) -> HttpResponseRedirect:
        """The list as it was filtered; its query came along in a field of its form."""
        query = request.POST.get("list_query", "")
        return HttpResponseRedirect(self.list_url() + (f"?{query}" if query else ""))

    # What was refused -----------------------------------------------------------------------------

    def answer_error(self, request: HttpRequest, obj: Any, error: DomainError) -> HttpResponse:
        if is_from_script(request):
            facts = {"url": self.url_of(obj)} if isinstance(error, NotShownWhole) else {}
            word = "error" if isinstance(error, Refused | Invalid) else "warning"
            return JsonResponse(
                {"level": word, "message": error.message, "code": error.code, **facts}, status=error.status
            )
        if isinstance(error, Refused):
            return answer_refusal(request, error.message)
        if isinstance(error, NotFound):
            raise Http404(error.message) from error
        level = messages.WARNING if isinstance(error, Conflict) else messages.ERROR
        messages.add_message(request, level, error.message)
        if isinstance(error, NotShownWhole):
            return self.redirect_to(obj)
        if "list" in request.path.split("/"):
            return self.back_to_list(request)
        current = self.get_visible(request, obj.pk)
        return self.render_page(request, current, status=error.status, reason=read_reason(request))


class NotShownWhole(Conflict):
    """The list did not show everything that would be approved."""

    default_code = "not_shown_whole"


def read_reason(request: HttpRequest) -> str:
    """What was typed; browsers send line breaks of forms as CR LF, which no agent wants to read."""
    return request.POST.get("reason", "").replace("\r\n", "\n")


def is_from_script(request: HttpRequest) -> bool:
    return SCRIPT_HEADER in request.headers


def describe_approval(outcome: Outcome) -> str:
    request = outcome.request
    if not outcome.is_decided:
        return f"Your approval counts: {request.approvals} of {request.approvals_needed}."
    return f"Approved: {shorten(request.summary)}"


def describe_denial(outcome: Outcome) -> str:
    return f"Denied: {shorten(outcome.request.summary)}"


def shorten(text: str, length: int = 60) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
