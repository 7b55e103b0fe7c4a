"""An exported chain is checked by itself: what was edited, deleted, moved or put in is found."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st
from pytest_django import Settings

from events.actors import Actor, ActorKind, Door, Subject
from events.append_only import suspended
from events.audit import sign_head
from events.audit_entries import EntryFacts, Finding
from events.audit_export import (
    COLUMNS,
    ExportFormat,
    begin_export,
    flatten_record,
    iterate_export,
    read_cell,
    write_cell,
)
from events.audit_offline import ExportReport, verify_export
from events.audit_reading import Selection
from events.changes import PendingAudit, chain_entries, changes
from events.models import GENESIS_HASH, AuditEntry, LogHead
from events.prepared import insert_values

ROOT = Path(__file__).resolve().parents[2]
FORMATS = list(ExportFormat)
WHOLE = Selection()
NAMES_ARE_NOT_HASHED = "The names of actors (actor_label) are not part of what is hashed."
NO_HEADS = "No --heads file was given, so a tail cut off before or after the export can't be seen."
EVIL_NAME = '=HYPERLINK("https://evil.example")'


@pytest.fixture
def heads_file(settings: Settings, tmp_path: Path) -> Path:
    settings.COUNTERSIGN_AUDIT_HEADS_FILE = tmp_path / "heads.jsonl"
    return tmp_path / "heads.jsonl"


def write_entries(count: int, start: int = 1) -> None:
    """Of two people in turn; names and values that a spreadsheet would trip over."""
    for number in range(start, start + count):
        person = Actor(ActorKind.USER, f"person{number % 2}", Door.API, EVIL_NAME)
        with changes(person) as change:
            after = {"step": number, "text": "'=1+1\r\n\u202e \U0001f600"}
            change.audit("thing.change", Subject("thing", f"thing{number}"), before={}, after=after)


def export(path: Path, export_format: str, selection: Selection = WHOLE) -> Path:
    """The whole chain through `audit.export`, which is its last entry."""
    made = begin_export(Actor(ActorKind.USER, "olga", Door.ADMIN), selection, export_format)
    path.write_bytes(b"".join(iterate_export(made, export_format)))
    return path


def numbers(report: ExportReport) -> set[int]:
    return {finding.n for finding in report.findings}


Rows = list[dict[str, Any]]


def read_rows(path: Path, export_format: str) -> Rows:
    """The file's records, each as what stands in the file."""
    if export_format == ExportFormat.CSV:
        with path.open(newline="") as file:
            return [dict(row) for row in csv.DictReader(file)]
    return [json.loads(line) for line in path.read_text().splitlines()]


def write_rows(path: Path, rows: Rows, export_format: str) -> None:
    if export_format == ExportFormat.CSV:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(params=FORMATS)
def export_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


pytestmark = pytest.mark.django_db


def test_a_whole_export_holds_by_itself(tmp_path: Path, export_format: str) -> None:
    write_entries(5)
    report = verify_export(export(tmp_path / "chain", export_format))
    assert report == ExportReport(
        entries=6, first_n=1, last_n=6, is_whole=True, notes=[NAMES_ARE_NOT_HASHED, NO_HEADS]
    )
    assert AuditEntry.objects.get(n=6).after == {"format": export_format, "selection": {}}


def test_an_export_holds_every_entry_as_it_is(tmp_path: Path) -> None:
    write_entries(3)
    rows = read_rows(export(tmp_path / "chain", "jsonl"), "jsonl")
    entries = [EntryFacts.of(entry) for entry in AuditEntry.objects.order_by("n")]
    assert [row["record"] for row in rows] == ["export", *["entry"] * 4, "end"]
    assert [EntryFacts(**{k: v for k, v in row.items() if k != "record"}) for row in rows[1:-1]] == entries


def move(rows: Rows) -> Rows:
    rows[2], rows[3] = rows[3], rows[2]
    return rows


def remove(index: int) -> Callable[[Rows], Rows]:
    return lambda rows: [*rows[:index], *rows[index + 1 :]]


def edit(index: int, **values: str) -> Callable[[Rows], Rows]:
    return lambda rows: [*rows[:index], {**rows[index], **values}, *rows[index + 1 :]]


