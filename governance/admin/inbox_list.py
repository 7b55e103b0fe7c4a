"""The inbox's list: one tab of it, without ever counting or sorting the whole history.

Two things would grow with the history and are bounded here. Counting stops at `COUNTED` rows (or at the page
that is shown). Filters and words that no index answers look through the newest `LOOK_BACK` rows of a history
tab; the page says so and offers to look further back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.admin.base import get_principal
from accounts.principal import Principal
from engines.queries import list_engines
from events.actors import ActorKind
from events.identifiers import is_record_id
from events.text import is_storable
from governance.admin.filters import BEFORE, InboxFilter, list_chips
from governance.admin.rows import list_for_rows
from governance.models import PermissionRequest
from governance.queries import list_by_engine_id
from governance.tabs import Tab, filter_tab

COUNTED = 500
MAX_FOUND_BY_ID = 200
FOUND_BY_ID = "_countersign_found_by_id"
LOOK_BACK = 10_000
# Above this many teams the database sorts for itself.
MAX_MERGED_TEAMS = 8
TABS_WITH_COUNT = (Tab.MINE, Tab.PENDING, Tab.WAITING)


class BoundedPaginator(Paginator):
    """Counts no further than `bound` rows; `is_bounded` says that there are more."""

    def __init__(self, rows: QuerySet[PermissionRequest], per_page: int, *, bound: int) -> None:
        super().__init__(rows, per_page)
        self.rows, self.bound = rows, bound

    @cached_property
    def counted(self) -> int:
        return count_up_to(self.rows, self.bound + 1)

    @property
    def is_bounded(self) -> bool:
        return self.counted > self.bound

    @cached_property
    def count(self) -> int:
        return min(self.counted, self.bound)


def count_up_to(rows: QuerySet[PermissionRequest], bound: int) -> int:
    return rows.order_by("-created_at", "-id").values("pk")[:bound].count()


@dataclass(frozen=True, slots=True)
class TabLink:
    """`count` is what the tab holds under the same filters, as "7" or "500+"; "" for the history."""

    tab: Tab
    url: str
    count: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """One filter that narrows the list, and the address without it."""

    title: str
    value: str
    url: str


class InboxList(ChangeList):
    """Django's changelist, narrowed to a tab."""

    tab: Tab
    principal: Principal
    now: datetime
    looked_back_to: datetime | None = None
    result_count_is_bounded: bool = False

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[PermissionRequest]:
        principal, now = get_principal(request), timezone.now()
        self.tab, self.principal, self.now = read_tab(request), principal, now
        if self.tab not in Tab.open():
            history = filter_tab(self.root_queryset, tab=self.tab, principal=principal, now=now)
            self.root_queryset = self.look_back(history, request)
        found: QuerySet[PermissionRequest] = super().get_queryset(request, exclude_parameters)
        self.filtered = found
        if self.tab in Tab.open():
            return filter_tab(found, tab=self.tab, principal=principal, now=now)
        parts = self.list_parts(request, principal)
        if len(parts) == 1 and not is_narrowed(request):
            return found
        return self.pin(found, parts)

    def look_back(
        self, history: QuerySet[PermissionRequest], request: HttpRequest
    ) -> QuerySet[PermissionRequest]:
        """The part of the history that is looked through; all of it when nothing narrows the list."""
        before = read_moment(request.GET.get(BEFORE, ""))
        if find_by_id(request):
            return history
        if before is not None:
            history = history.filter(created_at__lt=before)
        if not is_narrowed(request):
            return history
        times = history.order_by("-created_at", "-id").values_list("created_at", flat=True)
        edge = list(times[LOOK_BACK - 1 : LOOK_BACK + 1])
        if len(edge) < 2:
            return history
        self.looked_back_to = edge[0]
        return history.filter(created_at__gte=self.looked_back_to)

    def list_parts(self, request: HttpRequest, principal: Principal) -> list[Q]:
        """The history in pieces that an index gives newest first; of all at once, a database sorts it."""
        teams = sorted(principal.team_ids)
        if request.GET.get("chat"):
            return [Q()]
        by_team = [Q()]
        if not principal.sees_all_teams and 1 < len(teams) <= MAX_MERGED_TEAMS:
            by_team = [Q(team_id=team_id) for team_id in teams]
        if self.tab != Tab.ALL:
            return by_team
        kinds = [Q(decided_by_kind=kind) for kind in ("", ActorKind.USER, ActorKind.RULE)]
        return [team & kind for team in by_team for kind in kinds]

    def pin(self, found: QuerySet[PermissionRequest], parts: list[Q]) -> QuerySet[PermissionRequest]:
        """The newest rows of all parts by their keys: looked for once, then counted and shown."""
        bound = self.reach() + 1
        newest: list[tuple[datetime, str]] = []
        for part in parts:
            rows = found.filter(part).order_by("-created_at", "-id").values_list("created_at", "pk")
            newest += list(rows[:bound])
        keys = [pk for _, pk in sorted(newest, reverse=True)[:bound]]
        ordering = found.query.order_by
        return list_for_rows(self.principal).filter(pk__in=keys).order_by(*ordering)

    def reach(self) -> int:
        """How many rows the page and its count look at."""
        return max(COUNTED, self.page_num * self.list_per_page)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_count_is_bounded = bool(getattr(self.paginator, "is_bounded", False))

    # What the page shows around the rows --------------------------------------------------------------

    def list_tabs(self) -> list[TabLink]:
        shown = [tab for tab in Tab if tab != Tab.ALL or self.tab == Tab.ALL]
        return [
            TabLink(tab, self.tab_url(tab), self.count_tab(tab), is_current=tab == self.tab) for tab in shown
        ]

    def tab_url(self, tab: Tab) -> str:
        return self.get_query_string({"tab": None if tab == Tab.MINE else tab.value, BEFORE: None})

    def count_tab(self, tab: Tab) -> str:
        """Under the filters that hold now; only where all of it is bounded by what waits."""
        if tab not in TABS_WITH_COUNT or self.tab not in Tab.open():
            return ""
        rows = filter_tab(self.filtered, tab=tab, principal=self.principal, now=self.now)
        return format_count(count_up_to(rows, COUNTED + 1))

    @property
    def has_filter_choices(self) -> bool:
        return any(len(spec.lookup_choices) > 0 for spec in list_chips(self))

    def list_active(self) -> list[ActiveFilter]:
        active = [
            ActiveFilter(spec.title, spec.describe(), self.get_query_string({spec.parameter_name: None}))
            for spec in list_chips(self)
            if spec.describe()
        ]
        if self.query:
            active.append(ActiveFilter("search", self.query, self.get_query_string({"q": None})))
        return active

    def clear_url(self) -> str:
        kept: dict[str, object] = {name: self.params[name] for name in KEPT if name in self.params}
        return f"?{urlencode(kept)}"

    def switch_url(self, name: str, value: str) -> str:
        return self.get_query_string({name: None if self.params.get(name) == value else value})

    def further_back_url(self) -> str:
        """The same look at what is older still; "" when everything was looked through."""
        if self.looked_back_to is None:
            return ""
        return self.get_query_string({BEFORE: self.looked_back_to.isoformat()})

    def is_grouped(self) -> bool:
        return self.params.get("group") == "session"

    def is_open_tab(self) -> bool:
        return self.tab in Tab.open()

    def is_ending_first(self) -> bool:
        return self.is_open_tab() and self.params.get("order") == "ending"

    def group_url(self) -> str:
        return self.switch_url("group", "session")

    def order_url(self) -> str:
        return self.switch_url("order", "ending")

    def newer_url(self) -> str:
        """The page before this one; "" on the first."""
        if self.page_num <= 1:
            return ""
        return self.get_query_string({PAGE_VAR: None if self.page_num == 2 else self.page_num - 1})

    def older_url(self) -> str:
        """The page after this one; "" on the last. A count that stopped early has more to show."""
        if self.page_num * self.list_per_page >= self.paginator.counted:
            return ""
        return self.get_query_string({PAGE_VAR: self.page_num + 1})

    look_back_rows = LOOK_BACK

    def count_words(self) -> str:
        return f"{self.result_count}+" if self.result_count_is_bounded else str(self.result_count)

    def list_filters(self) -> list[InboxFilter]:
        return [spec for spec in list_chips(self) if spec.parameter_name != "chat"]


