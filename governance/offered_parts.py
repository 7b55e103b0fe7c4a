"""A command of several simple commands, part by part: which of them no rule allows yet, and what rule could.

A chain is let through when each of its parts is, so each part gets a ladder of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from events.masking import mask_secrets
from governance.calls import explain_doubt, judge_content, read_call
from governance.content import RequestContent
from governance.matching.book import RuleBook
from governance.matching.calls import BASH
from governance.matching.ladder import Shape, list_shapes, would_allow
from governance.matching.reading import read_both
from governance.matching.rules import Effect
from governance.matching.verdicts import CommandVerdict
from governance.matching.words import Budget, SimpleCommand, UnreadableError
from governance.rule_drafts import build_rule
from governance.rule_offers import draft_shape
from governance.rulebooks import RuleContext, get_rule_book
from governance.weighing import judge_by_stored_rules

MAX_PARTS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """`number` counts from 1, in the order they stand. reason: what the rules say of it now.

    shapes: its ladder, narrowest first; empty for what is allowed, and for what no rule could let through.
    """

    number: int
    text: str
    effect: Effect
    reason: str
    shapes: Sequence[Shape] = ()

    @property
    def is_allowed(self) -> bool:
        return self.effect is Effect.ALLOW


def list_parts(context: RuleContext, content: RequestContent) -> list[Part]:
    """Each once; empty for what is one simple command, is not understood for sure, or has too many parts."""
    commands = read_commands(content)
    if not 1 < len(commands) <= MAX_PARTS:
        return []
    judged = judge_by_stored_rules(context, content).commands
    if len(judged) != len(commands):
        return []
    source, place = read_call(content).command, context.directory or ""
    parts: dict[str, Part] = {}
    for command, verdict in zip(commands, judged, strict=True):
        shapes = list_part_shapes(source, command, place) if is_open(verdict) else ()
        text = source[command.start : command.end]
        parts.setdefault(text, Part(len(parts) + 1, text, verdict.effect, verdict.reason, shapes))
    return list(parts.values())


def explain_still_asked(context: RuleContext, content: RequestContent, parts: Sequence[Part]) -> str:
    """Why the whole would be asked about even if each part that can have a rule had one, else ""."""
    rules = [build_rule(draft_shape(BASH, part.shapes[0])) for part in parts if part.shapes]
    book = get_rule_book(context)
    verdict = judge_content(content, RuleBook([*book.rules, *rules], book.targets, book.forbidden))
    return "" if verdict.effect is Effect.ALLOW else verdict.reason


def read_commands(content: RequestContent) -> Sequence[SimpleCommand]:
    """What both readers see alike; empty where something speaks against any rule."""
    if content.permission != BASH or explain_doubt(content):
        return ()
    try:
        commands, doubt = read_both(read_call(content).command, Budget())
    except (UnreadableError, RecursionError):
        return ()
    return () if doubt else commands


def is_open(verdict: CommandVerdict) -> bool:
    """Whether a rule more could let it through: none denies it or asks about it."""
    return verdict.effect is Effect.ASK and verdict.rule is None


def list_part_shapes(source: str, command: SimpleCommand, place: str) -> list[Shape]:
    """Of its words alone where what surrounds them is harmless, as in `npm test 2>&1`."""
    text = source[command.start : command.end]
    bare = source[command.words[0].start : command.words[-1].end] if command.words else text
    shapes = [shape for shape in list_shapes(bare, place=place) if would_allow(shape, text, place)]
    return [
        shape
        for shape in shapes or list_shapes(text, place=place)
        if mask_secrets(shape.pattern) == shape.pattern
    ]
