"""The rule books that a replay compares: a team's rules as they apply now, without and with a draft.

Most of a past is the same few calls again and again, and most of them a draft does not touch: each is judged
once, and a second time only where the first verdict does not tell the other.

Rules have scopes, so each place (agent, engine, project, user, chat) has a pair of books of its own; places
in which the same rules apply share one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b

from governance.calls import explain_doubt, read_call
from governance.content import RequestContent
from governance.matching.book import RuleBook, judge_call
from governance.matching.calls import Call
from governance.matching.rules import Effect
from governance.matching.verdicts import Verdict
from governance.models import WhitelistAction, WhitelistTarget
from governance.rule_drafts import Draft, RuleDraft, StoredRow, build_rule, build_target
from governance.rulebooks import (
    RuleContext,
    applies_to,
    is_own,
    list_applying_rows,
    list_forbidden_folders,
)
from governance.weighing import list_used

DRAFT_ID = "draft"
# Bounds of what is kept: pairs of books, places, and verdicts on what was asked again and again.
KEPT_BOOKS, KEPT_PLACES, KEPT_VERDICTS = 16, 5_000, 20_000
Effects = tuple[Effect, Effect]


@dataclass(frozen=True, slots=True)
class BookPair:
    """`number` tells pairs apart in the memory of verdicts."""

    number: int
    before: RuleBook
    after: RuleBook


class ReplayBooks:
    """Judges past requests twice. Not for several threads at once."""

    def __init__(
        self, rows: Sequence[StoredRow], draft: Draft, *, rule_id: str = "", activator_id: str = ""
    ) -> None:
        """`rows` apply now; the one named `rule_id` is what the draft would replace.

        activator_id: who would switch the draft on, so that it lets nothing through that they asked for.
        """
        self.rows = rows
        self.draft = draft
        self.rule_id = rule_id
        self.activator_id = activator_id
        self.forbidden = list_forbidden_folders()
        self._pairs: dict[tuple[int | str, ...], BookPair] = {}
        self._places: dict[RuleContext, BookPair] = {}
        self._verdicts: dict[bytes, Effects] = {}
        self._made = 0

    @classmethod
    def of(cls, team_id: str, draft: Draft, *, rule_id: str = "", activator_id: str = "") -> ReplayBooks:
        return cls(list_applying_rows(team_id), draft, rule_id=rule_id, activator_id=activator_id)

    def judge(self, context: RuleContext, content: RequestContent) -> Effects:
        """(effect without the draft, effect with it)."""
        pair = self.find_pair(context)
        call, is_doubtful = read_call(content), bool(explain_doubt(content))
        key = digest(pair.number, call, is_doubtful=is_doubtful)
        known = self._verdicts.get(key)
        if known is None:
            known = self.judge_pair(pair, call)
            if is_doubtful:
                known = doubt_allowance(known[0]), doubt_allowance(known[1])
            if len(self._verdicts) >= KEPT_VERDICTS:
                self._verdicts.clear()
            self._verdicts[key] = known
        return known

    def judge_pair(self, pair: BookPair, call: Call) -> Effects:
        after = judge_call(call, pair.after)
        if pair.before is pair.after or (not self.rule_id and self.is_settled(after)):
            return after.effect, after.effect
        return judge_call(call, pair.before).effect, after.effect

    def is_settled(self, after: Verdict) -> bool:
        """Whether a verdict would be the same without the draft, where that is a rule more.

        What allows only loosens, and where it does it is named; what restricts only tightens, and a denial
        names the rule that it is by.
        """
        if Effect(self.draft.effect) is Effect.ALLOW:
            return after.effect is not Effect.ALLOW or all(rule.id != DRAFT_ID for rule in list_used(after))
        if after.effect is Effect.ASK:
            return False
        return after.rule is None or after.rule.id != DRAFT_ID or after.effect is Effect.ALLOW

    def find_pair(self, context: RuleContext) -> BookPair:
        pair = self._places.get(context)
        if pair is None:
            pair = self.build_pair(context)
            if len(self._places) >= KEPT_PLACES:
                self._places.clear()
            self._places[context] = pair
        return pair

    def build_pair(self, context: RuleContext) -> BookPair:
        applying = [
            row
            for row in self.rows
            if applies_to(row, context) and not is_own(row, row.activated_by_id, context)
        ]
        is_meant = applies_to(self.draft, context) and not is_own(self.draft, self.activator_id, context)
        key = (*(row.pk for row in applying), is_meant)
        pair = self._pairs.get(key)
        if pair is None:
            before = self.build_book(applying)
            kept = [row for row in applying if row.pk != self.rule_id]
            is_same = not is_meant and len(kept) == len(applying)
            after = before if is_same else self.build_book(kept, self.draft if is_meant else None)
            self._made += 1
            pair = BookPair(self._made, before, after)
            if len(self._pairs) >= KEPT_BOOKS:
                self._pairs.clear()
                self._places.clear()
            self._pairs[key] = pair
        return pair

    def build_book(self, rows: Sequence[StoredRow], draft: Draft | None = None) -> RuleBook:
        rules = [build_rule(row) for row in rows if isinstance(row, WhitelistAction)]
        targets = [build_target(row) for row in rows if isinstance(row, WhitelistTarget)]
        if isinstance(draft, RuleDraft):
            rules.append(build_rule(draft, rule_id=DRAFT_ID))
        elif draft is not None:
            targets.append(build_target(draft, rule_id=DRAFT_ID))
        return RuleBook(rules, targets, self.forbidden)


def digest(number: int, call: Call, *, is_doubtful: bool) -> bytes:
    """What two requests have in common that are judged alike."""
    parts = [number, is_doubtful, *(getattr(call, name) for name in CALL_PARTS)]
    return blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).digest()


CALL_PARTS = tuple(each.name for each in fields(Call))


def doubt_allowance(effect: Effect) -> Effect:
    return Effect.ASK if effect is Effect.ALLOW else effect
