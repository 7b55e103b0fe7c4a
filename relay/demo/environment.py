"""The demo's folder and settings, apart from those of a real deployment."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relay.opencode.process import LOOPBACK
from relay.opencode.process_tree import end_recorded_process

# Every setting of the deployment around us; the demo has its own.
_OUR_PREFIX = "COUNTERSIGN_"
_OTHER_SETTINGS = frozenset(
    {"ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SQLITE_SYNCHRONOUS"}
)
MARK = ".countersign-demo"
MARK_TEXT = "The Countersign demo begins anew in this folder at each start: whatever is in it is removed.\n"


class DemoError(Exception):
    """The demo can't start; the message says why in a sentence."""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where everything of the demo lies."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def engine(self) -> Path:
        return self.root / "engine"

    @property
    def portal(self) -> Path:
        return self.root / "portal"

    @property
    def project(self) -> Path:
        return self.root / "project"

    def build_environment(self, around: Mapping[str, str], port: int) -> dict[str, str]:
        """The environment of the demo's own Django, from the one around us."""
        kept = {name: value for name, value in around.items() if not _is_setting(name)}
        return {
            **kept,
            "COUNTERSIGN_DATA_DIR": str(self.data),
            "COUNTERSIGN_KEYS_FILE": str(self.root / "keys" / "countersign.keys"),
            "COUNTERSIGN_AUDIT_HEADS_FILE": str(self.root / "audit" / "heads.jsonl"),
            "COUNTERSIGN_PROTECTED_PATHS": str(self.engine.absolute()),
            "COUNTERSIGN_BIND": f"{LOOPBACK}:{port}",
            # What to click stands on this terminal; only what goes wrong may push it away.
            "COUNTERSIGN_LOG_LEVEL": around.get("COUNTERSIGN_LOG_LEVEL") or "WARNING",
        }

    def hold(self) -> int:
        """Keep the folder for one demo; return the lock's descriptor, which outlives an exec.

        The lock ends with the process. Raises DemoError when another demo has it.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.root.parent / f".{self.root.name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise DemoError(f"A demo is running already in {self.root}.") from None
        os.set_inheritable(lock, True)
        return lock

    def begin_anew(self) -> None:
        """Empty the folder, after ending what a killed demo left running in it.

        A folder that is no demo's is left alone, whatever was asked for.
        """
        mark = self.root / MARK
        if not mark.exists() and any(self.root.iterdir()):
            raise DemoError(f"{self.root} is no folder of a demo; name another one, or empty it yourself.")
        for place in (self.engine, self.portal):
            end_recorded_process(place)
        for entry in self.root.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry != mark:
                entry.unlink()
        mark.write_text(MARK_TEXT)
        for place in (self.data, self.engine, self.portal, self.project):
            place.mkdir(mode=0o700)


def _is_setting(name: str) -> bool:
    return name.startswith(_OUR_PREFIX) or name.removesuffix("_FILE") in _OTHER_SETTINGS
