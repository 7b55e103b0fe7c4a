"""A real CAO server for the tests, in a virtualenv of its own: it brings a hundred packages along."""

import hashlib
import shutil
import sys
from pathlib import Path

from deploy.console import StepFailed, run, say
from deploy.system_packages import can_install, install_packages
from deploy.virtualenv import REQUIREMENT_FILES, ROOT

TOOLS = ROOT / "var" / "tools" / "cao"
STAMP = TOOLS / ".stamp"


def cao_server_binary() -> Path | None:
    """Return the server's program when the pinned version is there, and the tmux that it works in."""
    is_current = STAMP.exists() and STAMP.read_text() == requirements_fingerprint()
    return TOOLS / "bin" / "cao-server" if is_current and shutil.which("tmux") else None


def provide_cao() -> Path:
    """Install CAO into var/tools/cao unless it is there, and tmux from Debian; raises StepFailed."""
    provide_tmux()
    present = cao_server_binary()
    if present is not None:
        return present
    requirements = ROOT / REQUIREMENT_FILES["cao"]
    say(f"installing {requirements.name} into var/tools/cao, for the tests (about 250 MB)")
    shutil.rmtree(TOOLS, ignore_errors=True)
    uv = shutil.which("uv")
    if uv is not None:
        run([uv, "venv", "--quiet", "--python", sys.executable, TOOLS], purpose="Making var/tools/cao")
        install: list[str | Path] = [uv, "pip", "install", "--quiet", "--python", TOOLS / "bin" / "python"]
    else:
        run([sys.executable, "-m", "venv", TOOLS], purpose="Making var/tools/cao")
        install = [TOOLS / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-input"]
        install.append("--disable-pip-version-check")
    run(
        [*install, "--require-hashes", "--requirement", requirements],
        purpose=f"Installing {requirements.name}",
    )
    STAMP.write_text(requirements_fingerprint())
    return TOOLS / "bin" / "cao-server"


def provide_tmux() -> None:
    if shutil.which("tmux"):
        return
    if not can_install():
        raise StepFailed("CAO works in tmux, which is not on this machine. Install the package `tmux`.")
    say("installing Debian's tmux for the tests")
    install_packages(["tmux"])


def requirements_fingerprint() -> str:
    return hashlib.sha256((ROOT / REQUIREMENT_FILES["cao"]).read_bytes()).hexdigest()
