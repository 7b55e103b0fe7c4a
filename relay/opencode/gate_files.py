"""The gate's files in an engine's configuration folder: the plugin, its settings, modules it need not fetch.

With a plugin in a configuration folder the engine waits for npm before its first call, unless the folder
can't be written, or holds `node_modules` and a lock file that names its plugin package. Neither has to hold
the package: our plugin needs none. Observed on OpenCode 1.18.33, for both of its configuration folders.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "gate" / "countersign-gate.js"
PLUGIN = Path("plugin") / "countersign-gate.js"
SETTINGS = "countersign-gate.json"
PACKAGE = "@opencode-ai/plugin"
PACKAGE_VERSION = "1.18.33"
# The engine's user reads them through its group; nobody else does.
SECRET_MODE = 0o640


@dataclass(frozen=True, slots=True)
class GateFiles:
    """What an engine's configuration folder needs; `portal` is the address that the engine's host reaches."""

    folder: Path
    portal: str
    token: str

    def write(self) -> None:
        """Put everything there, the settings last: without them the plugin lets nothing run.

        Where the folder shows a release, plugin and modules come with that: only the secret is ours to write.
        """
        settings = json.dumps({"portal": self.portal, "token": self.token}, indent=2)
        if self.folder.is_symlink():
            kept = self.folder.with_name(f"{self.folder.name}.releases") / "kept"
            kept.mkdir(mode=0o755, parents=True, exist_ok=True)
            replace_file(kept / SETTINGS, f"{settings}\n", SECRET_MODE)
            return
        bake_modules(self.folder)
        (self.folder / PLUGIN.parent).mkdir(mode=0o755, exist_ok=True)
        replace_file(self.folder / PLUGIN, SOURCE.read_text(), 0o644)
        replace_file(self.folder / SETTINGS, f"{settings}\n", SECRET_MODE)


def bake_modules(folder: Path) -> None:
    """Spare the engine its way to npm. Modules that are there stay as they are."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    if (folder / "node_modules").is_dir() and (folder / "package-lock.json").exists():
        return
    (folder / "node_modules").mkdir(mode=0o755, exist_ok=True)
    needs = {"dependencies": {PACKAGE: PACKAGE_VERSION}}
    lock = {"name": folder.name, "lockfileVersion": 3, "requires": True, "packages": {"": needs}}
    replace_file(folder / "package.json", f"{json.dumps(needs, indent=2)}\n", 0o644)
    replace_file(folder / "package-lock.json", f"{json.dumps(lock, indent=2)}\n", 0o644)


def replace_file(place: Path, text: str, mode: int) -> None:
    """Write in one step, under its own mode and the folder's group from the first byte on."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}-")
    try:
        os.fchmod(handle, mode)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(PermissionError):
            # Where the group is not ours, the files stay readable to our own.
            shutil.chown(name, group=place.parent.stat().st_gid)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
