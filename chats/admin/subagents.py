"""The ledger of delegations: who asked whom, what came of it, and the button that stops it. Members only."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.display import format_moment, render_age, render_code, render_pill
from accounts.principal import Principal
from chats.domain.chats import refuse
from chats.domain.stop_tree import list_below, stop_delegation
from chats.policies import explain_not_stopping
from engines.admin.states import describe_subagent
from engines.admin.trees import Ask, grow_tree
from engines.cao_words import describe_enforcement
from engines.enums import SubagentKind, SubagentStatus
from engines.models import Chat, Subagent
from engines.policies import can_see_subagent
from engines.queries import list_subagents, list_tree
from events.text import make_visible
from governance.enums import QuestionState, RequestState
from governance.models import PermissionRequest, Question

SHOWN_DELEGATIONS = 500
OPEN, WAITING = "open", "waiting"


@dataclass(frozen=True, slots=True)
class Tree:
    """What a page says of a tree besides its branches; `more` counts those that are not shown."""

    chat: Chat | None
    more: int


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(WAITING, "waiting on a human"), (OPEN, "not ended"), ("lost", "lost"), ("failed", "failed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Subagent]) -> QuerySet[Subagent]:
        value = self.value()
        if value == WAITING:
            return queryset.filter(status=SubagentStatus.WAITING_HUMAN)
        if value == OPEN:
            return queryset.exclude(status__in=SubagentStatus.ended())
        return queryset.filter(status=value) if value in SubagentStatus.ended() else queryset


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(SubagentKind.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Subagent]) -> QuerySet[Subagent]:
        return queryset.filter(kind=self.value()) if self.value() in SubagentKind.values else queryset


@admin.register(Subagent)
class SubagentAdmin(PortalModelAdmin):
    subject_kind = "subagent"
    change_form_template = "admin/engines/subagent/change_form.html"
    empty_text = "No agent has delegated anything yet."
    list_display = ("label", "pill", "kind_name", "agent_name", "chat_link", "source_name", "level", "seen")
    list_filter = (StateFilter, KindFilter)
    ordering = ("-first_seen_at", "-id")
    sortable_by = ()
    search_fields = ("=source_ref", "description__istartswith")
    list_description = "Every delegation of an agent to another one, as engines and CAO servers tell it."
    fieldsets = (
        (None, {"fields": ("pill", "kind_name", "agent_name", "chat_link", "source_name", "level")}),
        (
            "Where it is from",
            {"fields": ("source_code", "parent_code", "directory_code", "model_name", "limits", "evidence")},
        ),
        ("Times", {"fields": ("started", "ended", "seen", "stopping")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[Subagent]:
        return list_subagents(principal).prefetch_related("chat", "instance", "cao_server")

    def can_see(self, principal: Principal, obj: Subagent) -> bool:
        return can_see_subagent(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return bool(principal.team_ids)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="task")
    def label(self, subagent: Subagent) -> str:
        return make_visible(str(subagent))

    @admin.display(description="state")
    def pill(self, subagent: Subagent) -> SafeString:
        return render_pill(describe_subagent(subagent))

    @admin.display(description="kind")
    def kind_name(self, subagent: Subagent) -> str:
        return subagent.get_kind_display()

    @admin.display(description="agent")
    def agent_name(self, subagent: Subagent) -> str:
        return make_visible(subagent.agent) or "–"

    @admin.display(description="chat")
    def chat_link(self, subagent: Subagent) -> str:
        if subagent.chat is None:
            return "none" if subagent.cao_server_id else "not known yet"
        url = reverse("admin:engines_chat_change", args=[subagent.chat.pk])
        return format_html('<a href="{}">{}</a>', url, make_visible(str(subagent.chat)))

    @admin.display(description="told by")
    def source_name(self, subagent: Subagent) -> str:
        return subagent.source.name

    @admin.display(description="level")
    def level(self, subagent: Subagent) -> int:
        return subagent.depth

    @admin.display(description="last seen")
    def seen(self, subagent: Subagent) -> SafeString:
        return render_age(subagent.last_seen_at)

    @admin.display(description="its own id")
    def source_code(self, subagent: Subagent) -> SafeString:
        return render_code(make_visible(subagent.source_ref))

    @admin.display(description="delegated by")
    def parent_code(self, subagent: Subagent) -> SafeString:
        return render_code(make_visible(subagent.parent_ref) or "–")

    @admin.display(description="directory")
    def directory_code(self, subagent: Subagent) -> SafeString:
        return render_code(make_visible(subagent.working_directory) or "–")

    @admin.display(description="model")
    def model_name(self, subagent: Subagent) -> str:
        return make_visible(" ".join(filter(None, (subagent.provider, subagent.model)))) or "–"

    @admin.display(description="its tools")
    def limits(self, subagent: Subagent) -> str:
        if subagent.cao_server_id is None:
            return "by the engine's rules and its gate"
        return describe_enforcement(subagent.provider)

    @admin.display(description="started")
    def started(self, subagent: Subagent) -> str:
        return format_moment(subagent.started_at) if subagent.started_at else "not told"

    @admin.display(description="ended")
    def ended(self, subagent: Subagent) -> str:
        return format_moment(subagent.ended_at) if subagent.ended_at else "–"

    @admin.display(description="stopped by a person")
    def stopping(self, subagent: Subagent) -> str:
        if subagent.stop_asked_at is None:
            return "no"
        asked = format_moment(subagent.stop_asked_at)
        return f"{asked}; {subagent.stop_error} Tried again." if subagent.stop_error else asked

    # The page -------------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: Subagent) -> dict[str, Any]:
        """The whole tree it stands in, so that its place is seen."""
        rows = list_tree(obj)
        shown = list(rows[:SHOWN_DELEGATIONS])
        if all(row.pk != obj.pk for row in shown):
            shown.append(obj)
        more = rows.count() - len(shown) if len(shown) >= SHOWN_DELEGATIONS else 0
        return {"branches": grow_tree(shown, list_asks(shown)), "tree": Tree(obj.chat, more)}

    def object_buttons(self, request: HttpRequest, obj: Subagent) -> list[Button]:
        if obj.stop_asked_at or explain_not_stopping(get_principal(request), obj):
            return []
        if not any(is_stoppable(row) for row in list_below(obj)):
            return []
        hint = "This agent and everybody below it; what they ask is closed."
        return [Button(self.url_of(obj, "stop"), "Stop with all below", "bad", hint)]

    def action_urls(self) -> list[URLPattern]:
        return [self.action_path("<path:object_id>/stop/", self.stop)]

    @post_action
    def stop(self, request: HttpRequest, obj: Subagent) -> HttpResponse:
        principal = get_principal(request)
        if is_confirmed(request):
            stopped = stop_delegation(principal=principal, subagent_id=obj.pk)
            closed = stopped.requests + stopped.questions
            messages.success(
                request, f"Stopping {count(stopped.delegations, 'agent')}; closed {count(closed, 'request')}."
            )
            return self.redirect_to(obj)
        refuse(explain_not_stopping(principal, obj), "subagent", obj.pk)
        is_open = [row.status not in SubagentStatus.ended() for row in list_below(obj)]
        return show_confirmation(
            self,
            request,
            obj,
            title=f"Stop {make_visible(str(obj))}",
            sentences=[
                f"{count(sum(is_open), 'agent')} of {len(is_open)} in this tree have not ended.",
                "Their turns are aborted or their terminals removed, and what they are doing is lost.",
                "Their open requests and questions are closed and rejected.",
            ],
            label="Stop them",
            tone="bad",
        )


def is_stoppable(row: Subagent) -> bool:
    """Not ended; or a CAO worker, which stays after its task."""
    has_stayed = row.kind == SubagentKind.CAO_ASSIGN and row.status == SubagentStatus.COMPLETED
    return has_stayed or row.status not in SubagentStatus.ended()


def list_asks(rows: list[Subagent]) -> dict[str, list[Ask]]:
    """What waits for a person in each of these delegations; two queries, however many there are."""
    asks: dict[str, list[Ask]] = defaultdict(list)
    requests = PermissionRequest.objects.filter(subagent__in=rows, state=RequestState.PENDING)
    for request in requests.only("pk", "subagent_id", "permission").order_by("created_at", "pk"):
        url = reverse("admin:governance_permissionrequest_change", args=[request.pk])
        asks[str(request.subagent_id)].append(Ask(url, f"asks for {request.permission}"))
    questions = Question.objects.filter(subagent__in=rows, state=QuestionState.OPEN)
    for question in questions.only("pk", "subagent_id").order_by("created_at", "pk"):
        url = reverse("admin:governance_question_change", args=[question.pk])
        asks[str(question.subagent_id)].append(Ask(url, "asks a question"))
    return asks


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
