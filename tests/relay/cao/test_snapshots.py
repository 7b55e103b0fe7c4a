"""Snapshot files: read once, and only what is about the very terminal it is named after."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from relay.cao.snapshots import FOLDER, MAX_BYTES, SnapshotFolder
from tests.relay.cao.homes import CaoHome, unpack_sample

pytestmark = pytest.mark.pure


def test_the_snapshots_of_a_real_server(tmp_path: Path) -> None:
    found = SnapshotFolder(unpack_sample(tmp_path / "home")).read()
    assert {key: (row.caller, row.profile, row.session, row.directory) for key, row in found.items()} == {
        "14502d1c": ("c922d110", "reviewer", "cao-lineage2", "/srv/demo"),
        "1d7d856b": ("4ddf9809", "developer", "cao-lineage1", "/srv/demo"),
        "1ef14294": ("c922d110", "reviewer", "cao-lineage2", "/srv/demo"),
    }


def test_a_new_file_is_found_and_a_swept_one_forgotten(tmp_path: Path) -> None:
    home = CaoHome(tmp_path / "home")
    folder = SnapshotFolder(home.folder)
    assert folder.read() == {}
    home.write_snapshot("aaaaaaaa", caller_id="bbbbbbbb")
    assert folder.read()["aaaaaaaa"].caller == "bbbbbbbb"
    (home.folder / FOLDER / "aaaaaaaa.snapshot.json").unlink()
    assert folder.read() == {}


def test_no_folder_is_no_snapshots(tmp_path: Path) -> None:
    assert SnapshotFolder(tmp_path).read() == {}


@pytest.mark.parametrize("kind", ["link", "fifo", "huge", "not json", "list", "another", "deep"])
def test_a_file_that_is_no_snapshot_is_left_alone_and_counted(tmp_path: Path, kind: str) -> None:
    home = CaoHome(tmp_path / "home")
    path = home.folder / FOLDER / "aaaaaaaa.snapshot.json"
    home.write_snapshot("cccccccc")
    if kind == "link":
        path.symlink_to(home.folder / FOLDER / "cccccccc.snapshot.json")
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "huge":
        path.write_text(" " * MAX_BYTES + "{}")
    else:
        contents = {
            "not json": "{",
            "list": "[]",
            "another": '{"terminal_id": "cccccccc"}',
            "deep": "[" * 60_000,
        }
        path.write_text(contents[kind])
    folder = SnapshotFolder(home.folder)
    assert (set(folder.read()), folder.unreadable) == ({"cccccccc"}, {"aaaaaaaa"})


def test_other_files_beside_them_are_not_opened(tmp_path: Path) -> None:
    home = CaoHome(tmp_path / "home")
    for name in ("aaaaaaaa.log", "AAAAAAAA.snapshot.json", "..snapshot.json", "aaaaaaaaa.snapshot.json"):
        (home.folder / FOLDER / name).write_text("{}")
    folder = SnapshotFolder(home.folder)
    assert (folder.read(), folder.unreadable) == ({}, set())
