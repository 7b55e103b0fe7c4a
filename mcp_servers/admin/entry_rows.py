"""Environment variables and headers as rows of a form. A secret's value is only ever written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from configs.pages.forms.rows import Row, Rows
from mcp_servers.content import EnvironmentVariable, Header

PLAIN_VALUE, SECRET = "value", "secret"


@dataclass
class EntryRow(Row):
    """`secret` is what was typed just now: it is taken over, and never shown."""

    name: str = ""
    kind: str = PLAIN_VALUE
    value: str = ""
    description: str = ""
    is_required: bool = True
    secret: str = ""

    @property
    def is_secret(self) -> bool:
        return self.kind == SECRET

    @property
    def is_blank(self) -> bool:
        return not (self.name.strip() or self.value or self.secret or self.description.strip())


class EntryRows(Rows[EntryRow]):
    """`environment_name`, `environment_kind` and so on, once for each row."""

    columns = ("name", "kind", "value", "secret", "description", "required")
    row_class = EntryRow

    @classmethod
    def of(cls, entries: Iterable[EnvironmentVariable | Header]) -> Any:
        return cls(
            [
                EntryRow(
                    entry.name,
                    SECRET if entry.is_secret else PLAIN_VALUE,
                    "" if entry.is_secret else entry.value,
                    entry.description,
                    entry.is_required,
                )
                for entry in entries
            ]
        )

    @classmethod
    def make_row(cls, values: Mapping[str, str]) -> EntryRow:
        return EntryRow(
            values["name"],
            SECRET if values["kind"] == SECRET else PLAIN_VALUE,
            values["value"],
            values["description"],
            values["required"] != "no",
            values["secret"],
        )

    @property
    def filled(self) -> list[EntryRow]:
        return [row for row in self.rows if not row.is_blank]

    def read(self) -> list[dict[str, Any]]:
        """What the content is read from: of a secret the name alone."""
        return [
            {
                "name": row.name.strip(),
                "value": "" if row.is_secret else row.value,
                "is_secret": row.is_secret,
                "is_required": row.is_required,
                "description": row.description.strip(),
            }
            for row in self.filled
        ]

    def read_secrets(self) -> dict[str, str]:
        """{name: value} of the secrets that were typed."""
        return {row.name.strip(): row.secret for row in self.filled if row.is_secret and row.secret}

    def find_misplaced(self) -> str:
        """The name of a row whose value stands in the field of the other kind, "" when none does."""
        for row in self.filled:
            if (row.is_secret and row.value) or (not row.is_secret and row.secret):
                return row.name.strip() or "a row without a name"
        return ""


class EnvironmentRows(EntryRows):
    prefix = "environment"


class HeaderRows(EntryRows):
    prefix = "header"
