"""Reviews: what waits for me, what is open, what was decided; and the page where people decide."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin.base import (
    PortalModelAdmin,
    answer_domain_error,
    get_principal,
    post_action,
    refuse_method,
)
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.display import render_age, render_pill
from accounts.admin.opened import FIELD, require_read
from accounts.principal import Principal
from accounts.reauthentication import ask_for_password
from events.errors import DomainError
from reviews.admin.review_page import build_page
from reviews.admin.states import describe_review
from reviews.domain.comments import comment_on_review
from reviews.domain.reviews import withdraw_review
from reviews.domain.voting import approve_review, reject_review
from reviews.enums import ReviewState
from reviews.models import Review
from reviews.policies import can_see_review
from reviews.queries import list_reviews
from reviews.registry import label_kind, list_kinds
from reviews.seats import Voter, list_waiting_for

# What was typed and must not be lost when the page is shown again.
TYPED = ("reason", "text", "confirmation")
WAITING, OPEN, DECIDED = "waiting", "open", "decided"


class TabFilter(admin.SimpleListFilter):
    """What waits for oneself unless another tab is asked for."""

    title = "show"
    parameter_name = "tab"
    waiting: list[str] | None = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(OPEN, "Open"), (DECIDED, "Decided")]

    def choices(self, changelist: Any) -> Any:
        """The unfiltered list is that of what waits for oneself."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "Waiting for me"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        if self.value() == OPEN:
            return queryset.filter(state=ReviewState.OPEN)
        if self.value() == DECIDED:
            return queryset.exclude(state=ReviewState.OPEN)
        if self.waiting is None:
            self.waiting = list_waiting_for(Voter(get_principal(request), timezone.now()))
        return queryset.filter(pk__in=self.waiting)


class KindFilter(admin.SimpleListFilter):
    title = "about"
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(list_kinds().items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        return queryset.filter(kind=self.value()) if self.value() in list_kinds() else queryset


@admin.register(Review)
class ReviewAdmin(PortalModelAdmin):
    subject_kind = "review"
    change_list_template = "admin/reviews/review/change_list.html"
    list_display = ("title", "state_pill", "about", "team_name", "asked_by", "votes", "age", "due")
    list_filter = (TabFilter, KindFilter)
    ordering = ("-created_at", "-id")
    sortable_by = ()
    list_description = (
        "What takes effect only once somebody else has approved it. Nobody reviews what they asked for."
    )
    empty_text = "Nothing waits for you."

    def list_visible(self, principal: Principal) -> QuerySet[Review]:
        return list_reviews(principal)

    def can_see(self, principal: Principal, obj: Review) -> bool:
        return can_see_review(principal, obj)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="state")
    def state_pill(self, review: Review) -> SafeString:
        return render_pill(describe_review(review, timezone.now()))

    @admin.display(description="about")
    def about(self, review: Review) -> str:
        return label_kind(review.kind)

    @admin.display(description="team")
    def team_name(self, review: Review) -> str:
        return review.team.name

    @admin.display(description="asked by")
    def asked_by(self, review: Review) -> str:
        return review.requested_by_label or review.requested_by_id

    @admin.display(description="approvals")
    def votes(self, review: Review) -> str:
        return f"{review.approvals} of {review.approvals_needed}"

    @admin.display(description="age")
    def age(self, review: Review) -> SafeString:
        return render_age(review.created_at)

    @admin.display(description="due")
    def due(self, review: Review) -> str:
        if not review.is_open or review.due_at is None:
            return "–"
        return review.due_at.strftime("%Y-%m-%d %H:%M")

    # The page -------------------------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        names = ("approve", "reject", "withdraw", "comment")
        return [self.action_path(f"<path:object_id>/{name}/", getattr(self, name)) for name in names]

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

    def render_page(self, request: HttpRequest, review: Review, *, status: int = 200) -> TemplateResponse:
        context = {
            **self.frame_page(request, review),
            **build_page(request, review),
            "title": str(review),
            "typed": {name: read_typed(request, name) for name in TYPED},
        }
        template = "admin/reviews/review/change_form.html"
        return TemplateResponse(request, template, context, status=status)

    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Not a `post_action`: a password is asked for, and checked, before the transaction begins."""
        if request.method != "POST":
            return refuse_method(request, "POST")
        obj = self.get_visible(request, object_id)
        try:
            require_page_read(request, obj)
        except DomainError as error:
            return self.answer_error(request, obj, error)
        asked = ask_for_password(request)
        return asked or self.carry_out(request, obj, lambda: self.approve_now(request, obj))

    def approve_now(self, request: HttpRequest, obj: Review) -> HttpResponse:
        outcome = approve_review(
            principal=get_principal(request),
            review_id=obj.pk,
            fingerprint=request.POST.get("fingerprint", ""),
            reason=read_typed(request, "reason"),
            confirmation=read_typed(request, "confirmation"),
        )
        left = outcome.review.approvals_needed - outcome.review.approvals
        sentence = (
            "Approved; it has taken effect." if outcome.is_decided else f"Noted; it waits for {left} more."
        )
        messages.success(request, sentence)
        return self.redirect_to(obj)

    @post_action
    def reject(self, request: HttpRequest, obj: Review) -> HttpResponse:
        require_page_read(request, obj)
        reject_review(
            principal=get_principal(request),
            review_id=obj.pk,
            fingerprint=request.POST.get("fingerprint", ""),
            reason=read_typed(request, "reason"),
        )
        messages.success(request, "Rejected. Whoever asked reads why.")
        return self.redirect_to(obj)

    @post_action
    def withdraw(self, request: HttpRequest, obj: Review) -> HttpResponse:
        if not is_confirmed(request) and obj.is_open:
            return show_confirmation(
                self,
                request,
                obj,
                title="Withdraw this?",
                sentences=["It ends without a decision. It can be asked for again."],
                label="Withdraw",
                tone="bad",
            )
        withdraw_review(principal=get_principal(request), review_id=obj.pk)
        messages.success(request, "Withdrawn.")
        return self.redirect_to(obj)

    @post_action
    def comment(self, request: HttpRequest, obj: Review) -> HttpResponse:
        comment_on_review(
            principal=get_principal(request), review_id=obj.pk, text=read_typed(request, "text")
        )
        return self.redirect_to(obj)

    def answer_error(self, request: HttpRequest, obj: Any, error: DomainError) -> HttpResponse:
        """What was typed stays on the page."""
        return answer_domain_error(
            request,
            error,
            lambda: self.render_page(request, self.get_visible(request, obj.pk), status=error.status),
        )


def require_page_read(request: HttpRequest, review: Review) -> None:
    user = get_principal(request).user
    require_read(request.POST.get(FIELD, ""), subject_id=review.pk, user_id=user.pk)


def read_typed(request: HttpRequest, name: str) -> str:
    """What was typed; browsers send line breaks of forms as CR LF."""
    return request.POST.get(name, "").replace("\r\n", "\n")
