"""Ordered rules as the map of permissions that the engine reads, with the same verdicts.

Our rules are a list of which the last match decides. The engine has a map (permission → action, or pattern →
action), reads it in the order of its keys, and then also lets the last match decide. One key has one place,
so a list that comes back to a permission can't be written down as it stands. What is written instead:

* permissions with wildcards first, in their order; one that comes back gets a key of the same meaning
  (`**` for `*`);
* then each plainly named permission once, with its own rules and the wildcards' that stand between or after
  them, in their order. All rules that can decide about that permission are then in the list's order.

Read off OpenCode 1.18.33: the order of keys is kept, but whole numbers come before all other keys (as in
every JavaScript object); five permissions take one action and no patterns, unless their key is another of the
same meaning (`webfetch *`: a trailing ` *` also matches nothing).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from configs.content import MAX_RULES, ToolRule
from configs.opencode_rules import Rule, is_withdrawn, matches
from events.text import make_visible

RuleMap: TypeAlias = dict[str, str | dict[str, str]]

# In the engine's schema these are an action, never a map of patterns.
WITHOUT_PATTERNS = frozenset({"todowrite", "question", "webfetch", "websearch", "doom_loop"})
# The tools a model is offered, by the permission that they ask for.
TOOL_PERMISSIONS = (
    "bash",
    "edit",
    "glob",
    "grep",
    "list",
    "lsp",
    "question",
    "read",
    "skill",
    "task",
    "todowrite",
    "webfetch",
    "websearch",
)
MAX_ENTRIES = 20 * MAX_RULES
MAX_WILDCARD_PERMISSIONS = 200
# A key of this name would change the object itself.
FORBIDDEN_KEY = "__proto__"
_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")
_LARGEST_INDEX = 2**32 - 2


class RuleMapError(ValueError):
    """These rules can't be said to the engine; the text is a sentence for people."""


def build_rule_map(rules: Iterable[ToolRule]) -> RuleMap:
    """The map that gives the verdicts of these rules. Raises RuleMapError."""
    wildcards: list[tuple[str, dict[str, str]]] = []
    named: dict[str, dict[str, str]] = {}
    size = 0
    for rule in rules:
        _check_keys(rule)
        if has_wildcard(rule.permission):
            if not wildcards or wildcards[-1][0] != rule.permission:
                wildcards.append((rule.permission, {}))
            _put(wildcards[-1][1], rule)
            affected = [patterns for name, patterns in named.items() if matches(rule.permission, name)]
        else:
            affected = [named.setdefault(rule.permission, {})]
        for patterns in affected:
            _put(patterns, rule)
        size += len(named) + 1 if has_wildcard(rule.permission) else 1
        if size > MAX_ENTRIES:
            raise RuleMapError(
                "Rules with wildcards in the permission stand between too many others: put them first."
            )
    if len({permission for permission, _ in wildcards}) > MAX_WILDCARD_PERMISSIONS:
        raise RuleMapError(f"At most {MAX_WILDCARD_PERMISSIONS} different permissions may have wildcards.")
    written: RuleMap = {}
    for permission, patterns in wildcards:
        written[_find_free_key(permission, written)] = _simplify(permission, patterns)
    for permission, patterns in named.items():
        simple = _simplify(permission, patterns)
        needs_other = permission in WITHOUT_PATTERNS and not isinstance(simple, str)
        written[f"{permission} *" if needs_other else permission] = simple
    return written


def read_rule_map(written: Mapping[str, object]) -> tuple[Rule, ...]:
    """The rules the engine makes of a map, in its order. Raises RuleMapError for another shape."""
    rules = []
    for permission in _order_keys(written):
        value = written[permission]
        patterns = {"*": value} if isinstance(value, str) else value
        if not isinstance(patterns, Mapping):
            raise RuleMapError(f"{make_visible(permission)} is neither an action nor a map of patterns.")
        rules += [read_rule(permission, pattern, patterns[pattern]) for pattern in _order_keys(patterns)]
    return tuple(rules)


def read_rule(permission: str, pattern: str, action: object) -> Rule:
    if action == "allow" or action == "ask" or action == "deny":  # noqa: PLR1714 - narrows the type
        return Rule(permission, pattern, action)
    raise RuleMapError(f"{make_visible(permission)}: an action is allow, ask or deny.")


def make_rules(rules: Iterable[ToolRule]) -> tuple[Rule, ...]:
    """Our rules as those that `opencode_rules` evaluates."""
    return tuple(read_rule(rule.permission, rule.pattern, rule.action) for rule in rules)


def list_hidden_tools(rules: Sequence[ToolRule], others: Iterable[str] = ()) -> tuple[str, ...]:
    """Permissions whose tools these rules take away from the model, so that it can't even ask.

    The engine's own tools are looked at, those the rules name, and `others`.
    """
    made = make_rules(rules)
    named = [rule.permission for rule in rules if not has_wildcard(rule.permission)]
    return tuple(
        name for name in dict.fromkeys([*TOOL_PERMISSIONS, *named, *others]) if is_withdrawn(made, name)
    )


def has_wildcard(glob: str) -> bool:
    return "*" in glob or "?" in glob


def is_whole_number(key: str) -> bool:
    """True for keys that JavaScript keeps in front of all others, in numeric order."""
    return _WHOLE_NUMBER.fullmatch(key) is not None and int(key) <= _LARGEST_INDEX


def _check_keys(rule: ToolRule) -> None:
    if FORBIDDEN_KEY in {rule.permission, rule.pattern}:
        raise RuleMapError(f"{FORBIDDEN_KEY} can't be the name of a permission or a pattern in the engine.")
    if is_whole_number(rule.permission):
        raise RuleMapError(
            f"{rule.permission} can't be a permission: the engine would read it before all others."
        )


def _put(patterns: dict[str, str], rule: ToolRule) -> None:
    """The last of two equal patterns decides wherever the first one matches, so it alone is kept."""
    patterns.pop(rule.pattern, None)
    patterns[rule.pattern] = rule.action


def _simplify(permission: str, patterns: dict[str, str]) -> str | dict[str, str]:
    if list(patterns) == ["*"]:
        return patterns["*"]
    numbers = [pattern for pattern in patterns if is_whole_number(pattern)]
    if not numbers:
        return patterns
    for number in numbers:
        _check_may_come_first(permission, number, patterns)
    return {pattern: patterns[pattern] for pattern in _order_keys(patterns)}


def _check_may_come_first(permission: str, number: str, patterns: Mapping[str, str]) -> None:
    for pattern, action in patterns.items():
        if pattern == number:
            return
        if action != patterns[number] and matches(pattern, number):
            raise RuleMapError(
                f"The rule for {permission} with the pattern {number} would have no effect: the engine reads "
                f"a whole number before all other patterns, and {make_visible(pattern)} decides after it. "
                f"Write {number} * for the command with any arguments."
            )


def _find_free_key(permission: str, taken: Mapping[str, object]) -> str:
    """A key of the same meaning that is not taken yet."""
    key = permission
    while key in taken:
        if "*" not in key:
            raise RuleMapError(
                f"The rules about {make_visible(permission)} stand in several places with other wildcards "
                "between them: bring them together."
            )
        key = key.replace("*", "**", 1)
    return key


def _order_keys(keys: Iterable[str]) -> list[str]:
    """The order in which JavaScript lists the keys of an object."""
    listed = list(keys)
    numbers = sorted((key for key in listed if is_whole_number(key)), key=int)
    return numbers + [key for key in listed if not is_whole_number(key)]
