"""A child is started in a tree of its own and ended for certain, with all that it started."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from relay.opencode.process import EngineProcess, EngineStartFailed, probe_port, write_config
from relay.opencode.process_tree import (
    RECORD,
    end_process_tree,
    end_recorded_process,
    is_alive,
    list_descendants,
    read_start,
    record_process,
)

CONFIG = {"permission": {"*": "ask"}}


def write_program(folder: Path, text: str) -> Path:
    """An executable in the engine's place, for what a real one can't be made to do."""
    path = folder / "program"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return path


def build_process(tmp_path: Path, text: str, port: int = 0) -> EngineProcess:
    project = tmp_path / "project"
    project.mkdir()
    return EngineProcess(write_program(tmp_path, text), tmp_path / "tree", project, CONFIG, port=port)


def wait_until_gone(*pids: int) -> None:
    deadline = time.monotonic() + 10
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "a process is still there"
        time.sleep(0.01)


def wait_for_file(path: Path) -> str:
    deadline = time.monotonic() + 10
    while not (path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < deadline, f"{path.name} was not written"
        time.sleep(0.01)
    return path.read_text()


# Starts a grandchild in a session of its own, as the engine does for each shell command.
STUBBORN = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
pathlib.Path("child").write_text(f"{child.pid}\\n")
time.sleep(600)
"""


def test_a_child_that_ignores_the_request_is_killed_with_all_it_started(tmp_path: Path) -> None:
    engine = build_process(tmp_path, STUBBORN)
    engine.launch()
    pid = engine.pid
    assert pid is not None
    grandchild = int(wait_for_file(tmp_path / "project" / "child"))
    assert engine.is_running
    assert list_descendants(pid) == {grandchild: read_start(grandchild)}
    started = time.monotonic()
    engine.stop(timeout_s=0.3)
    assert time.monotonic() - started >= 0.3
    assert [process for process in (pid, grandchild) if is_alive(process)] == []
    assert (engine.is_running, engine.pid, (tmp_path / "tree" / RECORD).exists()) == (False, None, False)
    engine.stop()


# Starts one after the other, each in a session of its own and marked, as an engine does that is at work.
BUSY = """
import os, pathlib, subprocess, sys
pathlib.Path("begun").write_text("yes\\n")
while True:
    subprocess.Popen(["sleep", "600"], start_new_session=True, env={**os.environ, "MARK": sys.argv[1]})
"""


