"""Checking an exported file by itself: no database is asked.

A whole export proves the chain: nothing in it was edited, deleted, moved or put in. A selection leaves
entries out by its nature, so it proves of each entry that its text has its hash, and of neighbours that
they are neighbours; not that nothing else was selected. Neither can tell a cut tail without signed heads.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from events.audit import HeadLine, parse_moment, read_heads, verify_head
from events.audit_entries import EntryFacts, Finding, verify_alone, verify_link
from events.audit_export import COLUMNS, JSON_COLUMNS, read_cell
from events.keyring import KeyringError, get_keyring
from events.models import GENESIS_HASH

MAX_CELL_BYTES = 64 * 1024 * 1024
# A file that is something else altogether need not be read to its end.
MAX_FINDINGS = 1000


@dataclass
class ExportReport:
    """What a file says and what is wrong with it; `notes` say what it can't tell."""

    entries: int = 0
    first_n: int = 0
    last_n: int = 0
    is_whole: bool = False
    heads: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first record."""

    made_at: str
    selection: dict[str, Any]
    through_n: int
    through_hash: str


def verify_export(path: Path, heads: Path | None = None) -> ExportReport:
    """Raises OSError when a file can't be read, ValueError when `heads` is not one or `path` is no export."""
    lines = [] if heads is None else read_heads(heads)
    with path.open(encoding="utf-8", errors="surrogatepass", newline="") as file:
        records = read_records(file)
        begin = read_beginning(next(records, None))
        walk = ExportWalk(begin, frozenset(line.n for line in lines))
        walk.follow(records)
    report = walk.report
    verify_against_heads(walk, lines)
    report.notes += list_notes(walk, has_heads=heads is not None)
    return report


class ExportWalk:
    """Reads a file's records once; `hashes` holds what it saw at the numbers in `wanted`."""

    def __init__(self, begin: Beginning, wanted: frozenset[int]) -> None:
        self.begin = begin
        self.wanted = wanted
        self.hashes: dict[int, str] = {}
        self.report = ExportReport(is_whole=not begin.selection)
        self.prev_hash = GENESIS_HASH
        self.end: dict[str, Any] | None = None

    def find(self, n: int, problem: str) -> None:
        self.report.findings.append(Finding(n, problem))

    def follow(self, records: Iterator[dict[str, Any]]) -> None:
        for number, record in enumerate(records, start=2):
            if len(self.report.findings) >= MAX_FINDINGS:
                self.find(self.report.last_n, "the rest was not looked at")
                return
            if self.end is not None:
                self.find(self.report.last_n, f"record {number}: something stands after the end")
            elif record.get("record") == "end":
                self.end = record
            else:
                self.read_entry(record, number)
        self.compare_end()

    def read_entry(self, record: dict[str, Any], number: int) -> None:
        try:
            facts = parse_entry(record)
        except ValueError as error:
            self.find(self.report.last_n + 1, f"record {number}: {error}")
            return
        self.step(facts)

    def step(self, facts: EntryFacts) -> None:
        report = self.report
        follows = facts.n == report.last_n + 1
        if self.report.is_whole and not follows:
            self.find(report.last_n + 1, f"missing: the next entry is {facts.n}")
        elif report.entries and facts.n <= report.last_n:
            self.find(facts.n, f"moved: it stands after entry {report.last_n}")
        report.findings += verify_alone(facts)
        if report.is_whole or (follows and (report.entries or facts.n == 1)):
            report.findings += verify_link(facts, self.prev_hash)
        if facts.n > self.begin.through_n:
            self.find(facts.n, f"put in: the export goes to {self.begin.through_n}")
        report.first_n = report.first_n or facts.n
        report.entries += 1
        report.last_n, self.prev_hash = facts.n, facts.hash
        if facts.n in self.wanted:
            self.hashes[facts.n] = facts.hash

    def compare_end(self) -> None:
        report, begin = self.report, self.begin
        if self.end is None:
            self.find(report.last_n + 1, "cut: the file has no end record")
        elif self.end.get("entries") != report.entries:
            problem = f"missing or put in: the end record counts {self.end.get('entries')} entries"
            self.find(report.last_n, f"{problem}, there are {report.entries}")
        if report.is_whole and (report.last_n, self.prev_hash) != (begin.through_n, begin.through_hash):
            self.find(report.last_n + 1, f"the export goes to {begin.through_n}: the tail does not match it")


