"""The files that a CAO server leaves of terminals it has removed: the only place where their parents stay."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from relay.cao.picture import read_id

FOLDER = Path("logs/terminal")
FILE_NAME = re.compile(r"([0-9a-f]{8})\.snapshot\.json")
MAX_BYTES = 64 * 1024
MAX_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    terminal: str
    session: str
    profile: str
    provider: str
    directory: str
    caller: str
    removed_at: datetime


class SnapshotFolder:
    """Reads each file once: CAO writes it in one piece and never again."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER
        self.unreadable: set[str] = set()
        self._snapshots: dict[str, Snapshot] = {}
        self._changed_ns = -1

    def read(self) -> dict[str, Snapshot]:
        """Terminal id → its snapshot; what this version or a sweep took away is simply not there."""
        try:
            changed_ns = self.folder.stat().st_mtime_ns
            if changed_ns == self._changed_ns:
                return self._snapshots
            matches = [FILE_NAME.fullmatch(path.name) for path in self.folder.iterdir()]
        except OSError:
            return {}
        names = {match[1]: match[0] for match in matches if match}
        self._snapshots = {key: value for key, value in self._snapshots.items() if key in names}
        for terminal in sorted(names.keys() - self._snapshots.keys())[:MAX_FILES]:
            snapshot = read_snapshot(self.folder / names[terminal], terminal)
            if snapshot is None:
                self.unreadable.add(terminal)
            else:
                self.unreadable.discard(terminal)
                self._snapshots[terminal] = snapshot
        self._changed_ns = changed_ns
        return self._snapshots


def read_snapshot(path: Path, terminal: str) -> Snapshot | None:
    """None for anything but a plain file about this very terminal."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        content = file.read(MAX_BYTES + 1)
    try:
        told = json.loads(content) if len(content) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or told.get("terminal_id") != terminal:
        return None
    return Snapshot(
        terminal=terminal,
        session=read_text(told, "session_name"),
        profile=read_text(told, "agent_profile"),
        provider=read_text(told, "provider"),
        directory=read_text(told, "working_directory"),
        caller=read_id(told.get("caller_id")),
        removed_at=datetime.fromtimestamp(status.st_mtime, UTC),
    )


def read_text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""
