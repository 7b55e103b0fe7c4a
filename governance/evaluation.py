"""What rules say of a call that nobody makes: for whole files, the API and whoever wants to know beforehand.

The call is read as a request's content would be, so the verdict is the one that the same request would get.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from events.text import make_visible
from governance.calls import judge_content, read_call
from governance.content import RequestContent
from governance.matching.book import RuleBook
from governance.matching.risk import assess_call
from governance.matching.rules import Effect, Rule
from governance.matching.targets import Target
from governance.matching.verdicts import Verdict
from governance.rulebooks import RuleContext, list_forbidden_folders
from governance.weighing import judge_by_stored_rules

KEPT_BOOKS = 64
TEXTS = ("permission", "command", "diff", "directory", "agent")

Stored = Callable[[RequestContent], Verdict]


def evaluate_line(line: str, judge_stored: Stored) -> str:
    """One JSON object in, the same object without its rules and with its verdict out.

    Never raises: what can't be read is `ask` with its reason. `judge_stored` is for lines without rules.
    """
    given: dict[str, Any] = {}
    try:
        given = read_object(line)
        verdict = evaluate(given, judge_stored)
    except (ValueError, RecursionError) as error:
        verdict = Verdict(Effect.ASK, f"The line can't be read: {error}")
    kept = {key: value for key, value in given.items() if key not in {"rules", "targets"}}
    return json.dumps({**kept, **describe_verdict(verdict)}, ensure_ascii=True)


def evaluate(given: Mapping[str, Any], judge_stored: Stored) -> Verdict:
    """Judge by the rules that come with the call, else by the stored ones; with its risks. Raises ValueError.

    In: {"rules": [{"permission", "pattern", "action"}], "targets": [{"pattern", "action", "verbs"}],
    "permission", "command", "patterns", "arguments", "diff", "directory", "agent"}.
    """
    content = read_content(given)
    rules, targets = given.get("rules"), given.get("targets")
    if rules is None and targets is None:
        verdict = judge_stored(content)
    else:
        book = find_book(json.dumps([rules or [], targets or []], sort_keys=True))
        verdict = judge_content(content, book)
    return replace(verdict, risks=assess_call(read_call(content)))


@lru_cache(maxsize=KEPT_BOOKS)
def find_book(rules_and_targets: str) -> RuleBook:
    """Compiled once: the lines of one file mostly share their rules."""
    rules, targets = json.loads(rules_and_targets)
    return RuleBook(read_rules(rules), read_targets(targets), list_forbidden_folders())


def judge_for_team(team_id: str, *, engine_id: str = "") -> Stored:
    """The stored rules of a team, as they stand at each call."""

    def judge(content: RequestContent) -> Verdict:
        context = RuleContext(
            team_id=team_id,
            agent=make_visible(content.agent)[:80] or None,
            engine_id=engine_id,
            directory=content.directory or None,
        )
        return judge_by_stored_rules(context, content)

    return judge


# Reading -------------------------------------------------------------------------------------------------


def read_object(line: str) -> dict[str, Any]:
    """Raises ValueError."""
    read = json.loads(line)
    if not isinstance(read, dict):
        raise ValueError("A line is an object.")
    return read


def read_content(given: Mapping[str, Any]) -> RequestContent:
    """Raises ValueError."""
    permission, command, diff, directory, agent = (read_said(given, name) for name in TEXTS)
    arguments = given.get("arguments")
    if not isinstance(arguments, dict | None):
        raise ValueError("arguments is an object.")
    patterns = given.get("patterns") or []
    if not is_list_of_texts(patterns):
        raise ValueError("patterns is a list of texts.")
    return RequestContent(
        permission=permission or "bash",
        patterns=list(patterns),
        directory=directory,
        agent=agent,
        command=command,
        diff=diff,
        arguments=arguments,
    )


def read_said(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text.")
    return value


def read_rules(rules: object) -> list[Rule]:
    """Raises ValueError. A rule without an id is named by its action and pattern."""
    return [
        Rule(
            pattern=read_pattern(rule),
            effect=read_action(rule),
            permission=read_text(rule, "permission", "bash"),
            id=read_id(rule),
            is_strict=read_text(rule, "kind", "pattern") == "strict",
            allows_redirects=rule.get("allows_redirects") is True,
            conditions=read_conditions(rule),
        )
        for rule in read_objects(rules, "rules")
    ]


def read_targets(targets: object) -> list[Target]:
    """Raises ValueError."""
    made = []
    for target in read_objects(targets, "targets"):
        verbs = target.get("verbs") or []
        if not is_list_of_texts(verbs):
            raise ValueError("A target's verbs are a list of texts.")
        effect = read_action(target)
        if effect is Effect.ASK:
            raise ValueError("A target's action is allow or deny.")
        made.append(Target(read_pattern(target), effect, id=read_id(target), verbs=tuple(verbs)))
    return made


def read_objects(things: object, name: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(things, list):
        raise ValueError(f"{name} is a list.")
    if not all(isinstance(thing, dict) for thing in things):
        raise ValueError("A rule is an object with a pattern.")
    return things


def read_pattern(rule: Mapping[str, Any]) -> str:
    pattern = rule.get("pattern")
    if not isinstance(pattern, str):
        raise ValueError("A rule is an object with a pattern.")
    return pattern


def read_action(rule: Mapping[str, Any]) -> Effect:
    action = rule.get("action")
    if not isinstance(action, str) or action not in set(Effect):
        raise ValueError(f"A rule's action is allow, ask or deny, not {action!r}.")
    return Effect(action)


def read_id(rule: Mapping[str, Any]) -> str:
    return "" if rule.get("id") is None else str(rule["id"])


def read_text(rule: Mapping[str, Any], name: str, default: str) -> str:
    value = rule.get(name)
    return default if value is None else str(value)


def read_conditions(rule: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    conditions = rule.get("conditions") or []
    if not (
        isinstance(conditions, list) and all(is_list_of_texts(pair) and len(pair) == 2 for pair in conditions)
    ):
        raise ValueError("A rule's conditions are pairs of texts.")
    return tuple((path, pattern) for path, pattern in conditions)


def is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


# Telling -------------------------------------------------------------------------------------------------


def describe_verdict(verdict: Verdict) -> dict[str, Any]:
    """As every door says it."""
    return {
        "verdict": verdict.effect.value,
        "reason": verdict.reason,
        "rule": name_rule(verdict.rule),
        "rule_version": verdict.rule.version or None if verdict.rule else None,
        "commands": [
            {
                "command": item.text,
                "verdict": item.effect.value,
                "reason": item.reason,
                "rule": name_rule(item.rule),
            }
            for item in verdict.commands
        ],
        "findings": list(verdict.findings),
        "risks": [
            {"kind": risk.kind.value, "word": risk.word, "sentence": risk.sentence} for risk in verdict.risks
        ],
    }


def name_rule(rule: Rule | Target | None) -> str | None:
    """By its id; without one, by what it says."""
    return None if rule is None else rule.id or str(rule)
