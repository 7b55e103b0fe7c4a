"""The verdict over a shell command: every simple command is judged by itself, the worst one decides."""

from __future__ import annotations

from collections.abc import Sequence

from governance.matching.coverage import explain_uncovered
from governance.matching.forbidden import find_forbidden, list_places
from governance.matching.honesty import TOO_LONG, explain_dishonest
from governance.matching.paths import get_base_name, strip_system_folder
from governance.matching.patterns import join_words
from governance.matching.reading import read_both
from governance.matching.rules import Effect, Index, LooseRule, Rule, RuleSet, list_views
from governance.matching.unwrap import list_possible, look_behind
from governance.matching.verdicts import NO_RULE, CommandVerdict, Verdict, allow, choose_worst
from governance.matching.words import Budget, SimpleCommand, UnreadableError

MAX_LAYERS = 8


def judge_command(
    source: object,
    rules: RuleSet,
    *,
    place: str = "",
    wall_limit_s: float | None = None,
    forbidden: Sequence[str] = (),
) -> Verdict:
    """What the rules say of a command that would run in the folder `place`. Never raises: in doubt, ask."""
    try:
        return judge(source, rules, place, wall_limit_s, forbidden)
    except UnreadableError as error:
        return Verdict(Effect.ASK, str(error))
    except RecursionError:
        return Verdict(Effect.ASK, "It is nested too deep.")
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, a person is asked
        return Verdict(Effect.ASK, f"It could not be judged ({type(error).__name__}).")


def judge(
    source: object,
    rules: RuleSet,
    place: str,
    wall_limit_s: float | None = None,
    forbidden: Sequence[str] = (),
) -> Verdict:
    if not (isinstance(source, str) and isinstance(place, str)):
        return Verdict(Effect.ASK, "It is no text.")
    problem = explain_dishonest(source)
    if "\0" in source or problem == TOO_LONG:
        return Verdict(Effect.ASK, problem)
    budget = Budget(wall_limit_s=wall_limit_s)
    commands, doubt = read_both(source, budget)
    doubt = problem or doubt
    places = list_places(commands, place)
    verdicts = [judge_one(source, command, rules, places, forbidden, budget) for command in commands]
    if not verdicts:
        return Verdict(Effect.ASK, doubt or "It runs nothing that could be judged.")
    verdict = choose_worst(verdicts)
    if verdict.effect is not Effect.DENY and doubt:
        return Verdict(Effect.ASK, doubt, None, verdict.commands, (doubt,))
    return verdict


def judge_one(
    source: str,
    command: SimpleCommand,
    rules: RuleSet,
    places: Sequence[str],
    forbidden: Sequence[str],
    budget: Budget,
) -> CommandVerdict:
    """Of one simple command of the source; `places` begins with the project."""
    possible = [command, *list_possible(command, budget)]
    for item in possible:
        if found := find_forbidden(item, places, forbidden):
            text = source[command.start : command.end]
            return CommandVerdict(text, Effect.DENY, f"{found} is never allowed.")
    return judge_simple(source, command, rules, places[0], budget, possible)


def judge_simple(
    source: str,
    command: SimpleCommand,
    rules: RuleSet,
    place: str,
    budget: Budget,
    possible: Sequence[SimpleCommand],
    layers: int = 0,
) -> CommandVerdict:
    """possible: the command and all that could run behind it."""
    text = source[command.start : command.end]
    for effect, index, loose in (
        (Effect.DENY, rules.deny, rules.loose_denials),
        (Effect.ASK, rules.ask, rules.loose_questions),
    ):
        rule = find_strict(possible, index, loose)
        if rule is not None:
            return CommandVerdict(text, effect, f"The rule “{rule}” says {effect.value}.", rule)
    return judge_allowed(source, text, command, rules, place, budget, layers)


def find_strict(commands: Sequence[SimpleCommand], index: Index, loose: list[LooseRule]) -> Rule | None:
    """A deny or ask rule that sees the command or anything it could run."""
    if not loose:
        return None
    for possible in commands:
        if not possible.words:
            if (rule := index.find("")) is not None:
                return rule
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
        return allow(text, f"The rule “{exact}” allows exactly this.", exact)
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
        possible = [inner, *list_possible(inner, budget)]
        verdict = judge_simple("", inner, rules, place, budget, possible, layers + 1)
        if verdict.effect is not Effect.ALLOW:
            return CommandVerdict(text, verdict.effect, verdict.reason, verdict.rule)
        outer = CommandVerdict(
            text,
            Effect.ALLOW,
            outer.reason or verdict.reason,
            outer.rule or verdict.rule,
            outer.rules + verdict.rules,
        )
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
            return allow(text, f"The rule “{rule}” allows it.", rule)
        reason = why if reason == NO_RULE else reason
    return CommandVerdict(text, Effect.ASK, reason)
