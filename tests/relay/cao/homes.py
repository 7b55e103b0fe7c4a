"""Folders as CAO servers of several versions leave them."""

# ruff: noqa: S608 - the statements are made of our own names

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from relay.cao.picture import DATABASE
from relay.cao.snapshots import FOLDER

DATA = Path(__file__).parents[2] / "data/cao"

# The columns of `terminals` that each version has, besides those of 2.1.1.
OLDEST = ("id", "tmux_session", "tmux_window", "provider", "agent_profile", "allowed_tools", "last_active")
CALLERS = (*OLDEST, "caller_id")
NEWEST = (
    *(*CALLERS, "description", "model", "working_directory", "deferred_init_failure"),
    *("initial_delivery", "session_incarnation_id"),
)


class CaoHome:
    """A CAO_HOME_DIR whose database is written as CAO does: rollback journal, one commit a change."""

    def __init__(self, folder: Path, columns: tuple[str, ...] = NEWEST, *, has_handoffs: bool = True) -> None:
        self.folder = folder
        (folder / DATABASE).parent.mkdir(parents=True)
        (folder / FOLDER).mkdir(parents=True)
        shown = ", ".join(f'"{column}" VARCHAR' for column in columns)
        self.execute(f"CREATE TABLE terminals ({shown}, PRIMARY KEY (id))")
        if has_handoffs:
            self.execute(
                "CREATE TABLE handoff_results (job_id VARCHAR PRIMARY KEY, state VARCHAR,"
                " terminal_id VARCHAR, last_message TEXT, error_message TEXT, created_at DATETIME,"
                " updated_at DATETIME)"
            )

    def execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> None:
        with closing(sqlite3.connect(self.folder / DATABASE)) as connection, connection:
            connection.execute(sql, parameters)

    def add(self, terminal: str, caller: str | None = None, **values: Any) -> None:
        """A terminal's row; `assigned` puts an initial delivery that has arrived."""
        row = {
            "id": terminal,
            "tmux_session": "cao-work",
            "provider": "mock_cli",
            "agent_profile": "developer",
        }
        if caller is not None:
            row["caller_id"] = caller
        if values.pop("assigned", False):
            row["initial_delivery"] = '{"state": "delivered"}'
        row |= values
        columns = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        self.execute(f"INSERT INTO terminals ({columns}) VALUES ({marks})", tuple(row.values()))

    def remove(self, terminal: str, *, snapshot: dict[str, Any] | None = None) -> None:
        """As CAO removes it: the snapshot file, if one is written, before the row goes."""
        if snapshot is not None:
            self.write_snapshot(terminal, **snapshot)
        self.execute("DELETE FROM terminals WHERE id = ?", (terminal,))

    def write_snapshot(self, terminal: str, **values: Any) -> None:
        told = {"terminal_id": terminal, "session_name": "cao-work", "agent_profile": "developer", **values}
        path = self.folder / FOLDER / f"{terminal}.snapshot.json"
        path.write_text(json.dumps(told))

    def hand_off(self, job: str, state: str, terminal: str | None = None, **values: Any) -> None:
        row = {"job_id": job, "state": state, "terminal_id": terminal, **values}
        columns = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        self.execute(f"REPLACE INTO handoff_results ({columns}) VALUES ({marks})", tuple(row.values()))


def unpack_sample(folder: Path) -> Path:
    """The sample of a real server, version 2.5.4."""
    (folder / DATABASE).parent.mkdir(parents=True)
    (folder / FOLDER).mkdir(parents=True)
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.executescript((DATA / "sample.sql").read_text())
    for path in DATA.glob("*.snapshot.json"):
        (folder / FOLDER / path.name).write_bytes(path.read_bytes())
    return folder
