"""`manage.py run_engine`: an engine that is there again after it has ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from relay.opencode.process import probe_port
from relay.opencode.process_tree import is_alive, read_recorded_process
from releases.controls.interface import PROJECT_CONFIG_FLAG
from releases.controls.local import LocalControl
from tests.relay.demo.demo_process import ROOT

# A program that does nothing but run: what is tested is who starts it.
PROGRAM = '#!/bin/sh\nenv > "$HOME/new"\nmv "$HOME/new" "$HOME/environment"\nexec sleep 600\n'
DEADLINE_S = 60.0


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, list[str]]:
    """Its folder, and what the command is told."""
    program = tmp_path / "opencode"
    program.write_text(PROGRAM)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    secret = tmp_path / "password"
    secret.write_text("the-password")
    folder = tmp_path / "engine"
    arguments = [
        str(folder),
        f"--project={tmp_path}",
        f"--port={probe_port(0)}",
        f"--password-file={secret}",
        f"--binary={program}",
    ]
    return folder, arguments


def test_it_starts_again_what_a_release_restarts_and_ends_it_with_itself(
    places: tuple[Path, list[str]],
) -> None:
    folder, arguments = places
    environment = {**os.environ, "MODEL_KEY": "a-key", "OTHER_SECRET": "not passed on"}
    command = [sys.executable, "manage.py", "run_engine", *arguments, "--pass", "MODEL_KEY"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as keeper:
        try:
            wait_until((folder / "home" / "environment").exists)
            first = read_recorded_process(folder)
            assert first is not None
            config = json.loads((folder / "config-dir" / "opencode.json").read_text())
            assert config["permission"] == {"*": "ask"}
            seen = (folder / "home" / "environment").read_text()
            assert "MODEL_KEY=a-key" in seen
            assert f"{PROJECT_CONFIG_FLAG}=1" in seen
            assert "OTHER_SECRET" not in seen

            asyncio.run(LocalControl(folder).restart())
            second = read_recorded_process(folder)
            assert second not in (None, first)
            assert not is_alive(first[0])

            keeper.send_signal(signal.SIGTERM)
            assert keeper.wait(DEADLINE_S) == 0
            assert read_recorded_process(folder) is None
            assert second is not None
            assert not is_alive(second[0])
        finally:
            keeper.kill()


def test_it_says_what_is_missing(places: tuple[Path, list[str]], tmp_path: Path) -> None:
    _, arguments = places
    with pytest.raises(CommandError, match="has no NO_SUCH_KEY"):
        call_command("run_engine", *arguments, "--pass", "NO_SUCH_KEY")
    gone = [word.replace(f"--project={tmp_path}", f"--project={tmp_path}/gone") for word in arguments]
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("run_engine", *gone)
