"""What an audit page's address selects, and the chips that change it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from events.actors import ActorKind, Door
from events.audit_reading import Selection, known_words
from events.text import is_storable

TEXTS = ("actor", "actor_kind", "group", "verb", "subject", "subject_kind", "door")
TIMES = ("within", "from", "to")
SEARCH, BELOW = "q", "below"
MAX_LENGTH = 64
SPANS = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("24 hours", timedelta(hours=24)),
    "7d": ("7 days", timedelta(days=7)),
    "30d": ("30 days", timedelta(days=30)),
}
# Nothing has it: what can't be a value selects nothing, rather than everything.
IMPOSSIBLE = "?"


@dataclass(frozen=True, slots=True)
class Chip:
    """One choice; `url` is the page with it."""

    label: str
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class ChipGroup:
    title: str
    chips: list[Chip]


@dataclass(frozen=True, slots=True)
class AuditAddress:
    """A list page's parameters, as far as they mean something here."""

    parameters: dict[str, str]

    @classmethod
    def of(cls, request: HttpRequest) -> AuditAddress:
        return cls.read(request.GET)

    @classmethod
    def read(cls, query: QueryDict) -> AuditAddress:
        names = (*TEXTS, *TIMES, SEARCH, BELOW)
        given = {name: str(query.get(name, "")).strip() for name in names}
        return cls({name: text for name, text in given.items() if text})

    def get(self, name: str) -> str:
        text = self.parameters.get(name, "")
        return text if len(text) <= MAX_LENGTH and is_storable(text) else IMPOSSIBLE

    @property
    def below(self) -> int | None:
        text = self.get(BELOW)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    @property
    def number(self) -> int | None:
        """The entry that is searched for by its number; ids have 15 characters."""
        text = self.get(SEARCH)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else None

    def select(self, now: datetime) -> Selection:
        term = self.get(SEARCH)
        texts = {name: self.get(name) for name in TEXTS}
        if "." in term and not texts["verb"]:
            texts["verb"], term = term, ""
        return Selection(**texts, thing=term, since=self.find_since(now), until=self.find_until())

    def find_since(self, now: datetime) -> datetime | None:
        span = SPANS.get(self.get("within"))
        return now - span[1] if span else read_day(self.get("from"))

    def find_until(self) -> datetime | None:
        """The end of the day that is named."""
        day = read_day(self.get("to"))
        return day + timedelta(days=1) if day and day.year < 9999 else None

    def url(self, **changed: str) -> str:
        """This page with other filters, from its newest entries; an empty value takes one away."""
        wanted = {name: text for name, text in self.parameters.items() if name != BELOW} | changed
        return f"?{urlencode(sorted((name, text) for name, text in wanted.items() if text))}"

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """What a form on the page carries on."""
        return [
            (name, text)
            for name, text in sorted(self.parameters.items())
            if name != BELOW and name not in without
        ]


def read_day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def build_group(
    address: AuditAddress, title: str, name: str, choices: Iterable[tuple[str, str]], **cleared: str
) -> ChipGroup:
    """All, and the choices; one that is asked for stands among them whatever it is."""
    asked = address.get(name)
    pairs = list(choices)
    if asked and asked not in dict(pairs):
        pairs.append((asked, asked))
    chips = [Chip("All", address.url(**{name: "", **cleared}), is_current=not asked)]
    chips += [
        Chip(label, address.url(**{name: value, **cleared}), is_current=asked == value)
        for value, label in pairs
    ]
    return ChipGroup(title, chips)


def list_main_groups(address: AuditAddress, words: dict[str, list[str]]) -> list[ChipGroup]:
    spans = [(name, label) for name, (label, _) in SPANS.items()]
    acts = [(group, group.replace("_", " ")) for group in words["groups"]]
    return [
        build_group(address, "Time", "within", spans, **{"from": "", "to": ""}),
        build_group(address, "Acts", "group", acts),
    ]


def list_more_groups(address: AuditAddress, words: dict[str, list[str]]) -> list[ChipGroup]:
    kinds = [(kind, kind.replace("_", " ")) for kind in words["subject_kinds"]]
    return [
        build_group(address, "Done to", "subject_kind", kinds),
        build_group(address, "Done by", "actor_kind", ActorKind.choices),
        build_group(address, "Door", "door", Door.choices),
    ]


def list_removable(address: AuditAddress) -> list[Chip]:
    """What was set by a link or the search, each with the address without it."""
    names = {"actor": "who", "subject": "what", "verb": "act", SEARCH: "search", "from": "from", "to": "to"}
    return [
        Chip(f"{label}: {address.get(name)}", address.url(**{name: ""}))
        for name, label in names.items()
        if address.get(name)
    ]


def build_filters(address: AuditAddress) -> dict[str, object]:
    words = known_words()
    more = list_more_groups(address, words)
    return {
        "main_groups": list_main_groups(address, words),
        "more_groups": more,
        "has_more": any(not group.chips[0].is_current for group in more),
        "removable": list_removable(address),
        "day_from": address.get("from") if read_day(address.get("from")) else "",
        "day_to": address.get("to") if read_day(address.get("to")) else "",
        "now": timezone.now(),
    }
