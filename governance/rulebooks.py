"""The rules that apply in one place now, compiled once and kept until they change, expire or are used up.

What is kept is keyed by the team's rules number (`TeamRules`), which moves in the same transaction as any
change of its rules: one indexed read tells every process whether what it has is still right. A book holds the
rules of one combination of scopes that the team's rules tell apart, until the next of them expires.

What is not known of a place counts against letting through: an allowing rule of that scope does not apply, a
restricting one does, and a denial that rests on it becomes a question.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from events.actors import ActorKind
from events.prepared import Prepared
from governance.content import RequestContent
from governance.enums import RequestSource, RuleEffect, RuleMode, RuleState
from governance.matching.book import RuleBook
from governance.models import PermissionRequest, RuleUse, TeamRules, WhitelistAction, WhitelistTarget
from governance.rule_drafts import Draft, StoredRow, build_rule, build_target

KEPT_TEAMS = 256
KEPT_BOOKS = 64  # of one team

# The scopes of a rule; rules about paths have the first three.
SCOPES = ("agent", "engine_id", "directory", "user_id", "chat_id")


@dataclass(frozen=True, slots=True)
class RuleContext:
    """Where a call happens. "" for what there is not, None for what is not known.

    `asked_by`: people who ask by form or API, themselves or through a service account. Nobody decides what
    they asked for, so a rule that they switched on allows nothing here.
    """

    team_id: str
    agent: str | None = ""
    engine_id: str | None = ""
    directory: str | None = ""
    user_id: str | None = ""
    chat_id: str | None = ""
    asked_by: frozenset[str] = frozenset()


class Fit(Enum):
    """Whether a place is in a rule's scope."""

    YES = "yes"
    PERHAPS = "perhaps"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Books:
    """What applies in one place at one moment.

    enforced: the rules that decide, None when there are none. watched: these and the observed ones, None when
    nothing is observed. rows: all of them by id. uncertain: ids of restricting rules that apply perhaps.
    """

    version: int
    enforced: RuleBook | None
    watched: RuleBook | None
    rows: dict[str, StoredRow]
    uncertain: frozenset[str]


VERSION: Prepared[tuple[int]] = Prepared(
    lambda team_id: TeamRules.objects.filter(team_id=team_id).order_by().values_list("version")
)


def read_rules_version(team_id: str) -> int:
    """0 for a team that never had a rule."""
    row = VERSION.first(team_id=team_id)
    return row[0] if row else 0


def get_rule_book(context: RuleContext) -> RuleBook:
    """The rules that decide there now; one without rules holds the built-in denials."""
    books = get_books(context, now=timezone.now())
    return (books.enforced if books else None) or build_empty_book(list_forbidden_folders())


@cache
def build_empty_book(forbidden: tuple[str, ...]) -> RuleBook:
    return RuleBook([], [], forbidden)


def get_books(context: RuleContext, *, now: datetime) -> Books | None:
    """None for a team that never had a rule, which costs one indexed read."""
    version = read_rules_version(context.team_id)
    return CACHE.get_team(context.team_id, version).get_books(context, now) if version else None


# Which rules --------------------------------------------------------------------------------------------


def find_fit(rule: StoredRow | Draft, context: RuleContext) -> Fit:
    fit = Fit.YES
    for scope in SCOPES:
        wanted, here = getattr(rule, scope, None) or "", getattr(context, scope)
        if not wanted:
            continue
        if here is None:
            fit = Fit.PERHAPS
        elif trim(wanted) != trim(here):
            return Fit.NO
    return fit


def trim(value: str) -> str:
    """A directory with a slash behind it is the same."""
    return value.rstrip("/") or value


def applies_to(rule: StoredRow | Draft, context: RuleContext) -> bool:
    """Whether a place is in its scope; where that is not known, when it restricts."""
    fit = find_fit(rule, context)
    return fit is Fit.YES or (fit is Fit.PERHAPS and rule.effect != RuleEffect.ALLOW)


def is_own(rule: StoredRow | Draft, activator_id: str | None, context: RuleContext) -> bool:
    """Whether it would let through what the person who switched it on asked for."""
    return rule.effect == RuleEffect.ALLOW and activator_id in context.asked_by


def list_applying_rows(team_id: str) -> list[StoredRow]:
    """What decides in the team now, whatever the scope: active, enforced, neither expired nor used up."""
    now = timezone.now()
    rows = [row for row in read_rows(team_id) if row.mode == RuleMode.ENFORCE and not is_expired(row, now)]
    used_up = find_used_up(rows)
    return [row for row in rows if row.pk not in used_up]


def read_rows(team_id: str) -> list[StoredRow]:
    active = Q(team_id=team_id, state=RuleState.ACTIVE)
    return [
        *WhitelistAction.objects.filter(active).order_by("pk"),
        *WhitelistTarget.objects.filter(active).order_by("pk"),
    ]


