"""Questions: what agents want to know, and the page where people answer."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import (
    PortalModelAdmin,
    answer_domain_error,
    get_principal,
    post_action,
    refuse_method,
)
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.display import highlight_marks, render_age, render_pill
from accounts.principal import Principal
from events.errors import DomainError, Invalid
from governance.admin.question_page import build_question_page, describe_question, read_answers_form
from governance.domain.questions import answer_question, read_question, reject_question
from governance.enums import QuestionState
from governance.models import Question
from governance.policies import can_read_question, can_see_question
from governance.question_queries import SHOWN_WITH, list_answerable, list_questions

OPEN, ENDED = "open", "ended"


class QuestionTab(admin.SimpleListFilter):
    """What waits for oneself unless another tab is asked for."""

    title = "show"
    parameter_name = "tab"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(OPEN, "All open"), (ENDED, "Ended")]

    def choices(self, changelist: Any) -> Any:
        """The unfiltered list is that of what waits for oneself."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "Waiting for me"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        if self.value() == OPEN:
            return queryset.filter(state=QuestionState.OPEN)
        if self.value() == ENDED:
            return queryset.exclude(state=QuestionState.OPEN)
        return list_answerable(get_principal(request), queryset)


@admin.register(Question)
class QuestionAdmin(PortalModelAdmin):
    """The list and the page; what the page shows stands in `question_page`."""

    subject_kind = "question"
    change_list_template = "admin/governance/question/change_list.html"
    list_display = ("asked", "state_pill", "asker", "team_name", "age", "end")
    list_display_links = None
    list_filter = (QuestionTab,)
    ordering = ("-created_at", "-id")
    sortable_by = ()
    list_description = "What agents want to know before they go on."
    empty_text = "No question waits for you."

    def list_visible(self, principal: Principal) -> QuerySet[Question]:
        rows = list_questions(principal).select_related(*SHOWN_WITH).prefetch_related("replies")
        return rows.defer("content", "answers")

    def can_see(self, principal: Principal, obj: Question) -> bool:
        return can_see_question(principal, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        """Summaries are content: in a list, others than members see none."""
        rows: QuerySet[Question] = super().get_queryset(request)
        is_member = Q(team_id__in=get_principal(request).team_ids)
        shown = Case(When(is_member, then=F("summary")), default=Value(""))
        return rows.annotate(shown_summary=shown)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="question")
    def asked(self, question: Question) -> SafeString:
        url = reverse("admin:governance_question_change", args=[question.pk])
        shown = str(getattr(question, "shown_summary", ""))
        return format_html('<a href="{}">{}</a>', url, highlight_marks(shown) if shown else str(question))

    @admin.display(description="state")
    def state_pill(self, question: Question) -> SafeString:
        replies = sorted(question.replies.all(), key=lambda reply: (reply.created_at, reply.pk))
        return render_pill(describe_question(question, replies[-1] if replies else None))

    @admin.display(description="asked by")
    def asker(self, question: Question) -> str:
        return (
            f"{question.requester_label} › {question.agent}" if question.agent else question.requester_label
        )

    @admin.display(description="team")
    def team_name(self, question: Question) -> str:
        return question.team.name

    @admin.display(description="age")
    def age(self, question: Question) -> SafeString:
        return render_age(question.created_at)

    @admin.display(description="answered by")
    def end(self, question: Question) -> str:
        return question.answered_by_label or "–"

    # The page -------------------------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        names = ("answer", "reject")
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

    def render_page(
        self, request: HttpRequest, question: Question, *, error: Invalid | None = None, status: int = 200
    ) -> TemplateResponse:
        readable = can_read_question(get_principal(request), question)
        context = {
            **self.frame_page(request, question),
            **build_question_page(request, question, error=error),
            "title": question.summary if readable and question.summary else str(question),
        }
        template = "admin/governance/question/change_form.html"
        return TemplateResponse(request, template, context, status=status)

    @post_action
    def answer(self, request: HttpRequest, obj: Question) -> HttpResponse:
        principal = get_principal(request)
        answers: list[list[str]] = []
        if can_read_question(principal, obj):
            items = read_question(principal=principal, question=obj).items
            answers = read_answers_form(items, request.POST)
        answer_question(principal=principal, question_id=obj.pk, answers=answers)
        messages.success(request, "Answered. The agent goes on.")
        return self.redirect_to(obj)

    @post_action
    def reject(self, request: HttpRequest, obj: Question) -> HttpResponse:
        if not is_confirmed(request) and obj.is_open:
            ending = (
                "Its agent stops its turn, and is told no reason."
                if obj.engine_id
                else "Its agent is told so."
            )
            return show_confirmation(
                self,
                request,
                obj,
                title="Reject this question?",
                sentences=[ending, "There is no undo."],
                label="Reject",
                tone="bad",
            )
        reject_question(principal=get_principal(request), question_id=obj.pk)
        messages.success(request, "Rejected.")
        return self.redirect_to(obj)

    def answer_error(self, request: HttpRequest, obj: Any, error: DomainError) -> HttpResponse:
        """What was chosen and typed stays on the page."""
        wrong = error if isinstance(error, Invalid) else None
        return answer_domain_error(
            request,
            error,
            lambda: self.render_page(
                request, self.get_visible(request, obj.pk), error=wrong, status=error.status
            ),
        )
