"""Tool rules as rows of a form: ordered, because the engine's last match wins.

Up to `MAX_ROWS` they are rows; longer lists are edited as text, a rule a line: this site takes no form of six
thousand fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from configs.content import RULE_ACTIONS, ToolRule
from configs.pages.forms.rows import Row, Rows

MAX_ROWS = 400
# Offered while typing; a tool of an MCP server is its server and tool.
PERMISSIONS = (
    *("bash", "edit", "read", "glob", "grep", "list", "task", "skill", "lsp", "webfetch", "websearch"),
    *("todowrite", "question", "external_directory", "doom_loop", "*"),
)


@dataclass
class RuleRow(Row):
    permission: str = ""
    pattern: str = "*"
    action: str = "ask"

    @property
    def is_blank(self) -> bool:
        return not self.permission.strip() and self.pattern in {"", "*"}


class RuleRows(Rows[RuleRow]):
    """`rule_permission`, `rule_pattern`, `rule_action`, once for each row; or `rules_text`."""

    prefix = "rule"
    columns = ("permission", "pattern", "action")
    row_class = RuleRow

    @classmethod
    def of(cls, rules: Iterable[ToolRule]) -> RuleRows:
        return cls([RuleRow(rule.permission, rule.pattern, rule.action) for rule in rules])

    @classmethod
    def make_row(cls, values: Mapping[str, str]) -> RuleRow:
        return RuleRow(values["permission"].strip(), values["pattern"], values["action"])

    @property
    def is_long(self) -> bool:
        return len(self.rows) > MAX_ROWS

    def read(self) -> list[dict[str, str]]:
        return [
            {"permission": row.permission, "pattern": row.pattern, "action": row.action}
            for row in self.rows
            if not row.is_blank
        ]


def write_rule_lines(rows: Iterable[RuleRow]) -> str:
    """`allow bash git status *`, a rule a line; what a line can't hold as it is, as JSON."""
    return "\n".join(write_line(row) for row in rows)


def write_line(row: RuleRow) -> str:
    line = f"{row.action} {row.permission} {row.pattern}"
    parts = line.split(" ", 2)
    is_plain = parts == [row.action, row.permission, row.pattern] and row.pattern.strip() == row.pattern
    if is_plain and row.pattern and "\n" not in line and "\r" not in line and not line.startswith("{"):
        return line
    values = {"action": row.action, "permission": row.permission, "pattern": row.pattern}
    return json.dumps(values, ensure_ascii=False)


def read_rule_lines(text: str) -> list[RuleRow]:
    """Raises ValidationError with the number of the first line that is no rule."""
    lines = enumerate(text.replace("\r\n", "\n").split("\n"), start=1)
    return [read_line(line, number) for number, line in lines if line.strip()]


def read_line(line: str, number: int) -> RuleRow:
    if line.startswith("{"):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and set(found) == {"action", "permission", "pattern"}:
            return RuleRow(*(str(found[name]) for name in ("permission", "pattern", "action")))
        raise forms.ValidationError(f"Line {number} is no rule as JSON.")
    action, _, rest = line.strip().partition(" ")
    permission, _, pattern = rest.strip().partition(" ")
    if action not in RULE_ACTIONS or not permission:
        raise forms.ValidationError(
            f"Line {number} is no rule: it needs allow, ask or deny, then the tool, then the pattern."
        )
    return RuleRow(permission, pattern.strip() or "*", action)


class RulesText(forms.CharField):
    """All rules as text, shown instead of the rows where there are many."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            strip=False,
            label="Rules, one a line",
            help_text="allow, ask or deny, the tool, the pattern. The last that fits wins.",
            widget=forms.Textarea(
                attrs={"rows": 24, "class": "mono", "spellcheck": "false", "autocapitalize": "none"}
            ),
        )


def bind_rules(data: Any) -> RuleRows:
    """The rows of a posted form; raises ValidationError for text that is none."""
    if "rules_text" in data:
        return RuleRows(read_rule_lines(data["rules_text"]))
    return RuleRows.bind(data)
