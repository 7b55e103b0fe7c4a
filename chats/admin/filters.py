"""How operators narrow the list of chats. What is archived is left out unless it is asked for."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.admin.base import get_principal
from chats.queries import filter_by_tag, list_tags
from engines.enums import Turn
from engines.models import Chat

WAITING, UNREAD, MINE = "waiting", "unread", "mine"
ARCHIVED, ALL = "archived", "all"


class TurnFilter(admin.SimpleListFilter):
    title = "turn"
    parameter_name = "turn"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Turn.choices, (WAITING, "waits for a person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Chat]) -> QuerySet[Chat]:
        if self.value() == WAITING:
            return queryset.filter(Q(waiting__gt=0))
        return queryset.filter(turn=self.value()) if self.value() in Turn.values else queryset


class ShownFilter(admin.SimpleListFilter):
    title = "show"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(MINE, "mine"), (UNREAD, "unread"), (ARCHIVED, "archived"), (ALL, "archived ones too")]

    def choices(self, changelist: Any) -> Any:
        """The unfiltered list is that of what is in use."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "in use"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Chat]) -> QuerySet[Chat]:
        if self.value() == ALL:
            return queryset
        chats = queryset.filter(archived_at__isnull=self.value() != ARCHIVED)
        if self.value() == MINE:
            return chats.filter(user=get_principal(request).user)
        return chats.filter(Q(is_unread=True)) if self.value() == UNREAD else chats


class TagFilter(admin.SimpleListFilter):
    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(tag, tag) for tag in list_tags(get_principal(request))[:30]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Chat]) -> QuerySet[Chat]:
        tag = self.value()
        return filter_by_tag(queryset, tag) if tag else queryset
