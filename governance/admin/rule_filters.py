"""The rule lists' filters, as chips."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.base import get_principal
from events.text import is_storable, make_visible
from governance.enums import RuleEffect, RuleMode, RuleState, TargetEffect
from governance.rule_queries import filter_applying, list_rules

UNUSED_DAYS = (7, 30, 90)
MAX_CHOICES = 12
SHOWN_CHARACTERS = 40


class RuleFilter(SimpleListFilter):
    """One filter; a value that is none of its choices selects nothing."""

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        if not is_storable(value) or value not in {str(key) for key, _ in self.lookup_choices}:
            return queryset.none()
        return self.filter(queryset, value)

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): value})


class StateFilter(RuleFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*RuleState.choices, ("over", "on, but ended or used up")]

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        now = timezone.now()
        if value == RuleState.ACTIVE:
            return filter_applying(queryset, now)
        if value == "over":
            active = queryset.filter(state=RuleState.ACTIVE)
            return active.exclude(pk__in=filter_applying(active, now).order_by().values("pk"))
        return queryset.filter(state=value)


class EffectFilter(RuleFilter):
    title = "effect"
    parameter_name = "effect"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(RuleEffect.choices)


class TargetEffectFilter(EffectFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(TargetEffect.choices)


class ModeFilter(RuleFilter):
    title = "mode"
    parameter_name = "mode"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(RuleMode.choices)


class PermissionFilter(RuleFilter):
    title = "verb"
    parameter_name = "permission"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        used = list_rules(get_principal(request)).order_by().values_list("permission", flat=True).distinct()
        return [(verb, make_visible(verb)[:SHOWN_CHARACTERS]) for verb in sorted(used)[:MAX_CHOICES]]


class UnusedFilter(RuleFilter):
    """Rules that are on and have decided nothing for some days; younger ones have had no time to."""

    title = "unused for"
    parameter_name = "unused"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(days), f"{days} days") for days in UNUSED_DAYS]

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        since = timezone.now() - timedelta(days=int(value))
        quiet = Q(use=None) | Q(use__last_hit_at=None) | Q(use__last_hit_at__lt=since)
        return queryset.filter(quiet, state=RuleState.ACTIVE, activated_at__lt=since)