def list_marked(mark: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"MARK={mark}".encode() in (folder / "environ").read_bytes() and is_alive(int(folder.name)):
                found.append(int(folder.name))
    return found


@pytest.mark.parametrize("repetition", range(5))
def test_what_a_child_was_just_starting_is_killed_too(tmp_path: Path, repetition: int) -> None:
    mark = f"{tmp_path}-{repetition}"
    command = [sys.executable, "-c", BUSY, mark]
    child = subprocess.Popen(command, cwd=tmp_path, start_new_session=True)
    wait_for_file(tmp_path / "begun")
    end_process_tree(child.pid, 0)
    child.wait()
    left = list_marked(mark)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []


LAUNCH_AND_WAIT = """
import sys, time
from pathlib import Path
from relay.opencode.process import EngineProcess
binary, root, project = (Path(argument) for argument in sys.argv[1:])
engine = EngineProcess(binary, root, project, {})
engine.launch()
print(engine.pid, flush=True)
time.sleep(600)
"""


def test_a_child_whose_parent_was_killed_is_ended_by_the_next_start(tmp_path: Path) -> None:
    engine = build_process(tmp_path, STUBBORN)
    places = [str(place) for place in (engine.binary, engine.root, engine.project)]
    with subprocess.Popen([sys.executable, "-c", LAUNCH_AND_WAIT, *places], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        left_over = int(parent.stdout.readline())
        grandchild = int(wait_for_file(tmp_path / "project" / "child"))
        parent.kill()
    assert is_alive(left_over)
    try:
        # It knows nothing but the tree.
        engine.launch()
        wait_until_gone(left_over, grandchild)
        assert engine.is_running
    finally:
        engine.kill()


def test_a_process_that_took_over_the_recorded_number_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        record_process(tmp_path, other.pid)
        record = tmp_path / RECORD
        record.write_text(record.read_text().replace(read_start(other.pid), "1"))
        end_recorded_process(tmp_path)
        assert other.poll() is None
        assert not record.exists()
    finally:
        end_process_tree(other.pid, 0)
        other.wait()


@pytest.mark.parametrize("text", ["", "nonsense", "1 2 3", "-1 5", "0 5", "1 5"])
def test_a_broken_record_ends_nobody(text: str, tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(text)
    end_recorded_process(tmp_path)


async def test_a_child_that_ends_while_starting_is_named_with_its_log(tmp_path: Path) -> None:
    engine = build_process(tmp_path, "print('no good', flush=True); raise SystemExit(3)")
    with pytest.raises(EngineStartFailed, match="engine.log"):
        await engine.start()
    assert engine.log_path.read_text() == "no good\n"
    assert not engine.is_running


async def test_a_child_that_is_never_healthy_is_ended_in_time(tmp_path: Path) -> None:
    engine = build_process(tmp_path, STUBBORN)
    with pytest.raises(EngineStartFailed, match="not healthy after 0.5 s"):
        await engine.start(timeout_s=0.5)
    assert not engine.is_running
    child = tmp_path / "project" / "child"
    if child.exists():
        wait_until_gone(int(child.read_text()))


async def test_a_cancelled_start_leaves_no_child(tmp_path: Path) -> None:
    engine = build_process(tmp_path, STUBBORN)
    starting = asyncio.create_task(engine.start())
    async with asyncio.timeout(10):
        while engine.pid is None:
            await asyncio.sleep(0.01)
    pid = engine.pid
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    wait_until_gone(pid)


def test_a_chosen_port_is_none_that_outgoing_connections_get() -> None:
    lowest_lent = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert [port for port in (probe_port(0) for _ in range(20)) if port >= lowest_lent] == []


def test_a_used_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        engine = build_process(tmp_path, STUBBORN, port=taken.getsockname()[1])
        with pytest.raises(EngineStartFailed, match="is taken"):
            engine.launch()
    assert not engine.is_running


SHOW_ENVIRONMENT = """
import json, os, pathlib, sys
seen = {"environment": dict(os.environ), "arguments": sys.argv[1:]}
pathlib.Path("seen").write_text(json.dumps(seen) + "\\n")
"""


def test_the_child_sees_its_own_tree_and_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "ours")
    monkeypatch.setenv("COUNTERSIGN_KEYS_FILE", "/ours")
    monkeypatch.setenv("OPENCODE_CONFIG_CONTENT", "{}")
    engine = build_process(tmp_path, SHOW_ENVIRONMENT)
    engine.launch()
    seen = json.loads(wait_for_file(tmp_path / "project" / "seen"))
    engine.kill()
    tree = tmp_path / "tree"
    environment = seen["environment"]
    # Python and the dynamic loader add these two by themselves.
    environment.pop("LC_CTYPE", None)
    assert environment == {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "HOME": str(tree / "home"),
        "TMPDIR": str(tree / "tmp"),
        "XDG_DATA_HOME": str(tree / "data"),
        "XDG_CONFIG_HOME": str(tree / "config"),
        "XDG_CACHE_HOME": str(tree / "cache"),
        "XDG_STATE_HOME": str(tree / "state"),
        "OPENCODE_CONFIG_DIR": str(tree / "config-dir"),
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
        "OPENCODE_DISABLE_SHARE": "1",
        "OPENCODE_DISABLE_CLAUDE_CODE": "1",
        "OPENCODE_DISABLE_PROJECT_CONFIG": "1",
        "OPENCODE_SERVER_USERNAME": "opencode",
        "OPENCODE_SERVER_PASSWORD": engine.password,
    }
    assert seen["arguments"] == ["serve", "--hostname", "127.0.0.1", "--port", str(engine.port)]
    assert json.loads((tree / "config-dir" / "opencode.json").read_text()) == CONFIG
    assert (tree / "home").stat().st_mode & 0o777 == 0o700


def test_passwords_are_random_and_not_shown(tmp_path: Path) -> None:
    engines = [EngineProcess(Path("x"), tmp_path, tmp_path, {}) for _ in range(2)]
    assert engines[0].password != engines[1].password
    assert len(engines[0].password) >= 32
    assert engines[0].password not in repr(engines[0])


def test_a_configuration_is_whole_or_the_old_one(tmp_path: Path) -> None:
    write_config(tmp_path, CONFIG)
    with pytest.raises(TypeError):
        write_config(tmp_path, {"permission": {"*": object()}})
    assert json.loads((tmp_path / "opencode.json").read_text()) == CONFIG
    assert [path.name for path in tmp_path.iterdir()] == ["opencode.json"]
    assert (tmp_path / "opencode.json").stat().st_mode & 0o777 == 0o600
