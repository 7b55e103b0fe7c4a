"""The lists' filters, as chips."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts.admin.base import get_principal
from accounts.queries import list_teams
from engines.queries import list_engines
from events.text import is_storable, make_visible
from mcp_servers.enums import EngineWish, IncidentKind, IncidentState, RequestState, ServerState
from mcp_servers.models import McpEngineStatus, McpRequest

MAX_CHOICES = 12
ENDED, WAITING = "ended", "waiting"


class KnownFilter(SimpleListFilter):
    """A value that is none of its choices selects nothing."""

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return self.filter_unasked(queryset)
        if not is_storable(value) or value not in {str(key) for key, _ in self.lookup_choices}:
            return queryset.none()
        return self.filter(queryset, value)

    def filter_unasked(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): value})


class StateFilter(KnownFilter):
    """What has ended stands apart."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        live = [ServerState.APPROVED, ServerState.ACTIVE, ServerState.DRIFTED, ServerState.SUSPENDED]
        states = [(state.value, str(state.label)) for state in live]
        return [(WAITING, "something is asked for"), *states, (ENDED, "ended")]

    def filter_unasked(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(retired_at=None)

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == ENDED:
            return queryset.exclude(retired_at=None)
        if value == WAITING:
            asked = McpRequest.objects.filter(server=OuterRef("pk"), state__in=sorted(RequestState.open()))
            return queryset.filter(Exists(asked))
        return queryset.filter(state=value)


class TeamFilter(KnownFilter):
    title = "team"
    parameter_name = "team"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        teams = list_teams(get_principal(request)).order_by("name")[: MAX_CHOICES + 1]
        return [(team.pk, make_visible(team.name)) for team in teams] if len(teams) > 1 else []

    def has_output(self) -> bool:
        return bool(self.lookup_choices)


class EngineFilter(KnownFilter):
    """Servers that an engine runs, or should."""

    title = "engine"
    parameter_name = "engine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        engines = list_engines(get_principal(request)).filter(retired_at=None).order_by("name")[:MAX_CHOICES]
        return [(engine.pk, make_visible(engine.name)) for engine in engines]

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        there = McpEngineStatus.objects.filter(server=OuterRef("pk"), engine_id=value, wanted=EngineWish.ON)
        return queryset.filter(Exists(there))


class IncidentStateFilter(KnownFilter):
    """Open ones unless others are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("acknowledged", "acknowledged"), ("any", "all")]

    def choices(self, changelist: Any) -> Any:
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "open"} if number == 0 else choice

    def filter_unasked(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=IncidentState.OPEN)

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset if value == "any" else queryset.filter(state=value)


class IncidentKindFilter(KnownFilter):
    title = "what"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in IncidentKind.choices]
