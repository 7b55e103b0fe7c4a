"""Permission blocks of the engine as ordered rules, and rules as blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from configs.content import RULE_ACTIONS, ToolRule
from configs.formats.drafts import Report
from configs.formats.limits import FormatError
from events.text import make_visible


def read_permission(value: Any, report: Report, key: str = "permission") -> list[dict[str, str]]:
    """The rules of a block, in its order, as `ToolRule` is written. Raises FormatError for another shape."""
    if isinstance(value, str):
        rules = [{"permission": "*", "pattern": "*", "action": read_action(value, key)}]
    elif isinstance(value, dict):
        rules = [rule for name, item in value.items() for rule in read_entry(name, item, f"{key}.{name}")]
    else:
        raise FormatError(f"{key}: this is one of allow, ask, deny, or a map of permissions.")
    report.map(key, "rules", f"{len(rules)} rules")
    warn_about_rules(rules, report, key)
    return rules


def read_entry(name: str, value: Any, key: str) -> list[dict[str, str]]:
    patterns = {"*": value} if isinstance(value, str) else value
    if not isinstance(patterns, dict):
        raise FormatError(f"{make_visible(key)}: this is one of allow, ask, deny, or a map of patterns.")
    return [
        {"permission": name, "pattern": pattern, "action": read_action(action, f"{key}.{pattern}")}
        for pattern, action in patterns.items()
    ]


def read_action(value: Any, key: str) -> str:
    if value not in RULE_ACTIONS:
        raise FormatError(f"{make_visible(key)}: this is one of allow, ask, deny.")
    return str(value)


def warn_about_rules(rules: Sequence[dict[str, str]], report: Report, key: str) -> None:
    """The shapes of which people are surprised: the engine's last matching rule wins."""
    for position, rule in enumerate(rules):
        name, pattern, action = rule["permission"], rule["pattern"], rule["action"]
        where = f"{key}.{name}" + ("" if pattern == "*" else f".{pattern}")
        if action == "allow" and "*" in name:
            text = "It allows every tool, unknown ones and built-in safeguards included."
            report.warn(
                where, text if name == "*" else "It allows every tool of such a name.", "rules", action
            )
        elif action == "allow" and pattern == "*" and name in {"bash", "edit", "external_directory"}:
            report.warn(where, "It is allowed without anybody being asked.", "rules", action)
        if pattern == "*":
            undone = [
                earlier["pattern"] if earlier["permission"] == name else earlier["permission"]
                for earlier in rules[:position]
                if (earlier["permission"] == name or name == "*") and earlier["action"] != action
            ]
            if undone:
                text = f"It comes last and undoes what stands before it: {', '.join(undone[:10])}."
                report.warn(where, text, "rules", action)


def write_permission(rules: Iterable[ToolRule]) -> dict[str, Any]:
    """The block that says exactly these rules in this order.

    Raises FormatError when no block can: one permission in two places, or one pattern twice.
    """
    block: dict[str, dict[str, str]] = {}
    last = ""
    for rule in rules:
        patterns = block.setdefault(rule.permission, {})
        if (patterns and last != rule.permission) or rule.pattern in patterns:
            raise FormatError(
                f"The rules about {make_visible(rule.permission)} stand in several places; "
                "a permission block has one place for each. Bring them together first."
            )
        patterns[rule.pattern] = str(rule.action)
        last = rule.permission
    return {name: patterns["*"] if list(patterns) == ["*"] else patterns for name, patterns in block.items()}
