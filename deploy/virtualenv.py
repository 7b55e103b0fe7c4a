"""The project's virtualenv: made once, filled from the pinned files, filled again when they change."""

import hashlib
import importlib.util
import shutil
import sys
from pathlib import Path

from deploy.console import run, say

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

# Which pinned file stands behind which set of packages.
REQUIREMENT_FILES = {
    "run": "requirements.txt",
    "dev": "requirements-dev.txt",
    "node": "requirements-node.txt",
    "cao": "requirements-cao.txt",
}


def install_requirements(names: list[str]) -> None:
    """Bring .venv to the pinned state of the named sets; a set whose stamp still fits is left alone.

    Raises StepFailed when Python has no `venv`, or the packages can't be installed.
    """
    make_virtualenv()
    for name in names:
        requirements = ROOT / REQUIREMENT_FILES[name]
        fingerprint = hashlib.sha256(requirements.read_bytes()).hexdigest()
        stamp = VENV / f".stamp-{name}"
        if stamp.exists() and stamp.read_text() == fingerprint:
            continue
        say(f"installing the packages of {requirements.name} into .venv ({installer_name()})")
        run(
            [*install_command(), "--require-hashes", "--requirement", requirements],
            purpose=f"Installing {requirements.name}",
        )
        stamp.write_text(fingerprint)


def make_virtualenv() -> None:
    """Create .venv unless a working one is there; an interpreter that vanished makes it anew."""
    if PYTHON.exists():
        return
    say("making the virtualenv .venv")
    uv = shutil.which("uv")
    if uv is not None:
        command = [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(VENV)]
    else:
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    run(command, purpose="Making .venv (on Debian the package python3-venv must be there)")


def installer_name() -> str:
    """Name what does the installing: uv when it is on the path, else pip."""
    return "uv" if shutil.which("uv") else "pip"


def install_command() -> list[str | Path]:
    """Return the install command up to its package arguments."""
    uv = shutil.which("uv")
    if uv is not None:
        return [uv, "pip", "install", "--quiet", "--python", PYTHON]
    if not (VENV / "bin" / "pip").exists():
        # Made by uv earlier, which puts no pip in; uv has left the path since.
        run([PYTHON, "-m", "ensurepip"], purpose="Putting pip into .venv")
    return [PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]


def package_folder(name: str) -> Path | None:
    """Return an installed package's folder without importing it: of this interpreter, else of .venv."""
    package = importlib.util.find_spec(name)
    if package is not None and package.submodule_search_locations:
        return Path(package.submodule_search_locations[0])
    installed = sorted(VENV.glob(f"lib/python3.*/site-packages/{name}"))
    return installed[-1] if installed else None
