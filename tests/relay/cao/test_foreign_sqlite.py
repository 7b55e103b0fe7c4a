"""Reading another program's file does it no harm, and never shows half of what it holds."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from relay.cao import foreign_sqlite
from relay.cao.foreign_sqlite import SourceUnavailable, open_foreign
from relay.cao.picture import TABLES, read_picture
from tests.relay.cao.homes import CaoHome, unpack_sample

pytestmark = pytest.mark.pure


def make_database(path: Path, *, journal: str = "delete", rows: int = 2) -> sqlite3.Connection:
    """An open writer of its tables `told` and `secret`."""
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute(f"PRAGMA journal_mode = {journal}")
    writer.execute("CREATE TABLE told (n INTEGER, words TEXT)")
    writer.execute("CREATE TABLE secret (token TEXT)")
    writer.execute("INSERT INTO secret VALUES ('hush')")
    writer.execute("BEGIN")
    writer.executemany("INSERT INTO told VALUES (?, ?)", [(n, f"row {n}") for n in range(rows)])
    writer.execute("COMMIT")
    return writer


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM told",
        "INSERT INTO told VALUES (9, 'x')",
        "CREATE TABLE mine (n)",
        "CREATE TEMP TABLE mine (n)",
        "ATTACH '{folder}/attached.db' AS other",
        "PRAGMA query_only = 0",
        "PRAGMA journal_mode = wal",
        "SELECT token FROM secret",
        "SELECT load_extension('x')",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "VACUUM INTO '{folder}/copy.db'",
    ],
)
def test_nothing_but_the_named_tables_can_be_read(tmp_path: Path, sql: str) -> None:
    with (
        closing(make_database(tmp_path / "a.db")),
        open_foreign(tmp_path / "a.db", tables=frozenset({"told"})) as foreign,
        pytest.raises(SourceUnavailable),
    ):
        foreign.fetch(sql.format(folder=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db"]


def test_a_table_that_is_not_named_is_refused_though_it_is_asked_for(tmp_path: Path) -> None:
    """An inbox holds what agents wrote to each other: it stays there."""
    folder = unpack_sample(tmp_path / "home")
    with (
        open_foreign(folder / "db/cli-agent-orchestrator.db", tables=TABLES) as foreign,
        pytest.raises(SourceUnavailable),
    ):
        foreign.select("inbox", ("message",))


def test_a_missing_column_is_none_and_a_missing_table_empty(tmp_path: Path) -> None:
    with (
        closing(make_database(tmp_path / "a.db")),
        open_foreign(tmp_path / "a.db", tables=frozenset({"told", "gone"})) as foreign,
    ):
        assert foreign.select("told", ("n", "later"), order="n") == [
            {"n": 1, "later": None},
            {"n": 0, "later": None},
        ]
        assert foreign.select("gone", ("n",)) == []
        assert foreign.select("told", ("words",), cut=("words",), cut_at=3) == [{"words": "row"}] * 2


def test_a_statement_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_sqlite, "DEADLINE_S", 0.1)
    endless = "SELECT count(*) FROM told a, told b, told c, told d WHERE a.n + b.n + c.n + d.n < 0"
    began_s = time.monotonic()
    with (
        closing(make_database(tmp_path / "a.db", rows=500)),
        open_foreign(tmp_path / "a.db", tables=frozenset({"told"})) as foreign,
        pytest.raises(SourceUnavailable, match="interrupted"),
    ):
        foreign.fetch(endless)
    assert time.monotonic() - began_s < 5


def test_what_stands_in_the_log_of_a_writer_is_seen(tmp_path: Path) -> None:
    with closing(make_database(tmp_path / "a.db", journal="wal", rows=3)):
        assert (tmp_path / "a.db-wal").stat().st_size > 0
        with open_foreign(tmp_path / "a.db", tables=frozenset({"told"})) as foreign:
            assert len(foreign.select("told", ("n",))) == 3


def test_a_file_that_a_writer_holds_is_not_read_past_its_lock(tmp_path: Path) -> None:
    with closing(make_database(tmp_path / "a.db")) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with (
            pytest.raises(SourceUnavailable, match="locked"),
            open_foreign(tmp_path / "a.db", tables=frozenset()),
        ):
            pytest.fail("it opened")


@pytest.mark.parametrize("content", [None, b"", b"no database at all, but long enough to be read as one" * 9])
def test_what_is_no_database_is_unavailable(tmp_path: Path, content: bytes | None) -> None:
    home = tmp_path / "home"
    (home / "db").mkdir(parents=True)
    if content is not None:
        (home / "db/cli-agent-orchestrator.db").write_bytes(content)
    with pytest.raises(SourceUnavailable):
        read_picture(home)


def test_columns_of_any_type_are_borne(tmp_path: Path) -> None:
    """A foreign file may hold anything in any column."""
    home = CaoHome(tmp_path / "home")
    home.add(
        "aaaaaaaa", description=b"\xff", caller_id=b"7", initial_delivery="[1]", session_incarnation_id=1.5
    )
    home.add("no id at all", description="x")
    home.add("bbbbbbbb", initial_delivery="{" * 100_000)
    home.hand_off("j", "completed", "../../etc/passwd", created_at="yesterday", updated_at=5)
    picture = read_picture(home.folder)
    assert sorted((row.id, row.caller, row.delivery) for row in picture.terminals) == [
        ("aaaaaaaa", "", None),
        ("bbbbbbbb", "", None),
    ]
    assert [(row.terminal, row.created_at, row.updated_at) for row in picture.handoffs] == [("", None, None)]