def format_count(count: int) -> str:
    return f"{COUNTED}+" if count > COUNTED else str(count)


def read_tab(request: HttpRequest) -> Tab:
    """What the address says, else what this person may decide."""
    word = request.GET.get("tab", "")
    return Tab(word) if word in Tab.values else Tab.MINE


def find_by_id(request: HttpRequest) -> list[str]:
    """Requests of the whole history that the search names: by their id, the engine's or the session's."""
    known: list[str] | None = getattr(request, FOUND_BY_ID, None)
    if known is not None:
        return known
    term = request.GET.get(SEARCH_VAR, "").strip()
    found: set[str] = set()
    if term and " " not in term and is_storable(term):
        engines = list(list_engines(get_principal(request)).order_by().values_list("pk", flat=True))
        # One at a time, because each has an index of its own. Rights are the list's own.
        for rows in (
            PermissionRequest.objects.filter(pk=term if is_record_id(term) else ""),
            PermissionRequest.objects.filter(engine_id__in=engines, session_id=term),
            list_by_engine_id(engines, [term]),
        ):
            found.update(rows.order_by().values_list("pk", flat=True)[:MAX_FOUND_BY_ID])
    setattr(request, FOUND_BY_ID, sorted(found))
    return sorted(found)


def read_moment(text: str) -> datetime | None:
    """None for what is no moment with a time zone."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and timezone.is_aware(moment) else None


# What stays when every filter is cleared.
KEPT: tuple[str, ...] = ("tab", "group", "order")
NOT_NARROWING = frozenset({"tab", "group", "order", BEFORE, PAGE_VAR, "e", "chat"})


def is_narrowed(request: HttpRequest) -> bool:
    """Something in the address is looked for row by row; a chat has an index of its own."""
    if request.GET.get("chat"):
        return False
    return any(value for name, value in request.GET.items() if name not in NOT_NARROWING)
