"""The try box: what a draft says of some lines, and what the form says of the draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.admin.display import Pill
from events.text import make_visible
from governance.admin.rule_states import EFFECTS
from governance.enums import RuleEffect
from governance.matching.calls import PATH_VERBS
from governance.matching.verdicts import Verdict
from governance.rule_drafts import Draft, RuleDraft
from governance.rule_examples import FailedExample, find_failed_examples
from governance.rule_width import explain_second_person, list_warnings, read_in_words
from governance.tryouts import Tryout, try_line

MAX_LINES = 20


@dataclass(frozen=True, slots=True)
class Judgement:
    """One verdict as it reads: of the draft alone, or of all rules."""

    pill: Pill
    reason: str
    rule: str
    commands: list[tuple[str, Pill, str]]
    findings: list[str]


@dataclass(frozen=True, slots=True)
class TriedLine:
    """`problem` when the line could not be tried."""

    line: str
    alone: Judgement | None = None
    together: Judgement | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the page says of a draft as it is written."""

    words: str
    warnings: Sequence[str]
    second_person: str
    failed: Sequence[FailedExample]
    tried: Sequence[TriedLine]


def read_draft_aloud(
    draft: Draft, *, team_id: str, lines: Sequence[str] = (), verb: str = "", replaced_id: str = ""
) -> Reading:
    return Reading(
        read_in_words(draft),
        list_warnings(draft),
        explain_second_person(draft),
        find_failed_examples(draft),
        [
            judge_line(draft, line, team_id=team_id, verb=verb, replaced_id=replaced_id)
            for line in lines[:MAX_LINES]
        ],
    )


def judge_line(draft: Draft, line: str, *, team_id: str, verb: str, replaced_id: str) -> TriedLine:
    shown = make_visible(line)
    verb = verb if verb in PATH_VERBS and not isinstance(draft, RuleDraft) else ""
    try:
        tried = try_line(draft, line, team_id=team_id, verb=verb, replaced_id=replaced_id)
    except ValueError:
        return TriedLine(shown, problem="The arguments of a tool are one JSON object a line.")
    return TriedLine(shown, show_verdict(tried, tried.alone), show_verdict(tried, tried.together))


def show_verdict(tried: Tryout, verdict: Verdict) -> Judgement:
    return Judgement(
        show_effect(verdict.effect.value),
        make_visible(verdict.reason),
        tried.name_rule(verdict),
        [
            (make_visible(each.text), show_effect(each.effect.value), make_visible(each.reason))
            for each in verdict.commands
        ],
        [make_visible(finding) for finding in verdict.findings],
    )


def show_effect(effect: str) -> Pill:
    return EFFECTS[RuleEffect(effect)]
