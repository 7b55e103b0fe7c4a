"""The filter of what everybody has of their own, and owners see of everybody."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import get_principal
from accounts.policies import can_manage_users


class WhoseFilter(admin.SimpleListFilter):
    """One's own unless an owner asks for everybody's, or for one person's."""

    title = "whose"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("everybody", "Everybody's")] if can_manage_users(get_principal(request)) else []

    def has_output(self) -> bool:
        return bool(self.lookup_choices)

    def choices(self, changelist: Any) -> Any:
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "Mine"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The list holds only one's own for those who are no owners."""
        if self.value() == "everybody":
            return queryset
        return queryset.filter(user_id=self.value() or request.user.pk)
