"""A prompt's variables as rows of a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from configs.pages.forms.rows import Row, Rows


@dataclass
class VariableRow(Row):
    name: str = ""
    has_default: bool = True
    default: str = ""
    description: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.name.strip() or self.default or self.description.strip())


class VariableRows(Rows[VariableRow]):
    """`variable_name`, `variable_needs`, `variable_default`, `variable_description`, once for each row."""

    prefix = "variable"
    columns = ("name", "needs", "default", "description")
    row_class = VariableRow

    @classmethod
    def of(cls, variables: Iterable[Any]) -> VariableRows:
        return cls(
            [
                VariableRow(item.name, item.default is not None, item.default or "", item.description)
                for item in variables
            ]
        )

    @classmethod
    def make_row(cls, values: Mapping[str, str]) -> VariableRow:
        return VariableRow(
            values["name"], values["needs"] != "required", values["default"], values["description"]
        )

    def read(self) -> list[dict[str, Any]]:
        return [
            {
                "name": row.name.strip(),
                "default": row.default if row.has_default else None,
                "description": row.description.strip(),
            }
            for row in self.rows
            if not row.is_blank
        ]