FORGERIES: dict[str, tuple[Callable[[Rows], Rows], set[int]]] = {
    "an edited verb": (edit(3, verb="thing.keep"), {3}),
    "an edited actor": (edit(1, actor_id="mallory"), {1}),
    "an edited hash": (edit(3, hash="0" * 64), {3, 4}),
    "an edited link": (edit(3, prev_hash="0" * 64), {3}),
    "an edited time": (edit(3, at="2020-01-01T00:00:00+00:00"), {3}),
    "a deleted entry": (remove(3), {3, 4, 6}),
    "the first one deleted": (remove(1), {1, 2, 6}),
    "the last one deleted": (remove(6), {5, 6}),
    "moved entries": (move, {2, 3, 4}),
    "the end cut off": (lambda rows: rows[:-1], {7}),
    "cut in the middle": (lambda rows: rows[:4], {4}),
    "an entry put in twice": (lambda rows: [*rows[:4], rows[3], *rows[4:]], {3, 4, 6}),
    "an entry after the end": (lambda rows: [*rows, rows[3]], {6}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_changed_export_is_found(tmp_path: Path, export_format: str, forgery: str) -> None:
    write_entries(5)
    path = export(tmp_path / "chain", export_format)
    change, expected = FORGERIES[forgery]
    write_rows(path, change(read_rows(path, export_format)), export_format)
    assert numbers(verify_export(path)) == expected


def test_a_row_tampered_with_before_the_export_is_found(tmp_path: Path, export_format: str) -> None:
    write_entries(3)
    with suspended():
        AuditEntry.objects.filter(n=2).update(after={"step": 99})
    report = verify_export(export(tmp_path / "chain", export_format))
    assert report.findings == [Finding(2, "edited: the columns do not say what the text says")]


def test_a_name_may_be_erased(tmp_path: Path, export_format: str) -> None:
    write_entries(2)
    path = export(tmp_path / "chain", export_format)
    write_rows(path, edit(1, actor_label="")(read_rows(path, export_format)), export_format)
    assert verify_export(path).findings == []


# Selections -------------------------------------------------------------------------------------------


def test_a_selection_says_what_it_proves(tmp_path: Path, export_format: str) -> None:
    write_entries(6)
    report = verify_export(export(tmp_path / "part", export_format, Selection(actor="person1")))
    assert report == ExportReport(
        entries=3,
        first_n=1,
        last_n=5,
        notes=[
            NAMES_ARE_NOT_HASHED,
            (
                "This is a selection (actor=person1): each entry's own hash was checked, and the links "
                "between neighbours; an entry that was left out can't be seen. "
                "Only a whole export proves the chain."
            ),
        ],
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [(edit(2, verb="thing.keep"), {3}), (move, {3}), (remove(2), {5})],
    ids=["edited", "moved", "deleted, by the count"],
)
def test_a_changed_selection_is_found_as_far_as_it_can(
    tmp_path: Path, export_format: str, change: Callable[[Rows], Rows], expected: set[int]
) -> None:
    write_entries(6)
    path = export(tmp_path / "part", export_format, Selection(actor="person1"))
    write_rows(path, change(read_rows(path, export_format)), export_format)
    assert numbers(verify_export(path)) == expected


def test_neighbours_in_a_selection_are_held_against_each_other(tmp_path: Path) -> None:
    write_entries(4)
    path = export(tmp_path / "part", "jsonl", Selection(group="thing"))
    rows = read_rows(path, "jsonl")
    forged = EntryFacts(**{k: v for k, v in rows[2].items() if k != "record"} | {"prev_hash": GENESIS_HASH})
    write_rows(path, edit(2, prev_hash=GENESIS_HASH, text=forged.write_text())(rows), "jsonl")
    assert Finding(2, "moved: it does not continue the entry before it") in verify_export(path).findings


# Signed heads -----------------------------------------------------------------------------------------


def test_heads_say_whether_a_tail_was_cut(heads_file: Path, tmp_path: Path, export_format: str) -> None:
    write_entries(3)
    sign_head()
    path = export(tmp_path / "chain", export_format)
    report = verify_export(path, heads_file)
    assert (report.heads, report.findings, report.notes) == (1, [], [NAMES_ARE_NOT_HASHED])


def cut_tail() -> None:
    """Somebody who owns the database takes back what was done last."""
    with suspended():
        AuditEntry.objects.filter(n__gt=2).delete()
    LogHead.objects.update(audit_n=2, audit_hash=AuditEntry.objects.get(n=2).hash)


def test_a_tail_cut_before_the_export_is_seen_by_its_heads_alone(heads_file: Path, tmp_path: Path) -> None:
    write_entries(5)
    sign_head()
    cut_tail()
    path = export(tmp_path / "chain", "jsonl")
    assert verify_export(path).findings == []
    assert verify_export(path, heads_file).findings == [
        Finding(5, "missing: a signed head names it, so the tail was cut")
    ]


def test_a_head_signed_after_the_export_says_nothing_of_it(heads_file: Path, tmp_path: Path) -> None:
    write_entries(2)
    path = export(tmp_path / "chain", "jsonl")
    write_entries(2, start=3)
    sign_head()
    report = verify_export(path, heads_file)
    assert (report.heads, report.findings) == (0, [])
    assert report.notes[-1] == "The heads file says nothing of these entries, so a cut tail can't be seen."


def test_without_the_keys_the_hashes_of_heads_are_compared_and_it_is_said(
    heads_file: Path, tmp_path: Path, settings: Settings
) -> None:
    write_entries(3)
    sign_head()
    path = export(tmp_path / "chain", "jsonl")
    settings.COUNTERSIGN_KEYS_FILE = tmp_path / "no keys"
    report = verify_export(path, heads_file)
    note = "The signatures of 1 heads could not be checked: there is no keys file here."
    assert (report.findings, note in report.notes) == ([], True)
    line = json.loads(heads_file.read_text())
    heads_file.write_text(json.dumps({**line, "hash": "0" * 64}) + "\n")
    assert verify_export(path, heads_file).findings == [Finding(3, "rewritten: a head names another hash")]


# Hostile files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense\n",
        b"[1]\n",
        b"{\n",
        b'{"record": "entry"}\n',
        b'{"record": "export"}\n',
        b'{"record": "export", "selection": [], "made_at": "x", "through_n": 1, "through_hash": ""}\n',
        b'{"record": "export", "selection": {}, "made_at": "x", "through_n": 1, "through_hash": ""}\n',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'"record","n"\r\n"export","1"\r\n',
        b"\xff\xfe",
        b'"' + b"a" * 200_000,
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r".+"):
        verify_export(path)


LINES = [
    "nonsense",
    "[]",
    "{}",
    '{"record": "entry", "n": 1}',
    '{"record": "entry", "n": true, "at": 1}',
    "\0",
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_is_no_entry_is_named(tmp_path: Path, line: str) -> None:
    write_entries(2)
    path = export(tmp_path / "chain", "jsonl")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], line, *lines[2:]]) + "\n")
    assert verify_export(path).findings == [Finding(2, "record 3: not an entry")]