def verify_against_heads(walk: ExportWalk, lines: list[HeadLine]) -> None:
    report = walk.report
    unsigned = 0
    for line in lines:
        if line.n in walk.hashes:
            known = walk.hashes
        elif report.is_whole and is_promised(walk, line):
            known = {}
        else:
            continue
        report.heads += 1
        try:
            get_keyring()
            report.findings += verify_head(line, known)
        except KeyringError:
            unsigned += 1
            if known.get(line.n, line.hash) != line.hash:
                walk.find(line.n, "rewritten: a head names another hash")
            elif not known:
                walk.find(line.n, "missing: a head names it, so the tail was cut")
    if unsigned:
        report.notes.append(
            f"The signatures of {unsigned} heads could not be checked: there is no keys file here."
        )


def is_promised(walk: ExportWalk, line: HeadLine) -> bool:
    """Whether an entry that is not there should be: the head was signed before the export was made."""
    if line.n <= walk.begin.through_n:
        return True
    return parse_moment(line.at) <= parse_moment(walk.begin.made_at)


def list_notes(walk: ExportWalk, *, has_heads: bool) -> list[str]:
    report = walk.report
    notes = ["The names of actors (actor_label) are not part of what is hashed."]
    if not report.is_whole:
        chosen = ", ".join(f"{name}={value}" for name, value in sorted(walk.begin.selection.items()))
        notes.append(
            f"This is a selection ({chosen}): each entry's own hash was checked, and the links between "
            "neighbours; an entry that was left out can't be seen. Only a whole export proves the chain."
        )
    elif not has_heads:
        notes.append("No --heads file was given, so a tail cut off before or after the export can't be seen.")
    elif not report.heads:
        notes.append("The heads file says nothing of these entries, so a cut tail can't be seen.")
    return notes


# Reading --------------------------------------------------------------------------------------------


def read_records(file: Any) -> Iterator[dict[str, Any]]:
    """Records of either form; one that can't be read is {} and meets its finding later."""
    first = file.readline()
    file.seek(0)
    return read_json_lines(file) if first.startswith("{") else read_csv(file)


def read_json_lines(file: Any) -> Iterator[dict[str, Any]]:
    for line in file:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = {}
        yield record if isinstance(record, dict) else {}


def read_csv(file: Any) -> Iterator[dict[str, Any]]:
    limit = csv.field_size_limit(MAX_CELL_BYTES)
    try:
        rows = csv.reader(file, strict=True)
        header = next(rows, [])
        if header and header[0].removeprefix("\ufeff") == COLUMNS[0] and tuple(header[1:]) == COLUMNS[1:]:
            yield from map(read_row, rows)
    except csv.Error:
        yield {}
    finally:
        csv.field_size_limit(limit)


def read_row(cells: list[str]) -> dict[str, Any]:
    if len(cells) != len(COLUMNS):
        return {}
    record: dict[str, Any] = dict(zip(COLUMNS, map(read_cell, cells), strict=True))
    try:
        if record["record"] != "entry":
            inner = json.loads(record["text"])
            return inner if isinstance(inner, dict) and inner.get("record") == record["record"] else {}
        for name in JSON_COLUMNS:
            record[name] = json.loads(record[name])
        record["n"] = int(record["n"])
    except (ValueError, RecursionError):
        return {}
    return record


def read_beginning(record: dict[str, Any] | None) -> Beginning:
    """Raises ValueError for what is no export of ours."""
    record = record or {}
    begin = Beginning(
        record.get("made_at", ""),
        record.get("selection", {}),
        record.get("through_n", -1),
        record.get("through_hash", ""),
    )
    is_ours = record.get("record") == "export" and isinstance(begin.selection, dict)
    if not is_ours or type(begin.through_n) is not int or not isinstance(begin.through_hash, str):
        raise ValueError("the file does not begin like an export of the audit chain")
    parse_moment(begin.made_at)
    if record.get("format") != 1:
        raise ValueError("the export has a format that this version does not know")
    return begin


def parse_entry(record: dict[str, Any]) -> EntryFacts:
    """Raises ValueError for what is no entry."""
    names = {each.name for each in fields(EntryFacts)}
    if record.get("record") != "entry" or names - record.keys() or record.keys() - names - {"record"}:
        raise ValueError("not an entry")
    facts = EntryFacts(**{name: record[name] for name in names})
    texts = [getattr(facts, name) for name in names - {"n", *JSON_COLUMNS}]
    if type(facts.n) is not int or not all(isinstance(text, str) for text in texts):
        raise ValueError("a column has the wrong type")
    return facts
