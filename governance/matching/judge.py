"""The verdict over a shell command: every simple command is judged by itself, the worst one decides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from governance.matching.command_reader import ASSIGNMENT
from governance.matching.coverage import explain_uncovered
from governance.matching.grammar_reader import GrammarReader, explain_difference, find_spans
from governance.matching.honesty import TOO_LONG, explain_dishonest
from governance.matching.paths import FORBIDDEN, get_base_name, strip_system_folder
from governance.matching.patterns import join_words
from governance.matching.rules import Effect, Index, LooseRule, Rule, RuleSet, list_views
from governance.matching.strict_reader import read_strictly
from governance.matching.tables.programs import words
from governance.matching.unwrap import list_possible, look_behind
from governance.matching.words import Budget, SimpleCommand, UnreadableError, Word

ORDER = {Effect.ALLOW: 0, Effect.ASK: 1, Effect.DENY: 2}
MAX_LAYERS = 8
NO_RULE = "No rule allows it."


@dataclass(frozen=True, slots=True)
class CommandVerdict:
    """Of one simple command; `text` as it stands in the source."""

    text: str
    effect: Effect
    reason: str
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is a sentence for a person; agents only ever receive the rule's own message.

    findings: what a reader should know besides, as sentences.
    """

    effect: Effect
    reason: str
    rule: Rule | None = None
    commands: tuple[CommandVerdict, ...] = ()
    findings: tuple[str, ...] = field(default=())


def judge_command(source: object, rules: RuleSet, *, place: str = "") -> Verdict:
    """What the rules say of a command that would run in the folder `place`. Never raises: in doubt, ask."""
    try:
        return judge(source, rules, place)
    except UnreadableError as error:
        return Verdict(Effect.ASK, str(error))
    except RecursionError:
        return Verdict(Effect.ASK, "It is nested too deep.")
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, a person is asked
        return Verdict(Effect.ASK, f"It could not be judged ({type(error).__name__}).")


def judge(source: object, rules: RuleSet, place: str) -> Verdict:
    if not isinstance(source, str):
        return Verdict(Effect.ASK, "It is no text.")
    problem = explain_dishonest(source)
    if "\0" in source or problem == TOO_LONG:
        return Verdict(Effect.ASK, problem)
    budget = Budget()
    commands, doubt = read_both(source, budget)
    doubt = problem or doubt
    verdicts = [judge_simple(source, command, rules, place, budget) for command in commands]
    if not verdicts:
        return Verdict(Effect.ASK, doubt or "It runs nothing that could be judged.")
    worst = max(verdicts, key=lambda verdict: ORDER[verdict.effect])
    if worst.effect is not Effect.DENY and doubt:
        return Verdict(Effect.ASK, doubt, None, tuple(verdicts), (doubt,))
    return Verdict(worst.effect, worst.reason, worst.rule, tuple(verdicts))


def read_both(source: str, budget: Budget) -> tuple[list[SimpleCommand], str]:
    """The commands both readers see; or what is found roughly, and why it can't be trusted."""
    try:
        commands = read_strictly(source, budget)
    except UnreadableError as error:
        return list(read_roughly(source, budget)), str(error)
    try:
        grammar = GrammarReader(source, budget)
    except UnreadableError as error:
        return commands, str(error)
    doubt = grammar.problem or explain_difference(find_spans(commands), grammar.spans)
    if doubt:
        commands = [*commands, *read_roughly(source, budget)]
    return commands, doubt


# Where a command may end or begin, and what may stand before its name.
BORDERS = re.compile(r"[;&|\n(){}`<>]+|\$\(")
LEADING = words("if then elif else do while until ! time coproc in case esac fi done")


def read_roughly(source: str, budget: Budget) -> Iterator[SimpleCommand]:
    """Whatever could be a command in a text that is not understood: for denials alone."""
    for piece in BORDERS.split(source):
        budget.spend()
        words = [word.translate(QUOTES) for word in piece.replace("\\\n", "").split()]
        while words and (words[0] in LEADING or ASSIGNMENT.match(words[0])):
            words = words[1:]
        if words:
            yield SimpleCommand(tuple(Word(word, 0, 0) for word in words))


