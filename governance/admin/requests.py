"""The request page: where people read all of it, talk about it, and decide."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern

from accounts.admin.base import answer_domain_error, get_principal, post_action, refuse_method
from events.errors import DomainError
from governance.admin.confirmations import read_typed
from governance.admin.deciding import approve_as_read, check_approval, deny_as_read
from governance.admin.propose_rule import ProposeRule
from governance.admin.request_page import build_page
from governance.domain.claims import claim_request, release_request
from governance.domain.comments import comment_on_request
from governance.domain.snoozes import snooze_request, unsnooze_request
from governance.enums import Confirmation, SnoozeLength
from governance.models import PermissionRequest

# What was typed and must not be lost when the page is shown again.
TYPED = ("reason", "text")


@admin.register(PermissionRequest)
class PermissionRequestAdmin(ProposeRule):
    """The list stands in `inbox`, what it can do in `list_acts` and `bulk`; here is the request's page."""

    def action_urls(self) -> list[URLPattern]:
        names = ("approve", "deny", "claim", "release", "snooze", "unsnooze", "comment")
        pages = [self.action_path(f"<path:object_id>/{name}/", getattr(self, name)) for name in names]
        rule = self.action_path("<path:object_id>/propose-rule/", self.propose_rule)
        return [*super().action_urls(), *pages, rule]

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
        self, request: HttpRequest, asked: PermissionRequest, *, status: int = 200
    ) -> TemplateResponse:
        context = {
            **self.frame_page(request, asked),
            **build_page(request, asked),
            "title": str(asked),
            "typed": {name: read_typed(request, name) for name in TYPED},
        }
        template = "admin/governance/permissionrequest/change_form.html"
        return TemplateResponse(request, template, context, status=status)

    # Deciding -------------------------------------------------------------------------------------

    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Not a `post_action`: a password is asked for, and checked, before the transaction begins."""
        if request.method != "POST":
            return refuse_method(request, "POST")
        obj = self.get_visible(request, object_id)
        try:
            confirmed, asked = check_approval(request, obj)
        except DomainError as error:
            return self.answer_error(request, obj, error)
        return asked or self.carry_out(request, obj, lambda: self.approve_now(request, obj, confirmed))

    def approve_now(
        self, request: HttpRequest, obj: PermissionRequest, confirmed: set[Confirmation]
    ) -> HttpResponse:
        messages.success(request, approve_as_read(request, obj, confirmed))
        return self.redirect_to(obj)

    @post_action
    def deny(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        messages.success(request, deny_as_read(request, obj))
        return self.redirect_to(obj)

    # With the others ------------------------------------------------------------------------------

    @post_action
    def claim(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        claim_request(
            principal=get_principal(request),
            request_id=obj.pk,
            take_over_from=request.POST.get("claimed_by", ""),
        )
        return self.redirect_to(obj)

    @post_action
    def release(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        release_request(principal=get_principal(request), request_id=obj.pk)
        return self.redirect_to(obj)

    @post_action
    def snooze(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        length = request.POST.get("length", "")
        snooze_request(principal=get_principal(request), request_id=obj.pk, length=length)
        messages.success(request, f"Hidden from your own tab: {SnoozeLength(length).label}.")
        return self.redirect_to(obj)

    @post_action
    def unsnooze(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        unsnooze_request(principal=get_principal(request), request_id=obj.pk)
        return self.redirect_to(obj)

    @post_action
    def comment(self, request: HttpRequest, obj: PermissionRequest) -> HttpResponse:
        comment_on_request(
            principal=get_principal(request), request_id=obj.pk, text=read_typed(request, "text")
        )
        return self.redirect_to(obj)

    # What was refused -----------------------------------------------------------------------------

    def answer_error(self, request: HttpRequest, obj: Any, error: DomainError) -> HttpResponse:
        if "list" in request.path.split("/"):
            return self.answer_list_error(request, obj, error)
        if error.code == "pause_needed":
            return self.render_pause(request, self.get_visible(request, obj.pk), error)
        return answer_domain_error(
            request,
            error,
            lambda: self.render_page(request, self.get_visible(request, obj.pk), status=error.status),
        )

    def render_pause(
        self, request: HttpRequest, asked: PermissionRequest, error: DomainError
    ) -> TemplateResponse:
        """The same approval once more, after a look: it carries along what was typed."""
        context = {
            **self.admin_site.each_context(request),
            **build_page(request, asked),
            "title": "A pause",
            "opts": self.opts,
            "sentence": error.message,
            "carried": {
                name: request.POST.get(name, "") for name in ("fingerprint", "reason", "confirmation")
            },
        }
        template = "admin/governance/permissionrequest/pause.html"
        return TemplateResponse(request, template, context, status=error.status)
