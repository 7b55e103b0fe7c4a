"""What a team's rules say of a request now: the verdict that decides, and what observed rules would do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from governance.calls import judge_content
from governance.content import RequestContent
from governance.enums import RuleMode
from governance.matching.rules import Effect, Rule
from governance.matching.targets import Target
from governance.matching.verdicts import Verdict
from governance.rule_drafts import StoredRow
from governance.rulebooks import (
    Books,
    RuleContext,
    build_empty_book,
    get_books,
    list_forbidden_folders,
)

# Decides what no rule decides: places that no rule can allow.
BUILT_IN_ID, BUILT_IN_VERSION, BUILT_IN_NAME = "built-in", 1, "Built-in denial"
PERHAPS = "A rule denies it that may not be meant: who asks, or where, is not known."


@dataclass(frozen=True, slots=True)
class Decider:
    """The rule that decides, as requests and the log name it. `message` is all that agents learn."""

    id: str
    version: int
    name: str
    message: str = ""


BUILT_IN = Decider(
    BUILT_IN_ID, BUILT_IN_VERSION, BUILT_IN_NAME, "This reaches a place that agents are never let into."
)


@dataclass(frozen=True, slots=True)
class Weighing:
    """`verdict` is of the rules that decide, None without any; `watched` also of the observed ones."""

    books: Books
    verdict: Verdict | None
    watched: Verdict | None

    @property
    def decider(self) -> Decider | None:
        """Who decides, None when the verdict is to ask."""
        if self.verdict is None or self.verdict.effect is Effect.ASK:
            return None
        used = list_used(self.verdict)
        if used:
            return describe_decider(self.books.rows[used[0].id])
        return BUILT_IN if self.verdict.effect is Effect.DENY else None

    @property
    def counted(self) -> list[StoredRow]:
        """The rules that the verdict rests on, the deciding one first; also of a verdict to ask."""
        return [self.books.rows[rule.id] for rule in list_used(self.verdict)]

    @property
    def observed(self) -> list[StoredRow]:
        """The observed rules that would have had a part in the verdict."""
        rows = [self.books.rows[rule.id] for rule in list_used(self.watched)]
        return [row for row in rows if row.mode == RuleMode.OBSERVE]


def weigh_content(
    context: RuleContext, content: RequestContent, *, now: datetime, wall_limit_s: float | None = None
) -> Weighing | None:
    """None for a team without rules that apply. `wall_limit_s` is for who must not wait."""
    books = get_books(context, now=now)
    if books is None or not (books.enforced or books.watched):
        return None
    verdict = watched = None
    if books.enforced:
        verdict = judge_content(content, books.enforced, wall_limit_s=wall_limit_s)
        verdict = doubt_denial(verdict, books.uncertain)
    if books.watched:
        watched = judge_content(content, books.watched, wall_limit_s=wall_limit_s)
    return Weighing(books, verdict, watched)


def judge_by_stored_rules(context: RuleContext, content: RequestContent) -> Verdict:
    """What would be decided there now, whoever asks. Without rules that decide, nothing but to ask."""
    weighing = weigh_content(context, content, now=timezone.now())
    if weighing is not None and weighing.verdict is not None:
        return weighing.verdict
    verdict = judge_content(content, build_empty_book(list_forbidden_folders()))
    return verdict if verdict.effect is Effect.ASK else replace(verdict, effect=Effect.ASK)


def doubt_denial(verdict: Verdict, uncertain: frozenset[str]) -> Verdict:
    """A denial by a rule that is perhaps not meant is a question."""
    if verdict.effect is Effect.DENY and verdict.rule is not None and verdict.rule.id in uncertain:
        return replace(verdict, effect=Effect.ASK, reason=PERHAPS)
    return verdict


def list_used(verdict: Verdict | None) -> list[Rule | Target]:
    """The stored rules that a verdict rests on, each once: all of an allowance, else the deciding one."""
    if verdict is None:
        return []
    found = [verdict.rule]
    if verdict.effect is Effect.ALLOW:
        found += [*verdict.rules, *(command.rule for command in verdict.commands)]
    return list({rule.id: rule for rule in found if rule is not None and rule.id}.values())


def describe_decider(row: StoredRow) -> Decider:
    return Decider(row.pk, row.version, row.name, getattr(row, "message", ""))
