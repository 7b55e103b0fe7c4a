"""What a CAO server's database says at one moment. Columns that a version lacks are None, and said."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from relay.cao.foreign_sqlite import MAX_ROWS, SourceUnavailable, open_foreign

DATABASE = Path("db/cli-agent-orchestrator.db")
TABLES = frozenset(
    {"terminals", "session_incarnations", "handoff_results", "workflow_run", "workflow_run_step", "flows"}
)
TERMINAL_COLUMNS = (
    *("id", "description", "tmux_session", "provider", "agent_profile", "model", "working_directory"),
    *("caller_id", "deferred_init_failure", "initial_delivery", "session_incarnation_id", "last_active"),
)
HANDOFF_COLUMNS = (
    *("job_id", "state", "terminal_id", "last_message", "error_message", "created_at", "updated_at"),
)
RUN_COLUMNS = ("run_id", "workflow_name", "state", "started_at", "finished_at", "error")
STEP_COLUMNS = (
    *("run_id", "step_id", "state", "attempts", "error", "updated_at", "terminal_id", "result_json"),
)
ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
# What an agent wrote is kept as an excerpt only.
MAX_TEXT = 8_000


@dataclass(frozen=True, slots=True)
class Terminal:
    """One row of `terminals`; `delivery` is the state of its initial message, None for none."""

    id: str
    session: str
    description: str
    provider: str
    profile: str
    model: str
    directory: str
    caller: str
    incarnation: str
    delivery: str | None
    delivery_kind: str
    has_failed: bool


@dataclass(frozen=True, slots=True)
class Handoff:
    """One row of `handoff_results`. `job` is a digest: the id itself is the key to the whole result."""

    job: str
    state: str
    terminal: str
    result: str
    error: str
    created_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    workflow: str
    state: str
    started_at: datetime | None
    finished_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Step:
    run: str
    id: str
    state: str
    attempts: int
    updated_at: datetime | None
    terminal: str
    result: str
    error: str


@dataclass(frozen=True, slots=True)
class Picture:
    """`missing` names what this version of CAO does not keep; not whole, absence from it proves nothing."""

    terminals: tuple[Terminal, ...] = ()
    handoffs: tuple[Handoff, ...] = ()
    runs: tuple[Run, ...] = ()
    steps: tuple[Step, ...] = ()
    flows: frozenset[str] = frozenset()
    missing: frozenset[str] = field(default_factory=frozenset)
    is_whole: bool = True


def read_picture(home: Path) -> Picture:
    """Terminals are read before what tells their ends: a row that is gone has its result on record.

    Raises SourceUnavailable.
    """
    with open_foreign(home / DATABASE, tables=TABLES) as database:
        columns = database.list_columns("terminals")
        if "id" not in columns:
            raise SourceUnavailable("It is no database of a CAO server: it has no terminals.")
        terminals = database.select(
            "terminals", TERMINAL_COLUMNS, cut=("description",), cut_at=MAX_TEXT, order="last_active"
        )
        names = database.select("session_incarnations", ("session_name", "incarnation_id"))
        handoffs = database.select(
            "handoff_results",
            HANDOFF_COLUMNS,
            cut=("last_message", "error_message"),
            cut_at=MAX_TEXT,
            order="created_at",
        )
        runs = database.select(
            "workflow_run", RUN_COLUMNS, cut=("error",), cut_at=MAX_TEXT, order="started_at"
        )
        steps = database.select(
            "workflow_run_step", STEP_COLUMNS, cut=("error",), cut_at=MAX_TEXT, order="updated_at"
        )
        flows = database.select("flows", ("name",))
        has_handoffs = bool(database.list_columns("handoff_results"))
    incarnations = {read_text(row["session_name"]): read_text(row["incarnation_id"]) for row in names}
    missing = {"caller_id", "initial_delivery"} - columns
    return Picture(
        tuple(read_terminal(row, incarnations) for row in terminals if ID.fullmatch(read_text(row["id"]))),
        tuple(read_handoff(row) for row in handoffs if row["job_id"]),
        tuple(read_run(row) for row in runs if row["run_id"]),
        tuple(read_step(row) for row in steps if row["run_id"] and row["step_id"]),
        frozenset(read_text(row["name"]) for row in flows),
        frozenset(missing if has_handoffs else missing | {"handoff_results"}),
        is_whole=max(len(terminals), len(handoffs), len(runs), len(steps)) < MAX_ROWS,
    )


def read_terminal(row: dict[str, Any], incarnations: dict[str, str]) -> Terminal:
    session = read_text(row["tmux_session"])
    delivery = read_json(row["initial_delivery"])
    return Terminal(
        id=read_text(row["id"]),
        session=session,
        description=read_text(row["description"]),
        provider=read_text(row["provider"]),
        profile=read_text(row["agent_profile"]),
        model=read_text(row["model"]),
        directory=read_text(row["working_directory"]),
        caller=read_id(row["caller_id"]),
        incarnation=read_text(row["session_incarnation_id"]) or incarnations.get(session, ""),
        delivery=read_text(delivery.get("state")) if delivery else None,
        delivery_kind=read_text(delivery.get("kind")),
        has_failed=bool(row["deferred_init_failure"]),
    )


def read_handoff(row: dict[str, Any]) -> Handoff:
    return Handoff(
        job=hashlib.sha256(read_text(row["job_id"]).encode()).hexdigest()[:16],
        state=read_text(row["state"]),
        terminal=read_id(row["terminal_id"]),
        result=read_text(row["last_message"]),
        error=read_text(row["error_message"]),
        created_at=read_moment(row["created_at"]),
        updated_at=read_moment(row["updated_at"]),
    )


def read_run(row: dict[str, Any]) -> Run:
    return Run(
        id=read_text(row["run_id"]),
        workflow=read_text(row["workflow_name"]),
        state=read_text(row["state"]),
        started_at=read_moment(row["started_at"]),
        finished_at=read_moment(row["finished_at"]),
        error=read_text(row["error"]),
    )


def read_step(row: dict[str, Any]) -> Step:
    """The terminal of a step stands in its result; the column beside it was seen empty."""
    result = read_json(row["result_json"])
    attempts = row["attempts"]
    return Step(
        run=read_text(row["run_id"]),
        id=read_text(row["step_id"]),
        state=read_text(row["state"]),
        attempts=attempts if isinstance(attempts, int) else 0,
        updated_at=read_moment(row["updated_at"]),
        terminal=read_id(row["terminal_id"]) or read_id(result.get("terminal_id")),
        result=read_text(result.get("last_message"))[:MAX_TEXT],
        error=read_text(row["error"]),
    )


def read_text(value: Any) -> str:
    """A column of a foreign file may hold anything."""
    return value if isinstance(value, str) else ""


def read_id(value: Any) -> str:
    """A terminal's id, "" for anything else."""
    text = read_text(value)
    return text if ID.fullmatch(text) else ""


def read_json(value: Any) -> dict[str, Any]:
    """The object in a text column; empty when there is none."""
    try:
        decoded = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


def read_moment(value: Any) -> datetime | None:
    """CAO stores UTC, mostly without saying so."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None or moment.year < 2000:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
