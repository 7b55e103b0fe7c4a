"""MCP servers with bad habits, to be started by tests."""

import shutil
import sys
from pathlib import Path

FIXTURE = Path(__file__).with_name("fixture.py")


def place_fixture(folder: Path) -> Path:
    """A copy that every user may read, as a package's files are."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    script = folder / FIXTURE.name
    shutil.copyfile(FIXTURE, script)
    script.chmod(0o644)
    return script


def write_argv(script: Path, behaviour: str, *files: Path) -> tuple[str, ...]:
    return (sys.executable, "-I", str(script), behaviour, *map(str, files))
