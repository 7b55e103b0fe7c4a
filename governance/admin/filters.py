"""The inbox's filters, shown as chips above the list, and what else its address may say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.base import get_principal
from engines.queries import list_engines
from events.identifiers import is_record_id
from events.text import is_storable, make_visible
from governance.enums import Risk
from governance.models import PermissionRequest
from governance.queries import list_requests
from governance.tabs import Tab

# The choices are read off the newest requests: a look at every row would grow with the history.
RECENT_REQUESTS = 200
MAX_CHOICES = 12
SHOWN_CHARACTERS = 40
RECENT = "_countersign_recent_requests"
RECENT_COLUMNS = ("permission", "agent", "directory")
BEFORE = "before"


class InboxFilter(SimpleListFilter):
    """One filter. `is_chip` filters stand among the chips; the others are tabs and switches."""

    is_chip = True
    title: str
    parameter_name: str

    def has_output(self) -> bool:
        """Also with a single choice, so that a filter in the address is never ignored without a word."""
        return True

    def filter(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest], value: str
    ) -> QuerySet[PermissionRequest]:
        raise NotImplementedError

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest]
    ) -> QuerySet[PermissionRequest]:
        value = self.value()
        if not value:
            return queryset
        return self.filter(request, queryset, value) if is_storable(value) else queryset.none()

    def describe(self) -> str:
        """The chosen value in words; "" when nothing is chosen."""
        value = self.value()
        if not value:
            return ""
        return next((str(label) for key, label in self.lookup_choices if key == value), make_visible(value))


class Switch(InboxFilter):
    """A word of the address that changes how the list reads, not what it holds."""

    is_chip = False
    choices_: tuple[tuple[str, str], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.choices_)

    def value(self) -> str:
        value = super().value()
        return value if value in dict(self.choices_) else ""

    def filter(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest], value: str
    ) -> QuerySet[PermissionRequest]:
        return queryset


class TabSwitch(Switch):
    """The list itself narrows to the tab, because it counts the others beside it."""

    title = "tab"
    parameter_name = "tab"
    choices_ = tuple(Tab.choices)

    def value(self) -> str:
        return super().value() or Tab.MINE


class GroupSwitch(Switch):
    title = "grouping"
    parameter_name = "group"
    choices_ = (("session", "By session"),)


class OrderSwitch(Switch):
    title = "order"
    parameter_name = "order"
    choices_ = (("ending", "Soonest to end first"),)


class BeforeMoment(InboxFilter):
    """Where a look further back begins; the list reads it by itself."""

    is_chip = False
    title = "before"
    parameter_name = BEFORE

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "any time")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest]
    ) -> QuerySet[PermissionRequest]:
        return queryset


class EngineFilter(InboxFilter):
    title = "engine"
    parameter_name = "engine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(engine.pk, engine.name) for engine in list_engines(get_principal(request)).order_by("name")]

    def filter(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest], value: str
    ) -> QuerySet[PermissionRequest]:
        return filter_by_key(queryset, "engine_id", value)


class RecentValueFilter(InboxFilter):
    """Choices are what the newest requests hold in one column."""

    is_content = False

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        values = list_recent_values(request, self.parameter_name, members_only=self.is_content)
        asked = request.GET.get(self.parameter_name)
        shown = sorted({*values[:MAX_CHOICES], *([asked] if asked else [])})
        return [(value, shorten_start(make_visible(value))) for value in shown]

    def filter(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest], value: str
    ) -> QuerySet[PermissionRequest]:
        if self.is_content:
            queryset = queryset.filter(team_id__in=get_principal(request).team_ids)
        return queryset.filter(**{self.parameter_name: value})


class PermissionFilter(RecentValueFilter):
    title = "permission"
    parameter_name = "permission"


class AgentFilter(RecentValueFilter):
    title = "agent"
    parameter_name = "agent"


class DirectoryFilter(RecentValueFilter):
    """A path names what is worked on: members only, as the command."""

    title = "project"
    parameter_name = "directory"
    is_content = True


class RiskFilter(InboxFilter):
    title = "risk"
    parameter_name = "risk"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(Risk.HIGH.value, "high"), (Risk.NORMAL.value, "normal")]

    def filter(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest], value: str
    ) -> QuerySet[PermissionRequest]:
        return queryset.filter(risk=value)


class FindingsFilter(InboxFilter):
    title = "findings"
    parameter_name = "findings"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "has findings"), ("no", "none")]

    def filter(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest], value: str
    ) -> QuerySet[PermissionRequest]:
        if value not in {"yes", "no"}:
            return queryset.none()
        return queryset.filter(findings=[]) if value == "no" else queryset.exclude(findings=[])


class AgeFilter(InboxFilter):
    title = "age"
    parameter_name = "age"
    # value: (label, at least this old, younger than this)
    spans: dict[str, tuple[str, timedelta | None, timedelta | None]] = {
        "fresh": ("under 10 minutes", None, timedelta(minutes=10)),
        "hour": ("under an hour", None, timedelta(hours=1)),
        "day": ("under a day", None, timedelta(days=1)),
        "week": ("under a week", None, timedelta(days=7)),
        "older": ("over an hour", timedelta(hours=1), None),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, label) for value, (label, _, _) in self.spans.items()]

    def filter(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest], value: str
    ) -> QuerySet[PermissionRequest]:
        if value not in self.spans:
            return queryset.none()
        _, least, most = self.spans[value]
        now = timezone.now()
        if least is not None:
            queryset = queryset.filter(created_at__lte=now - least)
        return queryset if most is None else queryset.filter(created_at__gt=now - most)


class ChatFilter(InboxFilter):
    """Set by a chat's page; it has no choices of its own, only a way out."""

    title = "chat"
    parameter_name = "chat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        asked = request.GET.get(self.parameter_name)
        return [(asked, "this chat")] if asked else []

    def filter(
        self, request: HttpRequest, queryset: QuerySet[PermissionRequest], value: str
    ) -> QuerySet[PermissionRequest]:
        return filter_by_key(queryset, "chat_id", value)


def filter_by_key(queryset: QuerySet[PermissionRequest], field: str, key: str) -> QuerySet[PermissionRequest]:
    """What can't be a key: nothing."""
    return queryset.filter(**{field: key}) if is_record_id(key) else queryset.none()


def list_recent_values(request: HttpRequest, column: str, *, members_only: bool) -> list[str]:
    """What stands in one column of the newest requests, most frequent first; read once for all columns."""
    rows: list[tuple[str, ...]] | None = getattr(request, RECENT, None)
    principal = get_principal(request)
    if rows is None:
        recent = list_requests(principal).order_by("-created_at", "-id")
        rows = list(recent.values_list("team_id", *RECENT_COLUMNS)[:RECENT_REQUESTS])
        setattr(request, RECENT, rows)
    position = RECENT_COLUMNS.index(column) + 1
    counts = Counter(row[position] for row in rows if not members_only or row[0] in principal.team_ids)
    counts.pop("", None)
    return sorted(counts, key=lambda value: (-counts[value], value))


def shorten_start(text: str) -> str:
    """The end of a path tells more than its start."""
    return text if len(text) <= SHOWN_CHARACTERS else f"…{text[-SHOWN_CHARACTERS + 1 :]}"


def list_chips(cl: Any) -> Iterator[InboxFilter]:
    return (spec for spec in cl.filter_specs if getattr(spec, "is_chip", False))
