"""The demo keeps to its own folder and settings, and leaves those of a deployment alone."""

import fcntl
import os
import subprocess
import time
from pathlib import Path

import pytest

from portal.env import KNOWN, SECRETS
from relay.demo.environment import MARK, DemoError, DemoFolder
from relay.demo.project import make_project
from relay.opencode.process_tree import ChildProcess, is_alive


def test_no_setting_of_the_deployment_around_reaches_the_demo(tmp_path: Path) -> None:
    around = dict.fromkeys([*KNOWN, *(f"{secret}_FILE" for secret in SECRETS)], "ours")
    around |= {"PATH": "/bin", "HOME": "/home/x", "COUNTERSIGN_LOG_LEVEL": "DEBUG"}
    root = tmp_path / "demo"
    assert DemoFolder(root).build_environment(around, 8123) == {
        "PATH": "/bin",
        "HOME": "/home/x",
        "COUNTERSIGN_DATA_DIR": str(root / "data"),
        "COUNTERSIGN_KEYS_FILE": str(root / "keys" / "countersign.keys"),
        "COUNTERSIGN_AUDIT_HEADS_FILE": str(root / "audit" / "heads.jsonl"),
        "COUNTERSIGN_PROTECTED_PATHS": str(root / "engine"),
        "COUNTERSIGN_BIND": "127.0.0.1:8123",
        "COUNTERSIGN_LOG_LEVEL": "DEBUG",
    }


def test_the_folder_is_emptied_but_for_its_mark(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    folder.root.mkdir()
    folder.begin_anew()
    (folder.data / "countersign.sqlite3").write_text("old")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (folder.root / "link").symlink_to(outside)
    folder.begin_anew()
    assert sorted(path.name for path in folder.root.iterdir()) == [
        MARK,
        "data",
        "engine",
        "portal",
        "project",
    ]
    assert list(folder.data.iterdir()) == []
    assert (outside / "kept").read_text() == "kept"


def test_a_folder_that_is_no_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(DemoError, match="no folder of a demo"):
        DemoFolder(tmp_path).begin_anew()
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_beginning_anew_ends_what_a_killed_demo_left_running(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    folder.root.mkdir()
    folder.begin_anew()
    children = []
    for place in (folder.engine, folder.portal):
        child = ChildProcess(place)
        child.launch(["sleep", "600"], cwd=place, environment=os.environ)
        children.append(child)
    folder.begin_anew()
    deadline = time.monotonic() + 10
    while any(child.is_running for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_one_folder_holds_one_demo_at_a_time(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    lock = folder.hold()
    try:
        with pytest.raises(DemoError, match="running already"):
            folder.hold()
    finally:
        os.close(lock)
    os.close(folder.hold())


def test_the_lock_outlives_an_exec_and_ends_with_the_process(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    lock = folder.hold()
    with subprocess.Popen(["sleep", "600"], close_fds=False) as successor:
        os.close(lock)
        with pytest.raises(DemoError):
            folder.hold()
        successor.kill()
    again = folder.hold()
    fcntl.flock(again, fcntl.LOCK_UN)
    os.close(again)
    assert not is_alive(successor.pid)


def test_the_project_has_one_commit_and_is_made_once(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "README.md").write_text("changed")
    make_project(tmp_path)
    log = subprocess.run(
        ["git", "log", "--format=%s"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert log.stdout == "Greet people by name\n"
    assert (tmp_path / "README.md").read_text() == "changed"
