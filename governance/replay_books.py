"""The rule books that a replay compares: a team's rules as they apply now, without and with a draft.

Rules have scopes, so each place (agent, engine, project, user, chat) has a pair of books of its own; places
in which the same rules apply share one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from governance.calls import judge_content
from governance.content import RequestContent
from governance.matching.book import RuleBook
from governance.matching.rules import Effect
from governance.matching.verdicts import ORDER
from governance.models import WhitelistAction, WhitelistTarget
from governance.rule_drafts import Draft, RuleDraft, StoredRow, build_rule, build_target
from governance.rulebooks import RuleContext, applies_to, list_applying_rows, list_forbidden_folders

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

    def __init__(self, rows: Sequence[StoredRow], draft: Draft, *, rule_id: str = "") -> None:
        """`rows` apply now; the one named `rule_id` is what the draft would replace."""
        self.rows = rows
        self.draft = draft
        self.rule_id = rule_id
        self.forbidden = list_forbidden_folders()
        self._pairs: dict[tuple[int | str, ...], BookPair] = {}
        self._places: dict[RuleContext, BookPair] = {}
        self._verdicts: dict[bytes, Effects] = {}
        self._made = 0

    @classmethod
    def of(cls, team_id: str, draft: Draft, *, rule_id: str = "") -> ReplayBooks:
        return cls(list_applying_rows(team_id), draft, rule_id=rule_id)

    def judge(self, context: RuleContext, content: RequestContent) -> Effects:
        """(effect without the draft, effect with it)."""
        pair = self.find_pair(context)
        key = digest(pair.number, content)
        known = self._verdicts.get(key)
        if known is None:
            known = self.judge_pair(pair, content)
            if len(self._verdicts) >= KEPT_VERDICTS:
                self._verdicts.clear()
            self._verdicts[key] = known
        return known

    def judge_pair(self, pair: BookPair, content: RequestContent) -> Effects:
        """Once where that tells both: a rule that is only added can't undo what is stricter than it is."""
        if pair.before is pair.after:
            effect = judge_content(content, pair.before).effect
            return effect, effect
        added = Effect(self.draft.effect)
        if not self.rule_id and added is Effect.ALLOW:
            after = judge_content(content, pair.after).effect
            return (judge_content(content, pair.before).effect if after is Effect.ALLOW else after), after
        before = judge_content(content, pair.before).effect
        if not self.rule_id and ORDER[before] >= ORDER[added]:
            return before, before
        return before, judge_content(content, pair.after).effect

    def find_pair(self, context: RuleContext) -> BookPair:
        pair = self._places.get(context)
        if pair is None:
            pair = self.build_pair(context)
            if len(self._places) >= KEPT_PLACES:
                self._places.clear()
            self._places[context] = pair
        return pair

    def build_pair(self, context: RuleContext) -> BookPair:
        applying = [row for row in self.rows if applies_to(row, context)]
        is_meant = applies_to(self.draft, context)
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


def digest(number: int, content: RequestContent) -> bytes:
    """What two requests have in common that are judged alike; the nonce is each one's own."""
    text = content.to_text().replace(content.nonce, "", 1)
    return blake2b(f"{number} {text}".encode(), digest_size=16).digest()
