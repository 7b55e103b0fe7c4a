"""Rules on tools of MCP servers (`server_tool`, with conditions on their arguments) and on subagents."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from governance.matching.calls import TASK, Call
from governance.matching.honesty import explain_dishonest
from governance.matching.json_paths import find_values, read_steps
from governance.matching.patterns import build_wildcards
from governance.matching.rules import Effect, Rule
from governance.matching.verdicts import NO_RULE, CommandVerdict, Verdict, allow, choose_worst
from governance.matching.words import Budget, UnreadableError

# What the pattern of a rule on a tool may be: the tool is named by the permission, all else by conditions.
NO_PATTERN = frozenset({"", "*", "**"})
MAX_BYTES = 64 * 1024
UPWARDS = re.compile(r"(?:^|[/\\])\.\.(?:$|[/\\])")


@dataclass(frozen=True)
class Condition:
    path: str
    pattern: str

    @cached_property
    def expression(self) -> re.Pattern[str]:
        return re.compile(build_wildcards(self.pattern), re.DOTALL)

    @cached_property
    def is_literal(self) -> bool:
        return not re.search(r"[*?]", self.pattern)

    def explain_unmet(self, arguments: Mapping[str, object]) -> str:
        """Why these arguments do not meet it, for allow rules; "" when they do. Raises UnreadableError."""
        values = find_values(arguments, read_steps(self.path))
        if not values:
            return f"The arguments have no {self.path}."
        for value in values:
            text = write_value(value)
            if text is None or not self.expression.fullmatch(text):
                return f"{self.path} is not {self.pattern}."
            if not self.is_literal and UPWARDS.search(text):
                return f"{self.path} leads upwards."
        return ""

    def may_be_met(self, arguments: Mapping[str, object]) -> bool:
        """For deny and ask rules: met by any of the values, in upper or lower case, and in doubt."""
        try:
            values = find_values(arguments, read_steps(self.path))
        except UnreadableError:
            return True
        texts = [write_value(value) for value in values or ()]
        wild = re.compile(build_wildcards(self.pattern.casefold()), re.DOTALL)
        return any(text is None or wild.fullmatch(text.casefold()) for text in texts)


def write_value(value: object) -> str | None:
    """A value as a pattern sees it; None for lists and objects, which no pattern covers."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return None


@dataclass(frozen=True)
class ToolRule:
    rule: Rule

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(Condition(path, pattern) for path, pattern in self.rule.conditions)

    @cached_property
    def tool(self) -> re.Pattern[str]:
        return re.compile(build_wildcards(self.rule.permission), re.DOTALL)

    @cached_property
    def names_server(self) -> bool:
        """Whether the part before the first underline, at least, is said without a wildcard."""
        server, underline, _ = re.split(r"[*?]", self.rule.permission)[0].partition("_")
        return bool(server and underline)

    def explain_uncovered(self, arguments: Mapping[str, object]) -> str:
        if self.rule.pattern.strip() not in NO_PATTERN:
            return "A rule on a tool names arguments by conditions, not by a pattern."
        return next((why for item in self.conditions if (why := item.explain_unmet(arguments))), "")

    def denies(self, arguments: Mapping[str, object] | None) -> bool:
        return arguments is None or all(item.may_be_met(arguments) for item in self.conditions)


class ToolRules:
    """A deny or ask rule may name tools by wildcards (`github_*`, `*`); an allow rule at least the server."""

    # A look at arguments can cost as much as reading all of them.
    STEPS_PER_RULE = 16

    def __init__(self, rules: Sequence[Rule]) -> None:
        ordered = [
            ToolRule(rule)
            for rule in sorted(rules, key=lambda rule: (rule.permission, rule.id, str(rule.conditions)))
        ]
        self.strict = [
            (effect, [item for item in ordered if item.rule.effect is effect])
            for effect in (Effect.DENY, Effect.ASK)
        ]
        self.allowing = [item for item in ordered if item.rule.effect is Effect.ALLOW and item.names_server]

    def judge(self, call: Call, budget: Budget) -> Verdict:
        """Raises UnreadableError when it takes too long."""
        return choose_worst([self.judge_tool(call, budget)])

    def judge_tool(self, call: Call, budget: Budget) -> CommandVerdict:
        name, arguments = call.permission, call.arguments
        for effect, rules in self.strict:
            for item in rules:
                if not item.tool.fullmatch(name):
                    continue
                budget.spend(self.STEPS_PER_RULE)
                if item.denies(arguments):
                    reason = f"The rule “{item.rule}” says {effect.value}."
                    return CommandVerdict(name, effect, reason, item.rule)
        if arguments is None:
            return CommandVerdict(name, Effect.ASK, "Its arguments are not known.")
        if not call.is_tool:
            return CommandVerdict(name, Effect.ASK, "No rule can allow a verb that is not known here.")
        if problem := explain_arguments(arguments):
            return CommandVerdict(name, Effect.ASK, problem)
        return self.judge_allowed(name, arguments, budget)

    def judge_allowed(self, name: str, arguments: Mapping[str, object], budget: Budget) -> CommandVerdict:
        reason = NO_RULE
        for item in self.allowing:
            if not item.tool.fullmatch(name):
                continue
            budget.spend(self.STEPS_PER_RULE)
            try:
                why = item.explain_uncovered(arguments)
            except UnreadableError as error:
                why = str(error)
            if not why:
                return allow(name, f"The rule “{item.rule}” allows it.", item.rule)
            reason = why if reason == NO_RULE else reason
        return CommandVerdict(name, Effect.ASK, reason)


def explain_arguments(arguments: Mapping[str, object]) -> str:
    """Why these can't be judged at all: too many, no JSON, or not shown as they are."""
    try:
        text = json.dumps(arguments, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return "Its arguments are no JSON."
    if len(text.encode(errors="replace")) > MAX_BYTES:
        return "Its arguments are longer than 64 KiB."
    waiting: list[object] = [arguments]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and value.strip() and (problem := explain_dishonest(value)):
            return problem
    return ""


class SubagentRules:
    """The name of a subagent against patterns of names."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = sorted(rules, key=lambda rule: (rule.pattern, rule.id))

    def judge(self, call: Call) -> Verdict:
        return choose_worst([self.judge_name(call.subagent)])

    def judge_name(self, name: str) -> CommandVerdict:
        for effect in (Effect.DENY, Effect.ASK):
            for rule in self.rules:
                is_about = rule.effect is effect and rule.permission in {TASK, "*"}
                if is_about and matches_name(rule.pattern.casefold(), name.casefold(), rule):
                    return CommandVerdict(name, effect, f"The rule “{rule}” says {effect.value}.", rule)
        if problem := explain_dishonest(name) or (
            "" if name.strip() == name else "Its name begins or ends blank."
        ):
            return CommandVerdict(name, Effect.ASK, problem)
        for rule in self.rules:
            is_allowing = rule.effect is Effect.ALLOW and rule.permission == TASK
            if is_allowing and matches_name(rule.pattern, name, rule):
                return allow(name, f"The rule “{rule}” allows it.", rule)
        return CommandVerdict(name, Effect.ASK, NO_RULE)


def matches_name(pattern: str, name: str, rule: Rule) -> bool:
    if rule.is_strict and rule.effect is Effect.ALLOW:
        return pattern == name
    return bool(re.fullmatch(build_wildcards(pattern.strip() or "*"), name, re.DOTALL))
