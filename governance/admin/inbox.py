"""The inbox: tabs, filters, search, and rows that a page asks for while it is open."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from accounts.admin.base import PortalModelAdmin, get_principal
from accounts.principal import Principal
from events.identifiers import is_record_id
from events.text import is_storable
from governance.admin.empty_tabs import describe_empty
from governance.admin.filters import (
    AgeFilter,
    AgentFilter,
    BeforeMoment,
    ChatFilter,
    DirectoryFilter,
    EngineFilter,
    FindingsFilter,
    GroupSwitch,
    OrderSwitch,
    PermissionFilter,
    RiskFilter,
    TabSwitch,
)
from governance.admin.inbox_keys import list_keys
from governance.admin.inbox_list import COUNTED, BoundedPaginator, InboxList, find_by_id, read_tab
from governance.admin.rows import build_rows, group_rows, list_for_rows
from governance.models import PermissionRequest
from governance.policies import can_see_request
from governance.tabs import Tab

# A page that refreshes itself asks for its rows only, and names those it holds.
ROWS_PARAMETER, KNOWN_PARAMETER = "_rows", "_known"
MAX_KNOWN = 200
MAX_WORDS = 8


class InboxAdmin(PortalModelAdmin):
    """The list half of the requests' admin."""

    subject_kind = "permission_request"
    list_name = "Inbox"
    change_list_template = "admin/governance/permissionrequest/change_list.html"
    list_display = ("summary",)
    list_filter = (
        TabSwitch,
        GroupSwitch,
        OrderSwitch,
        BeforeMoment,
        EngineFilter,
        PermissionFilter,
        AgentFilter,
        DirectoryFilter,
        RiskFilter,
        FindingsFilter,
        AgeFilter,
        ChatFilter,
    )
    ordering = ("-created_at", "-id")
    sortable_by = ()
    search_fields = ("summary",)
    search_help_text = "Words of the command or chat title, or the id of a request, session or tool call"

    def list_visible(self, principal: Principal) -> QuerySet[PermissionRequest]:
        return list_for_rows(principal)

    def can_see(self, principal: Principal, obj: PermissionRequest) -> bool:
        return can_see_request(principal, obj)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[InboxList]:
        return InboxList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        if request.GET.get("order") == "ending" and read_tab(request) in Tab.open():
            return ("expires_at", "id")
        return self.ordering

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: QuerySet[PermissionRequest],
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> BoundedPaginator:
        page = request.GET.get(PAGE_VAR, "1")
        number = int(page) if page.isdecimal() and len(page) < 8 else 1
        return BoundedPaginator(queryset, per_page, bound=max(COUNTED, number * per_page))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Ids exactly, else every word somewhere in the masked summary or the chat's title."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if not is_storable(term):
            return queryset.none(), False
        named = find_by_id(request)
        if named:
            return queryset.filter(pk__in=named), False
        # Only in what the reader may read: a search must not tell what a summary or a title holds.
        words = Q(team_id__in=get_principal(request).team_ids)
        for word in term.split()[:MAX_WORDS]:
            words &= Q(summary__icontains=word) | Q(chat__title__icontains=word)
        return queryset.filter(Q(tool_call_id=term) | words), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        only_rows, known = self.take_parameters(request)
        response = super().changelist_view(request, extra_context)
        if not isinstance(response, TemplateResponse) or response.context_data is None:
            return response
        context = response.context_data
        if "cl" not in context:
            return response
        principal, inbox = get_principal(request), context["cl"]
        shown = list(inbox.result_list)
        gone = known - {asked.pk for asked in shown}
        if gone:
            shown += list_for_rows(principal).filter(pk__in=gone).order_by("-created_at", "-id")
        rows = build_rows(principal, shown, marked=True)
        context["rows"] = rows
        context["groups"] = group_rows(rows) if inbox.is_grouped() else []
        context["gone"] = gone
        context["can_select"] = any(row.may_decide for row in rows)
        context["empty"] = describe_empty(principal, inbox)
        context["keys"] = list_keys()
        if only_rows:
            response.template_name = "admin/governance/permissionrequest/rows_answer.html"
        return response

    def take_parameters(self, request: HttpRequest) -> tuple[bool, set[str]]:
        """(whether only rows are wanted, ids that the page holds); the list itself must not see these."""
        parameters = request.GET.copy()
        only_rows = bool(parameters.pop(ROWS_PARAMETER, []))
        given = {part for text in parameters.pop(KNOWN_PARAMETER, []) for part in text.split(",")}
        known = {part for part in given if is_record_id(part)}
        request.GET = parameters  # type: ignore[assignment]  # a QueryDict of the same kind
        return only_rows, set(sorted(known)[:MAX_KNOWN]) if only_rows else set()
