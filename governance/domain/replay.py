"""A draft of a rule held against a team's past requests, before it is saved.

The past is read newest first, page by page from where the last one ended, so memory stays flat and no cursor
stays open; what is kept are counts and the ids of the first requests of each kind. A stored replay goes on in
short steps that any process may take: what one step found is in the row before the next begins.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Self

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Team, User
from accounts.principal import Principal
from events.actors import ActorKind
from events.changes import changes
from events.encryption import reveal
from events.errors import Refused
from events.keyring import KeyringError
from governance.content import RequestContent
from governance.enums import ReplayState, RequestState, StoredRuleKind
from governance.matching.rules import Effect
from governance.models import PermissionRequest, RuleReplay
from governance.policies import explain_not_editing_rules
from governance.replay_books import ReplayBooks
from governance.rule_checks import check_draft
from governance.rule_drafts import (
    Draft,
    RuleDraft,
    TargetDraft,
    hash_content,
    read_content,
    write_content,
)
from governance.rule_queries import get_stored, read_rules_version
from governance.rulebooks import build_context, read_owners

# A person waits for it, so it ends: the newest of the last quarter of a year.
REPLAYED, REPLAYED_FOR = 20_000, timedelta(days=90)
STEP_S = 0.4
ROWS_AT_ONCE = 500
SHOWN = 20
KEPT_FOR = timedelta(days=7)
# What of a draft decides; its name, reasons and limits in time do not change what a replay shows.
DECIDING = frozenset(
    {"permission", "kind", "value", "pattern", "conditions", "effect", "verbs", "allows_redirects"}
    | {"agent", "engine_id", "directory", "user_id", "chat_id"}
)
CHANGED = {Effect.ALLOW: "newly_allowed", Effect.DENY: "newly_denied", Effect.ASK: "newly_asked"}
COLUMNS = (
    *("team_id", "source", "content", "agent", "engine_id", "chat_id", "chat__user_id", "findings"),
    *("arguments_known", "state", "decided_by_kind", "created_at", "requester_kind", "requester_id"),
)


@dataclass(slots=True)
class Tally:
    """What a replay has found. `unread` requests could not be read and are in no other count.

    changed: {"newly_allowed": {"count", "approved", "denied", "examples"}, …}; approved and denied are what
    people decided on them; examples are ids, newest first.
    """

    looked_at: int = 0
    unchanged: int = 0
    unread: int = 0
    changed: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            name: {"count": 0, "approved": 0, "denied": 0, "examples": []} for name in CHANGED.values()
        }
    )

    @classmethod
    def from_result(cls, result: dict[str, Any]) -> Self:
        if not result:
            return cls()
        counts = {name: dict(result[name]) for name in CHANGED.values()}
        return cls(result["looked_at"], result["unchanged"], result["unread"], counts)

    def to_result(self) -> dict[str, Any]:
        return {
            "looked_at": self.looked_at,
            "unchanged": self.unchanged,
            "unread": self.unread,
            **self.changed,
        }

    @property
    def seen(self) -> int:
        return self.looked_at + self.unread

    def add(self, row: PermissionRequest, before: Effect, after: Effect) -> None:
        self.looked_at += 1
        if before is after:
            self.unchanged += 1
            return
        found = self.changed[CHANGED[after]]
        found["count"] += 1
        if row.decided_by_kind == ActorKind.USER and row.state in {
            RequestState.APPROVED,
            RequestState.DENIED,
        }:
            found[row.state] += 1
        if len(found["examples"]) < SHOWN:
            found["examples"] = [*found["examples"], row.pk]


def begin_replay(
    *,
    principal: Principal,
    team: Team,
    draft: Draft,
    rule_id: str = "",
    request: PermissionRequest | None = None,
    proposal_id: str = "",
) -> RuleReplay:
    """Note down what is to be replayed; nothing is judged yet. `rule_id`: the rule that it would change.

    Raises NotFound, Refused, or Invalid as saving the draft would.
    """
    now = timezone.now()
    kind = StoredRuleKind.ACTION if isinstance(draft, RuleDraft) else StoredRuleKind.TARGET
    with changes(principal.actor):
        refusal = explain_not_editing_rules(principal, team.pk)
        if refusal:
            raise Refused(refusal)
        if rule_id and get_stored(principal, kind, rule_id).team_id != team.pk:
            raise Refused("A rule stays with its team.")
        draft = check_draft(draft, team=team, now=now)
        since = now - REPLAYED_FOR
        RuleReplay.objects.filter(requested_by=principal.user, created_at__lt=now - KEPT_FOR).delete()
        return RuleReplay.objects.create(
            team=team,
            rule_kind=kind,
            rule_id=rule_id,
            draft=write_content(draft),
            judged_hash=hash_deciding(draft),
            rules_version=read_rules_version(team.pk),
            request=request,
            proposal_id=proposal_id,
            total=min(REPLAYED, list_past(team.pk, since=since, position=Position(now)).count()),
            since=since,
            position_at=now,
            requested_by=principal.user,
            created_at=now,
        )


def step_replay(replay: RuleReplay, *, budget_s: float = STEP_S) -> bool:
    """Judge the next requests and bring `replay` up to date; at least one, then until the budget is spent.

    False when another process took the same step, or the rules changed meanwhile: then it begins anew.
    Call it outside of any transaction.
    """
    if not replay.is_running:
        return False
    before = replay.done, replay.rules_version
    version = read_rules_version(replay.team_id)
    if version != replay.rules_version:
        rewind(replay, version)
        save_step(replay, before)
        return False
    tally = Tally.from_result(replay.result)
    is_last = run_step(replay, tally, budget_s)
    replay.result = tally.to_result()
    if is_last:
        replay.state, replay.ended_at, replay.total = ReplayState.DONE, timezone.now(), replay.done
    if save_step(replay, before):
        return True
    replay.refresh_from_db()
    return False


def run_step(replay: RuleReplay, tally: Tally, budget_s: float) -> bool:
    """Whether that was all there is."""
    books = find_books(replay.pk, replay.rules_version)
    ends = time.monotonic() + budget_s
    position = Position(replay.position_at, replay.position_id)
    owners = read_owners(User.objects.all())
    for row in read_past(replay.team_id, since=replay.since, position=position):
        if replay.done >= REPLAYED:
            return True
        judge_row(row, books, tally, owners)
        replay.done += 1
        replay.position_at, replay.position_id = row.created_at, row.pk
        if time.monotonic() >= ends:
            return False
    return True


def rewind(replay: RuleReplay, version: int) -> None:
    """The rules it was held against are no longer those that apply."""
    replay.rules_version, replay.done, replay.result = version, 0, {}
    replay.position_at, replay.position_id = replay.created_at, ""


def save_step(replay: RuleReplay, before: tuple[int, int]) -> bool:
    """Whether the replay still stood where this step began."""
    done, version = before
    replay.total = max(replay.total, replay.done)
    names = (
        *("state", "total", "done", "position_at", "position_id", "result", "ended_at"),
        "rules_version",
    )
    standing = RuleReplay.objects.filter(
        pk=replay.pk, state=ReplayState.RUNNING, done=done, rules_version=version
    )
    return bool(standing.update(**{name: getattr(replay, name) for name in names}))


# A step is one of many of the same replay, mostly in the same process; to compile a thousand rules takes
# longer than a step should.
@lru_cache(maxsize=4)
def find_books(replay_id: str, rules_version: int) -> ReplayBooks:
    """For one replay at one state of the rules, which is all that the key has to say."""
    replay = RuleReplay.objects.get(pk=replay_id, rules_version=rules_version)
    return ReplayBooks.of(
        replay.team_id,
        read_replayed_draft(replay),
        rule_id=replay.rule_id,
        activator_id=replay.requested_by_id,
    )


def replay_history(
    *,
    team: Team,
    draft: Draft,
    rule_id: str = "",
    since: datetime | None = None,
    limit: int | None = None,
) -> Iterator[Tally]:
    """The same in one go, over the whole history unless told otherwise; yields the tally now and then.

    The last one yielded is the result.
    """
    books = ReplayBooks.of(team.pk, draft, rule_id=rule_id)
    tally, owners = Tally(), read_owners(User.objects.all())
    for row in read_past(team.pk, since=since, position=Position(timezone.now())):
        if limit is not None and tally.seen >= limit:
            break
        judge_row(row, books, tally, owners)
        if tally.seen % 1000 == 0:
            yield tally
    yield tally


@dataclass(frozen=True, slots=True)
class Position:
    """Only what is older than this moment and, of the same moment, has a smaller id."""

    at: datetime
    id: str = ""


def list_past(team_id: str, *, since: datetime | None, position: Position) -> QuerySet[PermissionRequest]:
    """A team's sealed requests, newest first."""
    past = PermissionRequest.objects.filter(
        Q(created_at__lt=position.at) | Q(created_at=position.at, pk__lt=position.id),
        team_id=team_id,
        sealed_at__isnull=False,
        created_at__lte=position.at,
    )
    if since is not None:
        past = past.filter(created_at__gte=since)
    return past.order_by("-created_at", "-id")


