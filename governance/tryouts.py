"""Trying a call: what a draft says of it alone, and what the team's rules say with the draft among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from governance.matching.book import RuleBook, judge_call
from governance.matching.calls import Call
from governance.matching.verdicts import Verdict
from governance.models import WhitelistAction
from governance.rule_drafts import Draft, RuleDraft, StoredRow, build_rule, build_target
from governance.rule_examples import DRAFT_ID, EXAMPLE_DIRECTORY, choose_verb, judge_draft, read_call
from governance.rulebooks import RuleContext, applies_to, list_applying_rows, list_forbidden_folders


@dataclass(frozen=True, slots=True)
class Tryout:
    """`names`: {rule id: name} of what a verdict may name."""

    line: str
    alone: Verdict
    together: Verdict
    names: dict[str, str]

    def name_rule(self, verdict: Verdict) -> str:
        return self.names.get(verdict.rule.id, "") if verdict.rule is not None else ""


def try_line(
    draft: Draft, line: str, *, team_id: str, verb: str = "", directory: str = "", replaced_id: str = ""
) -> Tryout:
    """`replaced_id`: the stored rule that the draft would replace. Raises ValueError as `read_call`."""
    place = directory or draft.directory or EXAMPLE_DIRECTORY
    permission = draft.permission if isinstance(draft, RuleDraft) else verb or choose_verb(draft)
    call = read_call(permission, line, place)
    context = RuleContext(
        team_id=team_id,
        agent=draft.agent or None,
        engine_id=draft.engine_id or None,
        directory=place,
        user_id=(draft.user_id or None) if isinstance(draft, RuleDraft) else None,
        chat_id=(draft.chat_id or None) if isinstance(draft, RuleDraft) else None,
    )
    rows = [row for row in list_applying_rows(team_id) if row.pk != replaced_id and applies_to(row, context)]
    return Tryout(
        line,
        judge_draft(draft, line, verb=verb, directory=directory),
        judge_together(call, rows, draft),
        {DRAFT_ID: "this draft", **{row.pk: row.name for row in rows}},
    )


def judge_together(call: Call, rows: Sequence[StoredRow], draft: Draft) -> Verdict:
    rules = [build_rule(row) for row in rows if isinstance(row, WhitelistAction)]
    targets = [build_target(row) for row in rows if not isinstance(row, WhitelistAction)]
    if isinstance(draft, RuleDraft):
        rules.append(build_rule(draft, rule_id=DRAFT_ID))
    else:
        targets.append(build_target(draft, rule_id=DRAFT_ID))
    return judge_call(call, RuleBook(rules, targets, list_forbidden_folders()))
