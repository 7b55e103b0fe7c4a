"""Repeated rows of a form: parallel fields, moved and removed by buttons that need no script.

A button's `act` is `rule:add`, `rule:remove:3`, `rule:up:3` or `rule:down:3`: the form is shown again with
the rows so, and nothing is saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar


@dataclass
class Row:
    """One row as typed."""

    @property
    def is_blank(self) -> bool:
        raise NotImplementedError


R = TypeVar("R", bound=Row)


class Rows(Generic[R]):
    prefix: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]
    row_class: ClassVar[type[Any]]

    def __init__(self, rows: list[R]) -> None:
        self.rows = rows

    @classmethod
    def make_row(cls, values: Mapping[str, str]) -> Any:
        raise NotImplementedError

    @classmethod
    def bind(cls, data: Any) -> Self:
        """From what was posted; a short column is filled up, so that a broken post loses no row."""
        found = {column: data.getlist(f"{cls.prefix}_{column}") for column in cls.columns}
        count = max((len(values) for values in found.values()), default=0)
        rows = [
            cls.make_row(
                {column: values[index] if index < len(values) else "" for column, values in found.items()}
            )
            for index in range(count)
        ]
        self = cls(rows)
        self.carry_out(data.get("act", ""))
        return self

    @property
    def blank(self) -> Any:
        """For the template row that the page's script copies."""
        return self.row_class()

    def carry_out(self, act: str) -> None:
        """Do what a row's button asks; anything else is none of ours."""
        prefix, _, rest = act.partition(":")
        if prefix != self.prefix:
            return
        verb, _, number = rest.partition(":")
        index = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else -1
        if verb == "add":
            self.rows.append(self.blank)
        elif not 0 <= index < len(self.rows):
            return
        elif verb == "remove":
            del self.rows[index]
        elif verb in {"up", "down"}:
            self.move(index, -1 if verb == "up" else 1)

    def move(self, index: int, step: int) -> None:
        other = index + step
        if 0 <= other < len(self.rows):
            self.rows[index], self.rows[other] = self.rows[other], self.rows[index]
