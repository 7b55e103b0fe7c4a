"""One kind's list: searched, filtered, a page at a time, in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.admin.base import get_principal, refuse_method
from accounts.admin.choices import Choice, Group
from accounts.admin.display import Pill, render_age, render_pill
from accounts.principal import Principal
from accounts.queries import list_teams
from configs.enums import KnownLabel
from configs.models import ConfigLabel
from configs.pages.desk import Desk, may_add
from configs.pages.doors import Door
from configs.pages.kinds import EVERYBODY, KindPage, name_owner
from configs.queries import list_labels_of, list_objects
from events.text import is_storable

PAGE_SIZE = 50
MAX_SEARCH = 200
PRODUCTION_CHOICES = (("latest", "the latest"), ("older", "an older version"), ("none", "not at all"))


@dataclass(frozen=True, slots=True)
class ListRow:
    url: str
    name: str
    note: str
    cells: list[tuple[str, SafeString | str]]


@dataclass
class Listing:
    """What the list's page shows."""

    search: str
    chosen: list[tuple[str, str]]
    groups: list[Group]
    columns: list[str]
    rows: list[ListRow] = field(default_factory=list)
    pages: list[Choice] = field(default_factory=list)
    count: int = 0

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.chosen)


def build_listing(door: Door, page: KindPage, request: HttpRequest, principal: Principal) -> Listing:
    values = {name: request.GET.get(name, "") for name in ("q", *list_parameters(page))}
    values = {name: value.strip() for name, value in values.items() if is_storable(value)}
    search = values.pop("q", "")[:MAX_SEARCH]
    teams = list(list_teams(principal).filter(retired_at=None).order_by("name").values_list("pk", "name"))
    filters = list_filters(page, teams)
    rows = list_objects(principal, page.kind)
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(key__icontains=search))
    for _, name, choices, query in filters:
        value = values.get(name, "")
        if name == "state" and not value:
            rows = rows.filter(retired_at=None)
        elif value:
            rows = rows.filter(query(value)) if value in dict(choices) else rows.none()
    rows = mark_production(page.prepare(rows), page.kind, values.get("production", ""))
    chosen = [(name, value) for name, value in values.items() if value]
    listing = Listing(search, chosen, list(build_groups(filters, search, dict(chosen))), list_columns(page))
    fill(listing, door, page, rows.order_by("-changed_at", "-pk"), request.GET.get("p", ""))
    return listing


def list_parameters(page: KindPage) -> list[str]:
    return [*(name for _, name, _, _ in page.filters), "production", "team", "state"]


def list_columns(page: KindPage) -> list[str]:
    return ["name", *(title for title, _ in page.columns), "labels", "belongs to", "changed"]


def list_filters(page: KindPage, teams: list[tuple[str, str]]) -> list[Any]:
    shown = [*page.filters, ("in production", "production", PRODUCTION_CHOICES, lambda _: Q())]
    owners = (*teams, (EVERYBODY, EVERYBODY))
    shown.append(
        (
            "belongs to",
            "team",
            owners,
            lambda value: Q(team=None) if value == EVERYBODY else Q(team_id=value),
        )
    )
    states = (("retired", "retired"), ("all", "with retired ones"))
    shown.append(
        ("state", "state", states, lambda value: Q(retired_at__isnull=False) if value == "retired" else Q())
    )
    return shown


def mark_production(rows: QuerySet[Any], kind: str, value: str) -> QuerySet[Any]:
    labels = ConfigLabel.objects.filter(kind=kind, object_id=OuterRef("pk"), name=KnownLabel.PRODUCTION)
    if value == "none":
        return rows.filter(~Exists(labels))
    if value in {"latest", "older"}:
        is_latest = Exists(labels.filter(number=OuterRef("version")))
        return rows.filter(is_latest if value == "latest" else Exists(labels) & ~is_latest)
    return rows


def build_groups(filters: list[Any], search: str, chosen: dict[str, str]) -> Iterator[Group]:
    for title, name, choices, _ in filters:
        first = "in use" if name == "state" else "all"
        all_choices = [("", first), *choices]
        yield Group(
            title,
            [
                Choice(words, make_url(search, {**chosen, name: value}), chosen.get(name, "") == value)
                for value, words in all_choices
            ],
        )


def make_url(search: str, chosen: dict[str, str], page: int = 1) -> str:
    values = {"q": search, **chosen, "p": str(page) if page > 1 else ""}
    return "?" + urlencode({name: value for name, value in values.items() if value})


def fill(listing: Listing, door: Door, page: KindPage, rows: QuerySet[Any], wanted: str) -> None:
    paginator = Paginator(rows, PAGE_SIZE)
    shown = paginator.get_page(wanted if wanted.isascii() and len(wanted) < 10 else 1)
    objects = list(shown.object_list)
    labels = list_labels_of(page.kind, objects)
    listing.count = paginator.count
    listing.rows = [build_row(door, page, row, labels[row.pk]) for row in objects]
    listing.pages = list(build_pages(listing, shown))


def build_pages(listing: Listing, shown: Page[Any]) -> Iterator[Choice]:
    chosen = dict(listing.chosen)
    for item in shown.paginator.get_elided_page_range(shown.number, on_each_side=2, on_ends=1):
        is_number = isinstance(item, int)
        url = make_url(listing.search, chosen, item) if isinstance(item, int) else ""
        yield Choice(str(item), url, is_number and item == shown.number)


def build_row(door: Door, page: KindPage, row: Any, labels: dict[str, int]) -> ListRow:
    cells: list[tuple[str, SafeString | str]] = [(title, show(row)) for title, show in page.columns]
    cells.append(("labels", show_labels(row, labels)))
    cells.append(("belongs to", format_html("{}", name_owner(row))))
    cells.append(("changed", render_age(row.changed_at)))
    return ListRow(door.url(page.kind, "show", row.pk), row.name, page.note(row), cells)


def show_labels(row: Any, labels: dict[str, int]) -> SafeString:
    pills = [make_label_pill(name, number, row.version) for name, number in labels.items()]
    if row.retired_at:
        pills.insert(0, Pill("retired", "off", ""))
    return format_html('<span class="cell-pills">{}</span>', mark_safe("".join(map(render_pill, pills))))  # noqa: S308


def make_label_pill(name: str, number: int, latest: int) -> Pill:
    """A label and its version; `production` is marked as behind when a later version is there."""
    words = f"{name} {number}"
    if name == KnownLabel.DRAFT:
        return Pill(words, "dot", "")
    if name == KnownLabel.PRODUCTION:
        return Pill(words, "check", "ok") if number == latest else Pill(words, "clock", "wait")
    return Pill(words, "star", "info")


def answer_list(desk: Desk, request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return refuse_method(request, "GET", "HEAD")
    principal = get_principal(request)
    context = {
        "listing": build_listing(desk.door, desk.page, request, principal),
        "add_url": desk.url("add") if may_add(principal) else "",
    }
    return desk.render(request, "configs/list.html", context)
