"""What one does with a request without leaving the list."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern

from accounts.admin.base import answer_domain_error, get_principal, post_action
from events.errors import DomainError, Invalid, Refused
from governance.admin.deciding import NEEDS_PAGE, approve_as_listed, deny_as_listed
from governance.admin.inbox import InboxAdmin
from governance.domain.claims import claim_request, release_request
from governance.domain.snoozes import snooze_request, unsnooze_request
from governance.enums import SnoozeLength
from governance.models import PermissionRequest

# Sent by the list's script, which shows the answer itself instead of following a redirect.
SCRIPT_HEADER = "X-Countersign-Script"


class ListActs(InboxAdmin):
    """Buttons of the list's rows; their addresses end in `-from-list`."""

    def action_urls(self) -> list[URLPattern]:
        return [
            *super().action_urls(),
            self.action_path("<path:object_id>/list/approve-from-list/", self.approve_from_list),
            self.action_path("<path:object_id>/list/deny-from-list/", self.deny_from_list),
            self.action_path("<path:object_id>/list/claim-from-list/", self.claim_from_list),
            self.action_path("<path:object_id>/list/release-from-list/", self.release_from_list),
            self.action_path("<path:object_id>/list/snooze-from-list/", self.snooze_from_list),
            self.action_path("<path:object_id>/list/unsnooze-from-list/", self.unsnooze_from_list),
        ]

    @post_action
    def approve_from_list(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        fingerprint = request.POST.get(f"fingerprint-{obj.pk}", "")
        return self.answer_list(request, approve_as_listed(request, obj, fingerprint))

    @post_action
    def deny_from_list(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        fingerprint = request.POST.get(f"fingerprint-{obj.pk}", "")
        return self.answer_list(request, deny_as_listed(request, obj, fingerprint))

    @post_action
    def claim_from_list(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        claim_request(
            principal=get_principal(request),
            request_id=obj.pk,
            take_over_from=request.POST.get(f"claimed-by-{obj.pk}", ""),
        )
        return self.answer_list(request, "The others see that you look at it.")

    @post_action
    def release_from_list(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        release_request(principal=get_principal(request), request_id=obj.pk)
        return self.answer_list(request, "Nobody looks at it now.")

    @post_action
    def snooze_from_list(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        length = request.POST.get("length", SnoozeLength.HOUR)
        snooze_request(principal=get_principal(request), request_id=obj.pk, length=length)
        return self.answer_list(request, f"Hidden from your own tab for {SnoozeLength(length).label}.")

    @post_action
    def unsnooze_from_list(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        unsnooze_request(principal=get_principal(request), request_id=obj.pk)
        return self.answer_list(request, "It stands in your own tab again.")

    # Answers --------------------------------------------------------------------------------------

    def answer_list(self, request: HttpRequest, sentence: str) -> HttpResponse:
        if is_from_script(request):
            return JsonResponse({"level": "success", "message": sentence})
        messages.success(request, sentence)
        return self.back_to_list(request)

    def back_to_list(self, request: HttpRequest) -> HttpResponseRedirect:
        """The list as it was filtered; its query came along in a field of its form."""
        query = request.POST.get("list_query", "")
        return HttpResponseRedirect(self.list_url() + (f"?{query}" if query else ""))

    def answer_list_error(self, request: HttpRequest, obj: Any, error: DomainError) -> HttpResponse:
        """What was refused, as a sentence for the script or the next page."""
        if is_from_script(request):
            facts = {"url": self.url_of(obj)} if error.code in NEEDS_PAGE else {}
            word = "error" if isinstance(error, Refused | Invalid) else "warning"
            return JsonResponse(
                {"level": word, "message": error.message, "code": error.code, **facts}, status=error.status
            )
        needs_page = error.code in NEEDS_PAGE
        return answer_domain_error(
            request, error, lambda: self.redirect_to(obj) if needs_page else self.back_to_list(request)
        )


def is_from_script(request: HttpRequest) -> bool:
    return SCRIPT_HEADER in request.headers