QUOTES = str.maketrans("", "", "'\"\\")


def judge_simple(
    source: str, command: SimpleCommand, rules: RuleSet, place: str, budget: Budget, layers: int = 0
) -> CommandVerdict:
    text = source[command.start : command.end]
    if forbidden := find_forbidden(command):
        return CommandVerdict(text, Effect.DENY, f"{forbidden} is never allowed.")
    for effect, index, loose in (
        (Effect.DENY, rules.deny, rules.loose_denials),
        (Effect.ASK, rules.ask, rules.loose_questions),
    ):
        rule = find_strict(command, index, loose, budget)
        if rule is not None:
            return CommandVerdict(text, effect, f"The rule “{rule}” says {effect.value}.", rule)
    return judge_allowed(source, text, command, rules, place, budget, layers)


def find_strict(command: SimpleCommand, index: Index, loose: list[LooseRule], budget: Budget) -> Rule | None:
    """A deny or ask rule that sees the command or anything it could run."""
    if not loose:
        return None
    for possible in (command, *list_possible(command, budget)):
        if not possible.words:
            continue
        for view in list_views(possible):
            for line in {join_words(view), " ".join(view)}:
                rule = index.find(line)
                if rule is not None:
                    return rule
        program = get_base_name(possible.name)
        texts = [word.text for word in possible.words[1:]]
        for rule_by_meaning in loose:
            if rule_by_meaning.matches(program, texts):
                return rule_by_meaning.rule
    return None


def judge_allowed(
    source: str,
    text: str,
    command: SimpleCommand,
    rules: RuleSet,
    place: str,
    budget: Budget,
    layers: int,
) -> CommandVerdict:
    exact = rules.find_exact(source, command) if layers == 0 else None
    if exact is not None:
        return CommandVerdict(text, Effect.ALLOW, f"The rule “{exact}” allows exactly this.", exact)
    if not command.words:
        return CommandVerdict(
            text, Effect.ASK, "It only sets variables or redirects; no rule can cover that."
        )
    if not command.words[0].is_known or command.words[0].has_glob:
        return CommandVerdict(text, Effect.ASK, "Which program runs is not known before it runs.")
    if layers > MAX_LAYERS:
        return CommandVerdict(text, Effect.ASK, "It is wrapped too often.")
    behind = look_behind(command, budget)
    if behind.problem:
        return CommandVerdict(text, Effect.ASK, behind.problem)
    outer = CommandVerdict(text, Effect.ALLOW, "")
    if not behind.is_transparent:
        outer = find_allowing(text, command, rules, place)
        if outer.effect is not Effect.ALLOW:
            return outer
    for inner in behind.commands:
        verdict = judge_simple("", inner, rules, place, budget, layers + 1)
        if verdict.effect is not Effect.ALLOW:
            return CommandVerdict(text, verdict.effect, verdict.reason, verdict.rule)
        outer = CommandVerdict(text, Effect.ALLOW, outer.reason or verdict.reason, outer.rule or verdict.rule)
    return outer


def find_allowing(text: str, command: SimpleCommand, rules: RuleSet, place: str) -> CommandVerdict:
    """An allow rule that matches and covers it; else the reason of the first that matches."""
    texts = [word.text for word in command.words]
    texts[0] = strip_system_folder(texts[0])
    line = join_words(texts)
    reason = NO_RULE
    for rule in rules.allow.list_matching(line):
        why = explain_uncovered(command, rule.spell(place))
        if not why:
            return CommandVerdict(text, Effect.ALLOW, f"The rule “{rule}” allows it.", rule)
        reason = why if reason == NO_RULE else reason
    return CommandVerdict(text, Effect.ASK, reason)


def find_forbidden(command: SimpleCommand) -> str:
    """A path that no rule can allow, among words, redirects and assignments."""
    for word in (
        *command.words,
        *(item.target for item in command.redirects if item.target is not None),
        *(item.value for item in command.assignments),
    ):
        if "/" in word.text or "countersign" in word.text:
            found = FORBIDDEN.search(word.text)
            if found:
                return word.text.replace("\0", "…")
    return ""
