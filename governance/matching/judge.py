"""The verdict over a shell command: every simple command is judged by itself, the worst one decides."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from governance.matching.coverage import explain_redirect, explain_uncovered
from governance.matching.forbidden import find_forbidden, list_places
from governance.matching.honesty import TOO_LONG, explain_dishonest
from governance.matching.paths import get_base_name, strip_system_folder
from governance.matching.patterns import join_words
from governance.matching.reading import read_both
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect, Rule
from governance.matching.spelled import Spelled
from governance.matching.tables.lookup import PROGRAMS
from governance.matching.unwrap import list_possible, look_behind
from governance.matching.verdicts import NO_RULE, CommandVerdict, Verdict, allow, choose_worst
from governance.matching.words import STEPS_BETWEEN_LOOKS, Budget, SimpleCommand, UnreadableError

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
    if moves(commands, place):
        verdicts = list(map(ask_if_moved, commands, verdicts))
    verdict = choose_worst(verdicts)
    if verdict.effect is Effect.ALLOW:
        deciding = next((item for item in verdicts if item.rule is not None), None)
        if deciding is None:
            return Verdict(Effect.ASK, doubt or NO_RULE, None, verdict.commands)
        verdict = replace(verdict, reason=deciding.reason, rule=deciding.rule)
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


def cut_pieces(commands: Sequence[SimpleCommand], budget: Budget) -> Iterator[Sequence[SimpleCommand]]:
    """The commands in small portions, so that a limit holds in between."""
    for start in range(0, len(commands), STEPS_BETWEEN_LOOKS):
        piece = commands[start : start + STEPS_BETWEEN_LOOKS]
        budget.spend(len(piece))
        yield piece


def moves(commands: Sequence[SimpleCommand], place: str) -> bool:
    """Whether a cd leads anywhere but to the project itself."""
    targets = (
        word.text
        for command in commands
        if get_base_name(command.name) in {"cd", "pushd"}
        for word in command.words[1:]
        if not word.text.startswith("-")
    )
    return any(
        posixpath.normpath(posixpath.join(place, text)) != posixpath.normpath(place) for text in targets
    )


def ask_if_moved(command: SimpleCommand, verdict: CommandVerdict) -> CommandVerdict:
    """A rule that names a program or folder from the project is not about the same name elsewhere."""
    if verdict.effect is not Effect.ALLOW or not isinstance(verdict.rule, Rule):
        return verdict
    possible = [command, *list_possible(command, Budget())]
    is_relative = any("/" in item.name and not item.name.startswith("/") for item in possible)
    folder = verdict.rule.spell("").folder
    if is_relative or (folder and not folder.startswith("/") and "://" not in folder):
        return CommandVerdict(
            verdict.text, Effect.ASK, "It would run or work in another folder than the rule's."
        )
    return verdict


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
    for effect, denials in ((Effect.DENY, rules.denials), (Effect.ASK, rules.questions)):
        for piece in cut_pieces(possible, budget):
            rule = denials.find(piece, place)
            if rule is not None:
                return CommandVerdict(text, effect, f"The rule “{rule}” says {effect.value}.", rule)
    for denials in (rules.denials, rules.questions):
        rule = denials.find_near(possible)
        if rule is not None:
            why = f"File names may turn into what the rule “{rule}” is about."
            return CommandVerdict(text, Effect.ASK, why, rule)
    return judge_allowed(source, text, command, rules, place, budget, layers)


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
        return judge_surroundings(text, command)
    if not command.words[0].is_known or command.words[0].has_glob:
        return CommandVerdict(text, Effect.ASK, "Which program runs is not known before it runs.")
    if layers > MAX_LAYERS:
        return CommandVerdict(text, Effect.ASK, "It is wrapped too often.")
    return judge_behind(text, command, rules, place, budget, layers)


def judge_behind(
    text: str, command: SimpleCommand, rules: RuleSet, place: str, budget: Budget, layers: int
) -> CommandVerdict:
    """The command, where it needs a rule itself, and all that it certainly runs."""
    behind = look_behind(command, budget)
    if behind.problem:
        return CommandVerdict(text, Effect.ASK, behind.problem)
    if does_nothing(command):
        return CommandVerdict(text, Effect.ALLOW, "It does nothing.")
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
    exact = rules.exact_words.get(line)
    reason = NO_RULE
    if exact is not None:
        reason = explain_uncovered(command, Spelled(len(texts), place=place))
        if not reason:
            return allow(text, f"The rule “{exact}” allows it.", exact)
    for rule in rules.index.list_allowing(line):
        spelled = rule.spell(place, texts)
        if explains := explain_path(texts[0], rule):
            reason = explains if reason == NO_RULE else reason
            continue
        why = explain_uncovered(command, spelled) or explain_hidden(command, spelled, rules, place)
        if not why:
            return allow(text, f"The rule “{rule}” allows it.", rule)
        reason = why if reason == NO_RULE else reason
    return CommandVerdict(text, Effect.ASK, reason)


def explain_path(program: str, rule: Rule) -> str:
    """A program that is named by its path needs a rule that begins with a path, and takes no detours."""
    if "/" not in program or rule.first:
        return ""
    if rule.tokens[0].folder and ".." not in program.split("/"):
        return ""
    return f"{program} needs a rule that names its folder."


def explain_hidden(command: SimpleCommand, spelled: Spelled, rules: RuleSet, place: str) -> str:
    """A rule for every program covers none that is not known and could run another that is denied."""
    if spelled.words or get_base_name(command.name) in PROGRAMS:
        return ""
    behind = [replace(command, words=command.words[start:]) for start in range(1, len(command.words))]
    for denials in (rules.denials, rules.questions):
        if (rule := denials.find(behind, place)) is not None:
            return f"{command.name} is not known here, and may run what the rule “{rule}” is about."
    return ""


def judge_surroundings(text: str, command: SimpleCommand) -> CommandVerdict:
    """Redirects around a group that lead nowhere need no rule; all else without words can't have one."""
    if command.assignments or not command.redirects:
        return CommandVerdict(text, Effect.ASK, "It only sets variables; no rule can cover that.")
    why = next((why for item in command.redirects if (why := explain_redirect(item, Spelled(), ""))), "")
    return CommandVerdict(text, Effect.ASK if why else Effect.ALLOW, why or "It redirects to nowhere.")


# Beside a command that a rule allows, these need none: `npm test || exit 1`.
NOTHING = frozenset({"true", "false", ":", "exit", "break", "continue", "return"})
NUMBER = re.compile(r"\d*|\$\?")


def does_nothing(command: SimpleCommand) -> bool:
    return (
        command.name in NOTHING
        and not command.assignments
        and not command.redirects
        and all(NUMBER.fullmatch(word.text) for word in command.words[1:])
    )
