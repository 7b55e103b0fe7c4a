"""Lists of the tools an agent may use, as other programs keep them, and the same as rules.

A list says what there is, not what may run unasked: everything else is denied, and what it names is asked
about, in an order of its own, so that the order of the list does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from configs.content import ToolRule

# The engine's permissions in the order in which rules about them are written.
ORDER = (
    "read", "list", "glob", "grep", "edit", "bash", "webfetch", "websearch", "task", "skill", "todowrite",
    "question", "lsp",
)  # fmt: skip


def write_only_rules(allowed: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Rules that deny all but these (permission, pattern) pairs."""
    pairs = sorted(set(allowed), key=rank_pair)
    return [write_rule("*", "*", "deny"), *(write_rule(name, pattern, "ask") for name, pattern in pairs)]


def write_denials(denied: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [write_rule(name, pattern, "deny") for name, pattern in sorted(set(denied), key=rank_pair)]


def write_rule(permission: str, pattern: str, action: str) -> dict[str, str]:
    return {"permission": permission, "pattern": pattern, "action": action}


def rank_pair(pair: tuple[str, str]) -> tuple[int, str, bool, str]:
    """The whole tool first: of its patterns the last one that matches decides."""
    name, pattern = pair
    return (ORDER.index(name) if name in ORDER else len(ORDER), name, pattern != "*", pattern)


def read_only_rules(rules: Sequence[ToolRule]) -> tuple[list[tuple[str, str]] | None, list[ToolRule]]:
    """The pairs given to `write_only_rules`, None when the rules begin otherwise; and the other rules."""
    if not rules or rules[0] != ToolRule("*", "*", "deny"):
        return None, list(rules)
    asked = [rule for rule in rules[1:] if rule.action == "ask"]
    return [(rule.permission, rule.pattern) for rule in asked], [
        rule for rule in rules[1:] if rule not in asked
    ]
