"""The lists' filters, as chips."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from procedures.enums import Area, AuthoredBy, ProposalState, SopState


class ChoiceFilter(SimpleListFilter):
    """One column; a value that is none of its choices selects nothing."""

    options: Any = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.options)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        if value not in {key for key, _ in self.lookup_choices}:
            return queryset.none()
        return self.filter(queryset, value)

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): value})


class ProposalStateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"
    options = ProposalState.choices


class AuthorFilter(ChoiceFilter):
    title = "written by"
    parameter_name = "authored_by"
    options = AuthoredBy.choices


class AreaFilter(ChoiceFilter):
    title = "area"
    parameter_name = "area"
    options = Area.choices


class SopStateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"
    options = (*SopState.choices, ("due", "review date has come"))

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value != "due":
            return queryset.filter(state=value)
        return queryset.filter(state=SopState.LIVE, review_by__lte=timezone.now().date())
