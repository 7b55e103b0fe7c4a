"""The form of the rules that bind every agent of a team."""

from __future__ import annotations

from typing import Any

from django import forms

from configs.content import ToolRulesContent
from configs.pages.forms.base import ContentForm, Section
from configs.pages.forms.rule_rows import RuleRows, RulesText, bind_rules, write_rule_lines

NAME = "global"


class ToolRulesForm(ContentForm):
    """One object for each team, always of the same name."""

    content_class = ToolRulesContent
    sections = (
        Section("Rules", extra="configs/rules.html", words="In this order; the last that fits decides."),
        Section("About this version", ("note",)),
    )

    def prepare(self) -> None:
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
        return super().clean()

    def read_mapping(self) -> dict[str, Any]:
        return {"name": NAME, "rules": self.rows.read()}

    @classmethod
    def write_initial(cls, content: ToolRulesContent) -> dict[str, Any]:
        return {"rules": content.rules}
