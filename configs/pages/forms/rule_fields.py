"""The part of a form that holds an ordered list of tool rules."""

from __future__ import annotations

from typing import Any

from django import forms

from configs.pages.forms.rule_rows import RuleRows, RulesText, bind_rules, write_rule_lines


class RuleFields(forms.Form):
    """Rules as rows, or as text where there are many; `prepare_rules` belongs into a form's `prepare`."""

    rows: RuleRows
    rules_problem: str

    def prepare_rules(self) -> None:
        self.rules_problem = ""
        self.rows = self.bind_rows()
        if self.rows.is_long or "rules_text" in self.data:
            self.fields["rules_text"] = RulesText()
            self.initial["rules_text"] = write_rule_lines(self.rows.rows)

    def bind_rows(self) -> RuleRows:
        if not self.is_bound:
            return RuleRows.of(self.initial.get("rules", ()))
        try:
            return bind_rules(self.data)
        except forms.ValidationError as error:
            self.rules_problem = error.messages[0]
            return RuleRows([])

    def clean(self) -> dict[str, Any]:
        if self.rules_problem:
            self.add_error("rules_text", self.rules_problem)
        return super().clean() or {}
