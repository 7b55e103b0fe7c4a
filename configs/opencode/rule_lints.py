"""What is wrong with a list of rules, as far as its own text tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from configs.content import ToolRule
from configs.opencode.binding import ASK_FOR_ALL, STRICTNESS
from configs.opencode.problems import Problem, Severity
from configs.opencode.rule_map import TOOL_PERMISSIONS, RuleMapError, build_rule_map, has_wildcard
from configs.opencode_rules import covers, matches
from events.text import make_visible

# (severity, field, sentence) → problem
Make = Callable[[Severity, str, str], Problem]
MAX_SHOWN_LENGTH = 80


def find_list_problems(rules: Sequence[ToolRule], make: Make) -> Iterator[Problem]:
    """Problems of one list by itself: the rules for every agent, or one agent's own."""
    yield from find_open_doors(rules, make)
    yield from find_undone(rules, make)
    yield from find_home_patterns(rules, make)
    for name in list_hidden_by(rules):
        yield make("warning", "rules", f"Hides the tool {name} from the model: it is gone, not asked about.")
    try:
        build_rule_map([ASK_FOR_ALL, *rules])
    except RuleMapError as error:
        yield make("error", "rules", str(error))


def find_open_doors(rules: Sequence[ToolRule], make: Make) -> Iterator[Problem]:
    for position, rule in enumerate(rules):
        if rule.action == "allow" and _covers_all(rule.permission) and _covers_all(rule.pattern):
            sentence = (
                "This allows every tool, and switches off what the engine asks about by itself (folders "
                "outside the project, files of secrets). Name the tools that may run unasked."
            )
            yield make("error", f"rules.{position}", sentence)


def find_undone(rules: Sequence[ToolRule], make: Make) -> Iterator[Problem]:
    """Rules that never decide, because a later one covers them and says something else."""
    later = LaterRules()
    found = []
    for position in range(len(rules) - 1, -1, -1):
        rule = rules[position]
        other = later.find_covering(rule)
        if other is not None and rules[other].action != rule.action:
            found.append((position, other))
        later.add(position, rule)
    for position, other in reversed(found):
        this, cover = describe_rule(rules[position]), describe_rule(rules[other])
        is_loosened = STRICTNESS[rules[other].action] < STRICTNESS[rules[position].action]
        yield make(
            "error" if is_loosened else "warning",
            f"rules.{position}",
            f"{this} has no effect: rule {other + 1}, {cover}, comes later and covers it, and the last rule "
            "that matches decides.",
        )


def find_home_patterns(rules: Sequence[ToolRule], make: Make) -> Iterator[Problem]:
    for position, rule in enumerate(rules):
        begins = rule.pattern == "~" or rule.pattern.startswith(("~/", "$HOME"))
        if begins and rule.permission != "external_directory":
            sentence = (
                f"The engine puts its own home folder in place of the beginning of {show(rule.pattern)}, so "
                "the rule is not about that text."
            )
            yield make("warning", f"rules.{position}.pattern", sentence)


def list_hidden_by(rules: Sequence[ToolRule]) -> list[str]:
    """Tools that these rules by themselves take away from the model."""
    named: dict[str, None] = {}
    for rule in rules:
        if rule.action == "deny" and rule.pattern == "*":
            names = [name for name in TOOL_PERMISSIONS if matches(rule.permission, name)]
            named |= dict.fromkeys(names if has_wildcard(rule.permission) else [rule.permission])
    return [name for name in named if _is_hidden(rules, name)]


def _is_hidden(rules: Sequence[ToolRule], name: str) -> bool:
    last = next(rule for rule in reversed(rules) if matches(rule.permission, name))
    return last.pattern == "*" and last.action == "deny"


def describe_rule(rule: ToolRule) -> str:
    pattern = "" if rule.pattern == "*" else f" {show(rule.pattern)}"
    return f"{rule.action} {show(rule.permission)}{pattern}"


def show(text: str) -> str:
    visible = make_visible(text)
    return visible if len(visible) <= MAX_SHOWN_LENGTH else visible[: MAX_SHOWN_LENGTH - 1] + "…"


def _covers_all(glob: str) -> bool:
    return bool(glob) and set(glob) == {"*"}


class LaterRules:
    """Rules that stand later than the one looked at, found by what they cover.

    A pattern that ends in its only wildcard covers exactly what begins with the text before it, so looking
    takes time of the pattern's length, not of the list's. Of other patterns only equal ones are found.
    """

    def __init__(self) -> None:
        # Permission → pattern → position
        self._exact: dict[str, dict[str, int]] = {}
        # Permission → the text before the `*` → position
        self._prefixes: dict[str, dict[str, int]] = {}
        self._wildcards: dict[str, None] = {}

    def add(self, position: int, rule: ToolRule) -> None:
        if has_wildcard(rule.permission):
            self._wildcards[rule.permission] = None
        # Of equal ones the last decides, and it came first here.
        self._exact.setdefault(rule.permission, {}).setdefault(rule.pattern, position)
        before = rule.pattern[:-1]
        if rule.pattern.endswith("*") and not has_wildcard(before):
            self._prefixes.setdefault(rule.permission, {}).setdefault(before, position)

    def find_covering(self, rule: ToolRule) -> int | None:
        """The position of the last rule that covers this one wholly."""
        wide = [name for name in self._wildcards if name == rule.permission or covers(name, rule.permission)]
        return max(
            (
                position
                for permission in dict.fromkeys([rule.permission, *wide])
                for position in self._find_patterns(permission, rule.pattern)
            ),
            default=None,
        )

    def _find_patterns(self, permission: str, pattern: str) -> Iterator[int]:
        exact, prefixes = self._exact.get(permission, {}), self._prefixes.get(permission, {})
        if pattern in exact:
            yield exact[pattern]
        if prefixes:
            # `git *` also covers the bare `git`.
            starts = [*(pattern[:length] for length in range(len(pattern) + 1)), pattern + " "]
            yield from (prefixes[start] for start in starts if start in prefixes)