@pytest.mark.parametrize("name", [name for name in COLUMNS if name != "record"])
def test_a_column_of_another_type_is_a_finding(tmp_path: Path, name: str) -> None:
    write_entries(2)
    path = export(tmp_path / "chain", "jsonl")
    rows = read_rows(path, "jsonl")
    values: list[Any] = [[], {"a": 1.5}, None]
    for value in values:
        write_rows(path, [rows[0], {**rows[1], name: value}, *rows[2:]], "jsonl")
        found = verify_export(path).findings
        assert name == "actor_label" or found or value == rows[1][name]
        assert all(isinstance(finding.problem, str) for finding in found)


def test_a_file_full_of_nonsense_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = export(tmp_path / "chain", "jsonl")
    with path.open("a") as file:
        file.write("x\n" * 50_000)
    assert len(verify_export(path).findings) == 1001


@hypothesis_settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_no_cell_begins_a_formula_and_every_cell_reads_back(text: str) -> None:
    cell = write_cell({"actor_label": text}, "actor_label")
    assert read_cell(cell) == text
    assert not cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))


def test_every_cell_of_a_file_is_safe(tmp_path: Path) -> None:
    write_entries(3)
    rows = read_rows(export(tmp_path / "chain", "csv"), "csv")
    cells = [cell for row in rows for cell in row.values()]
    assert [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n"))] == []
    assert rows[1]["actor_label"] == f"'{EVIL_NAME}"
    assert flatten_record({"record": "end", "entries": 1}) == {
        "record": "end",
        "text": '{"record":"end","entries":1}',
    }


# Commands ---------------------------------------------------------------------------------------------


def run(command: str, *arguments: str) -> tuple[list[str], list[str]]:
    """(lines of output, lines of complaint)."""
    output, complaint = StringIO(), StringIO()
    try:
        call_command(command, *arguments, stdout=output, stderr=complaint)
    except CommandError as error:
        complaint.write(f"CommandError: {error}\n")
    return output.getvalue().splitlines(), complaint.getvalue().splitlines()


def test_the_commands_export_and_check(heads_file: Path, tmp_path: Path, export_format: str) -> None:
    write_entries(3)
    sign_head()
    path = tmp_path / "chain"
    written = f"Written to {path}; check it with: manage.py verify_audit --export {path}"
    assert run("export_audit", str(path), "--format", export_format) == ([written], [])
    assert path.stat().st_mode & 0o777 == 0o600
    assert run("verify_audit", "--export", str(path), "--heads", str(heads_file)) == (
        [NAMES_ARE_NOT_HASHED, "4 entries, 1 to 4: the chain holds against 1 signed heads."],
        [],
    )
    entry = AuditEntry.objects.get(n=4)
    assert (entry.verb, entry.actor_id, entry.door) == ("audit.export", "export_audit", "command")


def test_the_command_selects(tmp_path: Path) -> None:
    write_entries(4)
    path = tmp_path / "part"
    since = (timezone.now() - timedelta(hours=1)).isoformat()
    run("export_audit", str(path), "--actor", "person0", "--group", "thing", "--since", since)
    output, _ = run("verify_audit", "--export", str(path))
    assert output[-1] == "2 entries, 2 to 4: each holds by itself."


def test_the_command_overwrites_nothing_and_refuses_nonsense(tmp_path: Path) -> None:
    path = tmp_path / "chain"
    path.write_text("mine")
    assert run("export_audit", str(path)) == ([], [f"CommandError: {path}: File exists"])
    assert path.read_text() == "mine"
    complaint = run("export_audit", str(tmp_path / "new"), "--since", "yesterday")[1]
    assert complaint == ["CommandError: --since: give a time with its offset, for example 2030-01-31T12:00Z."]
    assert not AuditEntry.objects.exists()


def test_the_command_names_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    write_entries(2)
    path = export(tmp_path / "chain", "jsonl")
    write_rows(path, edit(2, verb="thing.keep")(read_rows(path, "jsonl")), "jsonl")
    assert run("verify_audit", "--export", str(path))[1] == [
        "entry 2: edited: the columns do not say what the text says",
        "CommandError: 1 problems: the export does not hold.",
    ]
    missing = run("verify_audit", "--export", str(tmp_path / "missing"))[1]
    assert missing[0].startswith("CommandError: [Errno 2]")


def test_a_file_is_checked_where_no_database_is(tmp_path: Path, heads_file: Path, settings: Settings) -> None:
    write_entries(3)
    sign_head()
    path = export(tmp_path / "chain", "csv")
    environment = {
        **os.environ,
        "COUNTERSIGN_DATA_DIR": str(tmp_path / "data"),
        "COUNTERSIGN_KEYS_FILE": str(settings.COUNTERSIGN_KEYS_FILE),
        # Nobody listens there.
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    command = [sys.executable, "manage.py", "verify_audit", "--export", str(path), "--heads", str(heads_file)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "4 entries, 1 to 4: the chain holds against 1 signed heads.",
    ), done.stderr


# Long chains ------------------------------------------------------------------------------------------

LONG = 20_000


def fill_chain(count: int) -> None:
    """Many entries at once, as `write_log` would have written them one by one."""
    actor = Actor(ActorKind.USER, "person0", Door.API, "Alice")
    item = PendingAudit(actor, "thing.change", Subject("thing", "1"), {"step": 0}, {"step": 1})
    n, prev_hash = 0, GENESIS_HASH
    while n < count:
        entries = chain_entries([item] * min(1000, count - n), n, prev_hash, timezone.now())
        insert_values(AuditEntry, entries)
        n, prev_hash = entries[-1]["n"], entries[-1]["hash"]
    LogHead.objects.update(audit_n=n, audit_hash=prev_hash)


def read_peak_bytes() -> int:
    """The most memory this process has held since `forget_peak()`."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def forget_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return read_peak_bytes()


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak is read from Linux's /proc")
def test_a_long_chain_is_exported_and_checked_in_flat_memory(tmp_path: Path) -> None:
    fill_chain(LONG)
    path = tmp_path / "chain"
    made = begin_export(Actor(ActorKind.USER, "olga", Door.ADMIN), WHOLE, "jsonl")
    before = forget_peak()
    with path.open("wb") as file:
        file.writelines(iterate_export(made, "jsonl"))
    report = verify_export(path)
    # Less than half of the file: whoever kept its lines, let alone its records, would be seen.
    assert read_peak_bytes() - before < 6_000_000
    assert (report.entries, report.findings) == (LONG + 1, [])
    assert path.stat().st_size > 12_000_000


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), min_size=1, max_size=3))
def test_no_changed_byte_of_an_entry_is_overlooked_or_a_crash(
    tmp_path: Path, flips: list[tuple[int, int]]
) -> None:
    path = tmp_path / "chain"
    if not path.exists():
        write_entries(3)
        export(path, "jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    line = bytearray(lines[2])
    for position, value in flips:
        line[position % (len(line) - 1)] ^= value
    changed = tmp_path / "changed"
    changed.write_bytes(b"".join([*lines[:2], bytes(line), *lines[3:]]))
    try:
        report = verify_export(changed)
    except UnicodeDecodeError:
        return
    if report.findings == []:
        before, after = json.loads(lines[2]), json.loads(bytes(line))
        assert {**before, "actor_label": ""} == {**after, "actor_label": ""}