def is_expired(row: StoredRow, now: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= now


def find_used_up(rows: Iterable[StoredRow]) -> frozenset[str]:
    """Of rules with a limit; no query when there is none."""
    limited = [row.pk for row in rows if isinstance(row, WhitelistAction) and row.max_uses is not None]
    if not limited:
        return frozenset()
    spent = RuleUse.objects.filter(pk__in=limited, uses__gte=F("rule__max_uses"))
    return frozenset(spent.values_list("pk", flat=True))


# Where ---------------------------------------------------------------------------------------------------


def build_context(
    request: PermissionRequest, content: RequestContent, *, owners: Mapping[str, str] | None = None
) -> RuleContext:
    """Where a request was made. Agents that ask through the API name themselves, and may leave it out.

    owners: {service account: who answers for it}, for many requests at once; else it is looked up.
    """
    chat = request.chat
    is_unplaced = request.source != RequestSource.API and chat is None
    return RuleContext(
        team_id=request.team_id,
        agent=request.agent or content.agent or None,
        engine_id=request.engine_id or "",
        directory=content.directory or None,
        user_id=None if is_unplaced else (chat.user_id or "") if chat else "",
        chat_id=None if is_unplaced else request.chat_id or "",
        asked_by=find_askers(request, owners),
    )


def find_askers(request: PermissionRequest, owners: Mapping[str, str] | None) -> frozenset[str]:
    """Whose own rules let nothing of it through; nobody's for what an engine asks."""
    asker = request.requester_id
    if request.source != RequestSource.API:
        return frozenset()
    if request.requester_kind == ActorKind.SERVICE:
        known = read_owners(User.objects.filter(pk=asker)) if owners is None else owners
        asker = known.get(asker, asker)
    return frozenset({asker})


def read_owners(users: QuerySet[User]) -> dict[str, str]:
    """{service account: who answers for it}."""
    return dict(users.filter(owner__isnull=False).values_list("pk", "owner_id"))


# What is kept --------------------------------------------------------------------------------------------

Key = tuple[object, ...]


class TeamBooks:
    """A team's active rules at one number, and the books that were made of them."""

    def __init__(self, team_id: str, version: int, rows: Sequence[StoredRow]) -> None:
        self.team_id = team_id
        self.version = version
        self.rows = tuple(rows)
        self.scopes = {
            scope: frozenset(trim(value) for row in rows if (value := getattr(row, scope, None)))
            for scope in SCOPES
        }
        self.ends = sorted(row.expires_at for row in rows if row.expires_at is not None)
        self.activators = frozenset(row.activated_by_id for row in rows if row.activated_by_id)
        self._books: OrderedDict[Key, Books] = OrderedDict()
        self._lock = threading.Lock()

    def get_books(self, context: RuleContext, now: datetime) -> Books:
        context = self.narrow(context)
        used_up = find_used_up(self.rows)
        key = (context, bisect_right(self.ends, now), used_up)
        with self._lock:
            books = self._books.get(key)
            if books is None:
                books = self._books[key] = self.build(context, now, used_up)
                if len(self._books) > KEPT_BOOKS:
                    self._books.popitem(last=False)
            self._books.move_to_end(key)
        return books

    def __len__(self) -> int:
        """How many books are kept."""
        return len(self._books)

    def narrow(self, context: RuleContext) -> RuleContext:
        """The same place, as far as these rules tell places apart."""
        return RuleContext(
            team_id=context.team_id,
            agent=self.project("agent", context.agent),
            engine_id=self.project("engine_id", context.engine_id),
            directory=self.project("directory", context.directory),
            user_id=self.project("user_id", context.user_id),
            chat_id=self.project("chat_id", context.chat_id),
            asked_by=context.asked_by & self.activators,
        )

    def project(self, scope: str, value: str | None) -> str | None:
        named = self.scopes[scope]
        if value is None:
            return None if named else ""
        return trim(value) if trim(value) in named else ""

    def build(self, context: RuleContext, now: datetime, used_up: frozenset[str]) -> Books:
        rows = [
            row
            for row in self.rows
            if row.pk not in used_up
            and not is_expired(row, now)
            and applies_to(row, context)
            and not is_own(row, row.activated_by_id, context)
        ]
        enforced = [row for row in rows if row.mode == RuleMode.ENFORCE]
        return Books(
            version=self.version,
            enforced=self.compile(enforced) if enforced else None,
            watched=self.compile(rows) if len(enforced) < len(rows) else None,
            rows={row.pk: row for row in rows},
            uncertain=frozenset(row.pk for row in rows if find_fit(row, context) is Fit.PERHAPS),
        )

    def compile(self, rows: Sequence[StoredRow]) -> RuleBook:
        return RuleBook(
            [build_rule(row) for row in rows if isinstance(row, WhitelistAction)],
            [build_target(row) for row in rows if isinstance(row, WhitelistTarget)],
            list_forbidden_folders(),
            version=str(self.version),
        )


class BookCache:
    """The newest number of each team. For all threads of a process."""

    def __init__(self) -> None:
        self._teams: OrderedDict[str, TeamBooks] = OrderedDict()
        self._lock = threading.Lock()

    def get_team(self, team_id: str, version: int) -> TeamBooks:
        with self._lock:
            team = self._teams.get(team_id)
            if team is not None and team.version == version:
                self._teams.move_to_end(team_id)
                return team
        # Read after the number, so these rows are never older than it says; if they are newer, the number
        # has moved, and whoever looks next reads again.
        team = TeamBooks(team_id, version, read_rows(team_id))
        with self._lock:
            self._teams[team_id] = team
            self._teams.move_to_end(team_id)
            if len(self._teams) > KEPT_TEAMS:
                self._teams.popitem(last=False)
        return team

    def clear(self) -> None:
        with self._lock:
            self._teams.clear()


CACHE = BookCache()


# What no rule can allow ----------------------------------------------------------------------------------


def list_forbidden_folders() -> tuple[str, ...]:
    """Absolute folders and files that no rule can allow: our keys and data, and what the operator names."""
    return tuple(sorted({str(path) for path in settings.COUNTERSIGN_PROTECTED_PATHS}))
