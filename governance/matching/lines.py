"""One JSON line in, one JSON line out: the same verdict for whole files as for one request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from governance.matching.judge import judge_command
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect, Rule
from governance.matching.verdicts import Verdict

KEPT_RULE_SETS = 64


class LineEvaluator:
    """Keeps compiled rules, since lines of one file mostly share them.

    `read_stored` gives the rules of a line that brings none.
    """

    def __init__(self, read_stored: Callable[[], RuleSet]) -> None:
        self.read_stored = read_stored
        self._compiled: dict[str, RuleSet] = {}

    def evaluate(self, line: str) -> str:
        """The same object without its rules, and with its verdict.

        In: {"rules": [{"permission", "pattern", "action"}], "command", "directory", …}. Added: verdict,
        reason, rule, commands, findings. Never raises: what can't be read is `ask` with its reason.
        """
        given: dict[str, Any] = {}
        try:
            given = read_object(line)
            verdict = self.judge(given)
        except (ValueError, RecursionError) as error:
            verdict = Verdict(Effect.ASK, f"The line can't be read: {error}")
        kept = {key: value for key, value in given.items() if key != "rules"}
        return json.dumps({**kept, **describe_verdict(verdict)}, ensure_ascii=True)

    def judge(self, given: Mapping[str, Any]) -> Verdict:
        directory = given.get("directory", "")
        if not isinstance(directory, str):
            raise ValueError("directory is no text.")
        rules = given.get("rules")
        compiled = self.read_stored() if rules is None else self.compile(rules)
        return judge_command(given.get("command"), compiled, place=directory)

    def compile(self, rules: object) -> RuleSet:
        key = json.dumps(rules, sort_keys=True)
        if key not in self._compiled:
            if len(self._compiled) >= KEPT_RULE_SETS:
                self._compiled.clear()
            self._compiled[key] = RuleSet(read_rules(rules))
        return self._compiled[key]


def read_object(line: str) -> dict[str, Any]:
    """Raises ValueError."""
    read = json.loads(line)
    if not isinstance(read, dict):
        raise ValueError("A line is an object.")
    return read


def read_rules(rules: object) -> list[Rule]:
    """Raises ValueError. A rule without an id is named by its action and pattern."""
    if not isinstance(rules, list):
        raise ValueError("rules is a list.")
    made = []
    for rule in rules:
        if not isinstance(rule, dict) or not isinstance(rule.get("pattern"), str):
            raise ValueError("A rule is an object with a pattern.")
        action = rule.get("action")
        if action not in set(Effect):
            raise ValueError(f"A rule's action is allow, ask or deny, not {action!r}.")
        identifier = rule.get("id")
        made.append(
            Rule(
                rule["pattern"],
                Effect(action),
                permission=str(rule.get("permission", "bash")),
                id="" if identifier is None else str(identifier),
            )
        )
    return made


def describe_verdict(verdict: Verdict) -> dict[str, Any]:
    """As every door says it."""
    return {
        "verdict": verdict.effect.value,
        "reason": verdict.reason,
        "rule": str(verdict.rule) if verdict.rule else None,
        "commands": [
            {
                "command": item.text,
                "verdict": item.effect.value,
                "reason": item.reason,
                "rule": str(item.rule) if item.rule else None,
            }
            for item in verdict.commands
        ],
        "findings": list(verdict.findings),
    }
