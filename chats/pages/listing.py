"""The list of chats: searched, filtered, a page at a time, in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.admin.base import get_principal, refuse_method
from accounts.admin.choices import Choice, Group
from accounts.principal import Principal
from chats.pages.desk import render
from chats.pages.keys import LIST_KEYS
from chats.pages.menu import ChatRow, build_row, may_create
from chats.queries import list_chats, list_tags
from engines.enums import Turn
from engines.models import Chat
from events.text import is_storable

PAGE_SIZE = 40
MAX_SEARCH = 200
MAX_TAGS = 30
MINE, EVERYBODY = "mine", "all"
UNREAD, WAITING, ARCHIVED = "unread", "waiting", "archived"
# parameter -> (title, [(value, words)]); the first value stands when none is given.
FILTERS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "whose": ("whose", ((MINE, "mine"), (EVERYBODY, "everybody's"))),
    "turn": (
        "turn",
        (("", "any"), (Turn.USER, "yours"), (Turn.ASSISTANT, "the agent's"), (WAITING, "waits for a person")),
    ),
    "show": ("show", (("", "all"), (UNREAD, "unread"), (ARCHIVED, "archived"))),
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the address asks for; what no filter knows is as if it were not there."""

    text: str = ""
    whose: str = MINE
    turn: str = ""
    show: str = ""
    tag: str = ""

    def as_values(self) -> dict[str, str]:
        return {
            "q": self.text,
            "whose": "" if self.whose == MINE else self.whose,
            "turn": self.turn,
            "show": self.show,
            "tag": self.tag,
        }

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.turn or self.show or self.tag)


def answer_list(request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return refuse_method(request, "GET", "HEAD")
    principal = get_principal(request)
    if not principal.team_ids:
        raise PermissionDenied
    return render(request, "chats/list.html", build_list(request, principal))


def build_list(request: HttpRequest, principal: Principal) -> dict[str, object]:
    wishes = read_wishes(request)
    wanted = request.GET.get("p", "")
    paginator = Paginator(find_chats(principal, wishes).order_by("-last_active", "-pk"), PAGE_SIZE)
    page = paginator.get_page(wanted if wanted.isascii() and len(wanted) < 10 else 1)
    rows: list[ChatRow] = [build_row(chat, principal.user.pk) for chat in page.object_list]
    return {
        "title": "Chats",
        "wishes": wishes,
        "hidden": [(name, value) for name, value in wishes.as_values().items() if value and name != "q"],
        "groups": list(build_groups(wishes)),
        "tags": list(build_tags(wishes, list_tags(principal)[:MAX_TAGS])),
        "rows": rows,
        "count": paginator.count,
        "pages": list(build_pages(wishes, page)),
        "may_create": may_create(principal),
        "keys": LIST_KEYS,
    }


def read_wishes(request: HttpRequest) -> Wishes:
    values = {name: request.GET.get(name, "").strip() for name in ("q", "whose", "turn", "show", "tag")}
    values = {name: value if is_storable(value) else "" for name, value in values.items()}
    known = {
        name: values[name] if values[name] in dict(choices) else choices[0][0]
        for name, (_, choices) in FILTERS.items()
    }
    return Wishes(text=values["q"][:MAX_SEARCH], tag=values["tag"][:MAX_SEARCH], **known)


def find_chats(principal: Principal, wishes: Wishes) -> QuerySet[Chat]:
    chats = list_chats(
        principal,
        text=wishes.text,
        tag=wishes.tag,
        is_unread=True if wishes.show == UNREAD else None,
        is_archived=wishes.show == ARCHIVED,
        is_mine=wishes.whose == MINE,
    )
    if wishes.turn == WAITING:
        return chats.filter(Q(waiting__gt=0))
    return chats.filter(turn=wishes.turn) if wishes.turn else chats


def build_groups(wishes: Wishes) -> Iterator[Group]:
    chosen = {"whose": wishes.whose, "turn": wishes.turn, "show": wishes.show}
    for name, (title, choices) in FILTERS.items():
        yield Group(
            title,
            [
                Choice(words, make_url(wishes, 1, **{name: value}), chosen[name] == value)
                for value, words in choices
            ],
        )


def build_tags(wishes: Wishes, tags: list[str]) -> Iterator[Choice]:
    """A tag that is chosen leads back to all."""
    for tag in dict.fromkeys([*tags, *([wishes.tag] if wishes.tag else [])]):
        is_chosen = tag == wishes.tag
        yield Choice(tag, make_url(wishes, 1, tag="" if is_chosen else tag), is_chosen)


def make_url(wishes: Wishes, page: int = 1, **changed: str) -> str:
    values = {**wishes.as_values(), **changed, "p": str(page) if page > 1 else ""}
    if values["whose"] == MINE:
        values["whose"] = ""
    return "?" + urlencode({name: value for name, value in values.items() if value})


def build_pages(wishes: Wishes, page: Page[Chat]) -> Iterator[Choice]:
    for item in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1):
        url = make_url(wishes, item) if isinstance(item, int) else ""
        yield Choice(str(item), url, item == page.number)
