"""A team's rules as an engine's permission block, and such a block as drafts of rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.models import Team
from accounts.principal import Principal
from events.changes import changes
from events.errors import Invalid, Refused
from events.text import make_visible
from governance.domain.replay import hash_deciding
from governance.domain.rules import save_rule, save_target
from governance.enums import RuleEffect, RuleKind, RuleState
from governance.matching.engine_block import build_block, list_left_out, read_block
from governance.matching.engine_globs import render_permission
from governance.matching.rules import Rule
from governance.matching.targets import Target
from governance.models import WhitelistAction, WhitelistTarget
from governance.policies import explain_not_editing_rules
from governance.rule_drafts import (
    Draft,
    RuleDraft,
    StoredRow,
    TargetDraft,
    build_rule,
    build_target,
    read_draft,
)
from governance.rulebooks import RuleContext, applies_to, list_applying_rows, list_forbidden_folders

MAX_BLOCK_BYTES = 256 * 1024
MAX_ENTRIES = 500
MAX_NAME_LENGTH = 120
NOTE = "Imported from an engine's permission block."


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An allowing rule for which the engine goes on asking, and why."""

    row: StoredRow
    sentence: str


@dataclass(frozen=True, slots=True)
class Export:
    """`permission` goes into an engine's configuration under that name; the order of its keys counts."""

    permission: dict[str, Any]
    left_out: list[LeftOut]

    @property
    def text(self) -> str:
        return json.dumps({"permission": self.permission}, indent=2, ensure_ascii=False) + "\n"


def export_rules(
    *, team: Team, engine_id: str = "", directory: str = "", agent: str = "", behind_gate: bool = False
) -> Export:
    """What applies now in one place, as far as an engine can hold to it; "" means any such place.

    behind_gate: the engine asks about whatever it would not announce itself, so commands that are allowed
    word by word may be handed over too. For who may read the team's rules.
    """
    place = RuleContext(
        team_id=team.pk,
        agent=agent or None,
        engine_id=engine_id or None,
        directory=directory or None,
        user_id=None,
        chat_id=None,
    )
    left_out: list[LeftOut] = []
    kept: list[StoredRow] = []
    for row in list_applying_rows(team.pk):
        if not applies_to(row, place):
            left_out += [LeftOut(row, ELSEWHERE)] if row.effect == RuleEffect.ALLOW else []
        elif row.effect == RuleEffect.ALLOW and is_limited(row):
            left_out.append(LeftOut(row, LIMITED))
        else:
            kept.append(row)
    rules = {row.pk: build_rule(row) for row in kept if isinstance(row, WhitelistAction)}
    targets = [build_target(row) for row in kept if isinstance(row, WhitelistTarget)]
    folder = directory.rstrip("/")
    asked = {
        rule.id
        for rule in list_left_out(
            list(rules.values()), targets, directory=folder, with_exact_commands=behind_gate
        )
    }
    left_out += [LeftOut(row, CANT_HOLD) for row in kept if row.pk in asked]
    block = build_block(
        list(rules.values()),
        targets,
        forbidden=list_forbidden_folders(),
        directory=folder,
        with_exact_commands=behind_gate,
    )
    return Export(render_permission(block), left_out)


ELSEWHERE = "It is limited to somebody or some place that this block is not about."
LIMITED = "It ends, or is used up, which an engine does not notice."
CANT_HOLD = "The engine can't tell what it covers from what it does not."


def is_limited(row: StoredRow) -> bool:
    return row.expires_at is not None or getattr(row, "max_uses", None) is not None


# The other way ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Import:
    """What a block comes to. `drafts` are new; `known` stand in the team already; `problems` are sentences.

    made: the rows, once they are saved.
    """

    drafts: list[Draft] = field(default_factory=list)
    known: list[Draft] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    made: list[StoredRow] = field(default_factory=list)


def read_import(*, team: Team, text: str, directory: str = "") -> Import:
    """What importing would do; changes nothing. `directory`: what the drafts are limited to.

    Raises Invalid for what is no JSON or too large.
    """
    rules, targets, problems = read_block(parse_block(text))
    if len(rules) + len(targets) > MAX_ENTRIES:
        raise Invalid(f"text: more than {MAX_ENTRIES} rules at once.", field="text")
    found = Import(problems=[make_visible(problem) for problem in problems])
    standing = list_standing_hashes(team)
    for draft in build_drafts(rules, targets, directory):
        (found.known if hash_deciding(draft) in standing else found.drafts).append(draft)
    return found


def import_rules(*, principal: Principal, team: Team, text: str, directory: str = "") -> Import:
    """Save what a block says as drafts; nothing of it applies. What can't be saved is a problem said.

    Raises Refused, or Invalid as `read_import`.
    """
    with changes(principal.actor):
        refusal = explain_not_editing_rules(principal, team.pk)
        if refusal:
            raise Refused(refusal)
        found = read_import(team=team, text=text, directory=directory)
        for draft in found.drafts:
            try:
                found.made.append(save_draft(principal, team, draft))
            except Invalid as error:
                found.problems.append(f"“{make_visible(draft.name)}”: {error.message}")
    return found


def save_draft(principal: Principal, team: Team, draft: Draft) -> StoredRow:
    if isinstance(draft, RuleDraft):
        return save_rule(principal=principal, team=team, draft=draft, note=NOTE)
    return save_target(principal=principal, team=team, draft=draft, note=NOTE)


def parse_block(text: str) -> object:
    """The block itself, also out of a whole configuration."""
    if len(text.encode(errors="replace")) > MAX_BLOCK_BYTES:
        raise Invalid("text: at most 256 KiB.", field="text")
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("text: this is no JSON; comments have to be taken out.", field="text") from error
    if isinstance(read, dict) and "permission" in read:
        return read["permission"]
    if not isinstance(read, dict | list):
        raise Invalid("text: a permission block is an object or a list.", field="text")
    return read


def build_drafts(rules: Sequence[Rule], targets: Sequence[Target], directory: str) -> list[Draft]:
    drafts: list[Draft] = [
        RuleDraft(
            name=shorten(f"{rule.effect.value} {rule.permission}: {rule.pattern}"),
            permission=rule.permission,
            kind=RuleKind.STRICT if rule.is_strict else RuleKind.PATTERN,
            value=rule.pattern,
            effect=rule.effect.value,
            conditions=tuple(rule.conditions),
            directory=directory,
        )
        for rule in rules
    ]
    return drafts + [
        TargetDraft(
            name=shorten(f"{target.effect.value} paths: {target.pattern}"),
            pattern=target.pattern,
            effect=target.effect.value,
            verbs=tuple(sorted(target.verbs)),
            directory=directory,
        )
        for target in targets
    ]


def shorten(text: str) -> str:
    line = make_visible(" ".join(text.split()))
    return line if len(line) <= MAX_NAME_LENGTH else line[: MAX_NAME_LENGTH - 1] + "…"


def list_standing_hashes(team: Team) -> set[str]:
    """Of what the team has, whatever its state, but for what is retired."""
    rows: list[StoredRow] = [
        *WhitelistAction.objects.filter(team=team).exclude(state=RuleState.RETIRED),
        *WhitelistTarget.objects.filter(team=team).exclude(state=RuleState.RETIRED),
    ]
    return {hash_deciding(read_draft(row)) for row in rows}
