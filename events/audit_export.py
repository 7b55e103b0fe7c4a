"""The audit chain as a file that can be checked again without this database: JSON Lines or CSV.

The first record says what was exported, the last one how much; between them stands one record for each
entry, oldest first, with its hash, the hash before it and the exact text that was hashed.

In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe, and so does one that
begins with an apostrophe by itself; the reader takes exactly one away.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from events.actors import Actor, Subject
from events.audit_entries import EntryFacts
from events.audit_reading import Selection, iterate_entries
from events.changes import changes
from events.models import LogHead

FORMAT = 1
COLUMNS = ("record", *(field.name for field in fields(EntryFacts)))
JSON_COLUMNS = ("before", "after")
APOSTROPHE = "'"
# What makes a cell a formula (OWASP, CSV injection), full-width forms included.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


class ExportFormat(models.TextChoices):
    JSON_LINES = "jsonl", "JSON Lines"
    CSV = "csv", "CSV"

    @property
    def content_type(self) -> str:
        return "application/jsonl" if self == self.JSON_LINES else "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be exported: the selected entries up to the head as it stands now."""

    selection: Selection
    made_at: datetime
    through_n: int
    through_hash: str

    def write_begin(self) -> dict[str, Any]:
        return {
            "record": "export",
            "format": FORMAT,
            "made_at": self.made_at.isoformat(),
            "selection": self.selection.describe(),
            "through_n": self.through_n,
            "through_hash": self.through_hash,
        }

    @property
    def file_name(self) -> str:
        extent = "chain" if self.selection.is_whole else "selection"
        return f"countersign-audit-{extent}-{self.through_n}"


def begin_export(actor: Actor, selection: Selection, export_format: str) -> Export:
    """Note the export in the chain that it is about; that entry is its last one, if it is selected."""
    with changes(actor) as change:
        change.audit(
            "audit.export",
            Subject("audit_chain", "chain"),
            after={"format": export_format, "selection": selection.describe()},
        )
    head = LogHead.objects.get(pk=1)
    return Export(selection, timezone.now(), head.audit_n, head.audit_hash)


def iterate_records(export: Export) -> Iterator[list[dict[str, Any]]]:
    """The file's records in short lists; each list is one query."""
    count = 0
    yield [export.write_begin()]
    for entries in iterate_entries(export.selection, through=export.through_n):
        count += len(entries)
        yield [{"record": "entry", **asdict(EntryFacts.of(entry))} for entry in entries]
    yield [{"record": "end", "entries": count}]


def iterate_export(export: Export, export_format: str) -> Iterator[bytes]:
    """The file in parts of at most a few hundred kilobytes."""
    encode = encode_csv if export_format == ExportFormat.CSV else encode_json_lines
    if export_format == ExportFormat.CSV:
        yield encode_rows([list(COLUMNS)])
    for records in iterate_records(export):
        if records:
            yield encode(records)


Encoder = Callable[[Iterable[dict[str, Any]]], bytes]


def encode_json_lines(records: Iterable[dict[str, Any]]) -> bytes:
    """ASCII only, so that neither an editor nor a mail changes a byte that matters."""
    return "".join(f"{write_json(record)}\n" for record in records).encode("ascii")


def encode_csv(records: Iterable[dict[str, Any]]) -> bytes:
    return encode_rows(
        [[write_cell(record, name) for name in COLUMNS] for record in map(flatten_record, records)]
    )


def encode_rows(rows: list[list[str]]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return file.getvalue().encode("utf-8", "surrogatepass")


def flatten_record(record: dict[str, Any]) -> dict[str, Any]:
    """What says something of the whole file stands in the column `text`."""
    if record["record"] == "entry":
        return record
    return {"record": record["record"], "text": write_json(record)}


def write_cell(record: dict[str, Any], name: str) -> str:
    value = record.get(name, "")
    text = write_json(value) if name in JSON_COLUMNS and value != "" else str(value)
    return f"{APOSTROPHE}{text}" if text.startswith((*FORMULA_STARTS, APOSTROPHE)) else text


def read_cell(text: str) -> str:
    return text.removeprefix(APOSTROPHE)


def write_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