def read_past(team_id: str, *, since: datetime | None, position: Position) -> Iterator[PermissionRequest]:
    """Page by page, each in a query of its own."""
    while True:
        page = list_past(team_id, since=since, position=position).select_related("chat").only(*COLUMNS)
        rows = list(page[:ROWS_AT_ONCE])
        yield from rows
        if len(rows) < ROWS_AT_ONCE:
            return
        position = Position(rows[-1].created_at, rows[-1].pk)


def judge_row(row: PermissionRequest, books: ReplayBooks, tally: Tally, owners: Mapping[str, str]) -> None:
    try:
        content = RequestContent.from_text(reveal(row, "content"))
    except (KeyringError, ValueError, TypeError):
        tally.unread += 1
        return
    before, after = books.judge(build_context(row, content, owners=owners), content)
    if row.findings or not row.arguments_known:
        # Never approved by a rule, whatever it covers.
        before, after = (Effect.ASK if effect is Effect.ALLOW else effect for effect in (before, after))
    tally.add(row, before, after)


def read_replayed_draft(replay: RuleReplay) -> Draft:
    made = RuleDraft if replay.rule_kind == StoredRuleKind.ACTION else TargetDraft
    return read_content(replay.draft, made)


def hash_deciding(draft: Draft) -> str:
    """SHA-256, hex, over what of it decides: two drafts of one hash replay alike."""
    return hash_content({name: value for name, value in write_content(draft).items() if name in DECIDING})


def find_ended_replay(*, team_id: str, draft: Draft, rule_id: str = "") -> RuleReplay | None:
    """The newest ended replay of exactly this, over the team's rules as they are."""
    ended = RuleReplay.objects.filter(
        team_id=team_id,
        judged_hash=hash_deciding(draft),
        rule_id=rule_id,
        rules_version=read_rules_version(team_id),
        state=ReplayState.DONE,
    )
    return ended.order_by("-created_at").first()


def find_replay(*, team_id: str, draft: Draft, rule_id: str = "") -> dict[str, Any] | None:
    """What a version of a rule keeps of it; None when exactly this was not replayed."""
    replay = find_ended_replay(team_id=team_id, draft=draft, rule_id=rule_id)
    return summarise(replay) if replay is not None else None


def summarise(replay: RuleReplay) -> dict[str, Any]:
    """Counts and ids; the requests' words stay where they are."""
    return {
        "replay": replay.pk,
        "since": replay.since.isoformat(),
        "until": replay.created_at.isoformat(),
        "rules_version": replay.rules_version,
        **replay.result,
    }
