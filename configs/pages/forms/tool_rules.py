"""The form of the rules that bind every agent of a team."""

from __future__ import annotations

from typing import Any

from configs.content import ToolRulesContent
from configs.pages.forms.base import ContentForm, Section
from configs.pages.forms.rule_fields import RuleFields

NAME = "global"


class ToolRulesForm(RuleFields, ContentForm):
    """One object for each team, always of the same name."""

    content_class = ToolRulesContent
    sections = (
        Section("Rules", extra="configs/rules.html", words="In this order; the last that fits decides."),
        Section("About this version", ("note",)),
    )

    def prepare(self) -> None:
        self.prepare_rules()

    def read_mapping(self) -> dict[str, Any]:
        return {"name": NAME, "rules": self.rows.read()}

    @classmethod
    def write_initial(cls, content: ToolRulesContent) -> dict[str, Any]:
        return {"rules": content.rules}
