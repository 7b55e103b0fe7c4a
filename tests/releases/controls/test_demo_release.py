"""A person releases to the demo's engine, and its agents go on being asked about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from relay.demo.environment import DemoFolder
from releases.controls.local import LocalControl
from tests.relay.demo.demo_process import ROOT, Demo, start, wait_until

pytestmark = pytest.mark.engine
# A loaded machine tries the release on a throwaway engine first.
PUBLISH_TIMEOUT_S = 240


def run(demo: Demo, folder: Path, *arguments: str) -> str:
    """A command of the demo's own portal."""
    port = int(demo.link[1].rpartition(":")[2])
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=DemoFolder(folder).build_environment(os.environ, port),
        capture_output=True,
        text=True,
        timeout=PUBLISH_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def find_new(demo: Demo, summary: str, old: set[str]) -> dict[str, Any]:
    """A request about this that was not there before; waits for one."""
    found: list[dict[str, Any]] = []

    def look() -> bool:
        found[:] = [
            request
            for request in demo.list_pending()
            if request["summary"] == summary and request["id"] not in old
        ]
        return bool(found)

    wait_until(look)
    return found[0]


def test_the_demo_walks_through_a_release(opencode_binary: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with start(folder) as demo:
        demo.wait_until_ready()
        assert "Greeting programmer" in demo.output
        demo.log_in()
        demo.find_pending("bash")
        control = LocalControl(folder / "engine")
        assert control.folder.read_current() == "before"

        said = run(demo, folder, "publish_release", "OpenCode", "--as", "demo", "--force", "--wait")
        assert said.rstrip().endswith("Live")
        # Those ended with their turns.
        old = {request["id"] for request in demo.list_pending()}
        released = control.folder.read_current()
        assert released not in (None, "before")
        config = json.loads((control.folder.link / "opencode.json").read_text())
        assert config["model"] == "scripted/scripted-1"
        assert "Keep it friendly, and short." in (control.folder.link / "agent/build.md").read_text()

        # New calls are held by the same gate, and go on when somebody approves them. What is edited in a
        # second turn is the notes: the README's agent has a question then.
        edit = find_new(demo, "notes/round-2.md", old)
        assert edit["permission"] == "edit"
        demo.decide(edit, "approve")
        wait_until((folder / "project" / "notes" / "round-2.md").exists)
        wait_until(lambda: "gate" in {request["source"] for request in demo.list_pending()})
        demo.interrupt()
        assert demo.output.endswith("Everything has stopped.\n")
