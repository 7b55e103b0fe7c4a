"""The inbox's filters, shown as chips above the list. The state's default is what waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import get_principal
from engines.queries import list_engines
from events.identifiers import is_record_id
from events.text import is_storable
from governance.enums import RequestState
from governance.models import PermissionRequest
from governance.queries import list_requests

PENDING, DECIDED, ALL = "pending", "decided", "all"
# The verbs are read off the newest requests: a look at every row would grow with the history.
RECENT_REQUESTS = 500


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(PENDING, "Waiting"), (DECIDED, "Decided"), (ALL, "All")]

    def value(self) -> str:
        value = super().value()
        return value if value in {PENDING, DECIDED, ALL} else PENDING

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in self.lookup_choices:
            parameters = {self.parameter_name: None if value == PENDING else value}
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(parameters),
                "display": label,
                "value": value,
            }

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest]
    ) -> QuerySet[PermissionRequest]:
        if self.value() == PENDING:
            return queryset.filter(state=RequestState.PENDING)
        if self.value() == DECIDED:
            return queryset.filter(state__in=list(RequestState.closed()))
        return queryset


class EngineFilter(SimpleListFilter):
    title = "engine"
    parameter_name = "engine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(engine.pk, engine.name) for engine in list_engines(get_principal(request)).order_by("name")]

    def has_output(self) -> bool:
        """Also for one engine, so that a filter in the address is never ignored without a word."""
        return True

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest]
    ) -> QuerySet[PermissionRequest]:
        return filter_by_key(queryset, "engine_id", self.value())


class PermissionFilter(SimpleListFilter):
    title = "permission"
    parameter_name = "permission"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        recent = list_requests(get_principal(request)).order_by("-created_at", "-id")
        verbs = set(recent.values_list("permission", flat=True)[:RECENT_REQUESTS])
        asked = request.GET.get(self.parameter_name)
        return [(verb, verb) for verb in sorted(verbs | ({asked} if asked else set()))]

    def has_output(self) -> bool:
        return True

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest]
    ) -> QuerySet[PermissionRequest]:
        verb = self.value()
        if not verb:
            return queryset
        return queryset.filter(permission=verb) if is_storable(verb) else queryset.none()


class ChatFilter(SimpleListFilter):
    """Set by a chat's page; it has no chips of its own, only a way out."""

    title = "chat"
    parameter_name = "chat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        asked = request.GET.get(self.parameter_name)
        return [(asked, "this chat")] if asked else []

    def has_output(self) -> bool:
        return True

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest]
    ) -> QuerySet[PermissionRequest]:
        return filter_by_key(queryset, "chat_id", self.value())


def filter_by_key(
    queryset: QuerySet[PermissionRequest], field: str, key: str | None
) -> QuerySet[PermissionRequest]:
    """No key: everything; what can't be one: nothing."""
    if not key:
        return queryset
    return queryset.filter(**{field: key}) if is_record_id(key) else queryset.none()
