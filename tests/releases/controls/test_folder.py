"""A configuration folder as a link to one folder for each release."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from releases.config_agent.countersign_config_agent import (
    BEFORE,
    GATE_SETTINGS,
    MAX_FILES,
    MAX_RELEASE_BYTES,
    FolderError,
    ReleaseFolder,
)
from tests.releases.controls.folders import (
    SECRET,
    Files,
    make_plain_folder,
    make_release,
    read_folder,
    run_and_die,
)

OLD, OLD_FILES = make_release("old")
NEW, NEW_FILES = make_release("new")
SETTINGS = {GATE_SETTINGS: SECRET}


@pytest.fixture
def folder(tmp_path: Path) -> ReleaseFolder:
    """One with a gate's secret, and no release yet."""
    folder = ReleaseFolder(tmp_path / "config")
    folder.kept.parent.mkdir(parents=True)
    folder.kept.write_text(SECRET)
    return folder


def list_names(place: Path) -> list[str]:
    return sorted(entry.name for entry in place.iterdir())


def release(folder: ReleaseFolder, name: str, files: Files) -> None:
    folder.stage(name, files)
    folder.swap(name)


def test_a_staged_release_is_unseen_until_it_is_swapped_in(folder: ReleaseFolder) -> None:
    release(folder, OLD, OLD_FILES)
    folder.stage(NEW, NEW_FILES)
    assert (folder.read_current(), read_folder(folder.link)) == (OLD, {**dict(OLD_FILES), **SETTINGS})
    assert folder.list_staged() == sorted([OLD, NEW])
    folder.swap(NEW)
    assert (folder.read_current(), read_folder(folder.link)) == (NEW, {**dict(NEW_FILES), **SETTINGS})


def test_a_release_holds_modules_so_that_no_npm_is_asked_and_nobody_writes_there(
    folder: ReleaseFolder,
) -> None:
    release(folder, NEW, NEW_FILES)
    assert list_names(folder.link) == sorted(
        [
            "agent",
            "countersign-gate.json",
            "instructions",
            "node_modules",
            "opencode.json",
            "package-lock.json",
            "package.json",
            "plugin",
        ]
    )
    modes = {
        stat.S_IMODE((Path(at) / name).lstat().st_mode)
        for at, folders, names in os.walk(folder.store / NEW)
        for name in [*folders, *names]
        if name != GATE_SETTINGS
    }
    assert modes == {0o555, 0o444}


def test_a_release_without_a_gate_has_no_settings_of_one(folder: ReleaseFolder) -> None:
    name, files = make_release("ungated", has_gate=False)
    release(folder, name, files)
    assert read_folder(folder.link) == dict(files)


def test_what_was_there_is_kept_with_its_secret_and_can_be_put_back(tmp_path: Path) -> None:
    folder = ReleaseFolder(tmp_path / "config")
    found = make_plain_folder(folder.link)
    assert folder.read_current() == BEFORE
    release(folder, NEW, NEW_FILES)
    assert read_folder(folder.link) == {**dict(NEW_FILES), **SETTINGS}
    assert stat.S_IMODE(folder.kept.stat().st_mode) == 0o640
    folder.swap(BEFORE)
    assert (folder.read_current(), read_folder(folder.link)) == (BEFORE, found)


def test_a_secret_that_changed_meanwhile_goes_back_with_the_old_folder(tmp_path: Path) -> None:
    folder = ReleaseFolder(tmp_path / "config")
    found = make_plain_folder(folder.link)
    release(folder, NEW, NEW_FILES)
    folder.kept.write_text("rotated")
    folder.swap(BEFORE)
    assert read_folder(folder.link) == {**found, GATE_SETTINGS: "rotated"}


def test_a_folder_put_in_the_links_place_is_what_was_there_before(tmp_path: Path) -> None:
    folder = ReleaseFolder(tmp_path / "config")
    make_plain_folder(folder.link)
    release(folder, OLD, OLD_FILES)
    folder.link.unlink()
    folder.link.mkdir()
    (folder.link / "opencode.json").write_text("{}")
    release(folder, NEW, NEW_FILES)
    folder.swap(BEFORE)
    assert read_folder(folder.link)["opencode.json"] == "{}"


def test_done_twice_is_done_once(folder: ReleaseFolder) -> None:
    release(folder, NEW, NEW_FILES)
    place = (folder.store / NEW).stat().st_ino
    release(folder, NEW, NEW_FILES)
    assert (folder.store / NEW).stat().st_ino == place


@pytest.mark.parametrize("is_extra", [True, False], ids=["added", "edited"])
def test_a_staged_release_that_somebody_changed_is_made_whole_again(
    folder: ReleaseFolder, is_extra: bool
) -> None:
    release(folder, NEW, NEW_FILES)
    agents = folder.store / NEW / "agent"
    agents.chmod(0o755)
    changed = agents / ("extra.md" if is_extra else "build.md")
    changed.unlink(missing_ok=True)
    changed.write_text("---\npermission: allow\n---\n")
    folder.stage(NEW, NEW_FILES)
    assert read_folder(folder.link) == {**dict(NEW_FILES), **SETTINGS}
    assert list_names(folder.store) == sorted([NEW, "kept", ".lock"])


def test_pruning_leaves_the_live_one_and_what_was_there_before(tmp_path: Path) -> None:
    folder = ReleaseFolder(tmp_path / "config")
    make_plain_folder(folder.link)
    other, other_files = make_release("other")
    for name, files in ((OLD, OLD_FILES), (other, other_files), (NEW, NEW_FILES)):
        release(folder, name, files)
    (folder.store / ".staging-left").mkdir()
    folder.prune([other])
    assert list_names(folder.store) == sorted([NEW, other, BEFORE, "kept", ".lock"])
    folder.prune([])
    assert folder.list_staged() == [NEW]


# Refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "../opencode.json",
        "/etc/passwd",
        "agent/../../x.md",
        "agent/.hidden.md",
        "agent/x.md/",
        "agent//x.md",
        "agent/x\0.md",
        "agent/x\n.md",
        "agent\\x.md",
        "agent/x.js",
        "plugin/other.js",
        "package.json",
        "node_modules/x.md",
        GATE_SETTINGS,
        "",
        ".",
    ],
)
def test_a_path_that_no_release_holds_is_refused(folder: ReleaseFolder, path: str) -> None:
    with pytest.raises(FolderError, match="can't hold the file"):
        folder.stage(NEW, [*NEW_FILES, (path, "x")])
    assert not folder.list_staged()


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([*NEW_FILES, ("agent/Build.md", "")], "twice"),
        ([("agent/build.md", "")], "opencode.json"),
        ([*NEW_FILES, ("agent/x.md", "\ud800")], "no text"),
        ([*NEW_FILES, ("agent/x.md", "x" * MAX_RELEASE_BYTES)], "bytes"),
        ([(f"agent/a{number}.md", "") for number in range(MAX_FILES + 1)], "files"),
    ],
    ids=["same name but for case", "no config", "no text", "too long", "too many"],
)
def test_a_release_that_can_not_be_one_is_refused(folder: ReleaseFolder, files: Files, sentence: str) -> None:
    with pytest.raises(FolderError, match=sentence):
        folder.stage(NEW, files)
    assert not folder.list_staged()


def test_a_file_that_is_another_ones_folder_is_refused(folder: ReleaseFolder) -> None:
    with pytest.raises(FolderError):
        folder.stage(NEW, [*NEW_FILES, ("agent/x.md", ""), ("agent/x.md/y.md", "")])
    assert list_names(folder.store) == [".lock", "kept"]


@pytest.mark.parametrize("name", ["", "x", "../" + "a" * 61, "A" * 64, "a" * 63, f"{'a' * 64}\n"])
def test_a_release_is_named_by_its_hash_alone(folder: ReleaseFolder, name: str) -> None:
    for verb in (lambda: folder.stage(name, NEW_FILES), lambda: folder.swap(name)):
        with pytest.raises(FolderError, match="64 hexadecimal digits"):
            verb()


def test_what_is_not_staged_can_not_be_shown(folder: ReleaseFolder) -> None:
    release(folder, OLD, OLD_FILES)
    for name in (NEW, BEFORE):
        with pytest.raises(FolderError, match="not staged"):
            folder.swap(name)
    assert folder.read_current() == OLD


def test_a_link_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config").symlink_to("/etc")
    folder = ReleaseFolder(tmp_path / "config")
    with pytest.raises(FolderError, match="did not make"):
        release(folder, NEW, NEW_FILES)
    assert (tmp_path / "config").readlink() == Path("/etc")


@pytest.mark.parametrize("place", ["config", "/", "/srv/../etc"])
def test_a_folder_is_named_by_its_absolute_path(place: str) -> None:
    with pytest.raises(FolderError, match="absolute path"):
        ReleaseFolder(place)


def test_a_missing_parent_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="There is no folder"):
        ReleaseFolder(tmp_path / "nothing" / "config").stage(NEW, NEW_FILES)


# Full, or not ours to write ---------------------------------------------------------------------


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may grow beyond 64 KiB: what a full disk answers to a write, for this process."""
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, old)


def test_a_full_disk_leaves_the_old_release_and_nothing_half_written(
    folder: ReleaseFolder, small_disk: None
) -> None:
    release(folder, OLD, OLD_FILES)
    with pytest.raises(FolderError, match="no room left"):
        folder.stage(NEW, [*NEW_FILES, ("instructions/long.md", "x" * 100_000)])
    assert read_folder(folder.link) == {**dict(OLD_FILES), **SETTINGS}
    assert list_names(folder.store) == sorted([OLD, "kept", ".lock"])


WITHOUT_RIGHTS = """
import os, sys
from releases.config_agent.countersign_config_agent import FolderError, ReleaseFolder
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    ReleaseFolder(sys.argv[1]).stage("a" * 64, [("opencode.json", "{}")])
except FolderError as error:
    print(error)
"""


def test_a_folder_that_can_not_be_written_is_a_clear_error() -> None:
    """As another user where we are root, who may write anywhere."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o555)
        command = [sys.executable, "-c", WITHOUT_RIGHTS, str(place / "config")]
        root = Path(__file__).parents[3]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=60)
        assert (done.stdout, done.stderr) == (
            f"{place / 'config.releases'} can't be written by the user that keeps it; nothing was changed.\n",
            "",
        )
        assert list_names(place) == []
        place.chmod(0o700)


# Dying ------------------------------------------------------------------------------------------

KINDS = ["from another release", "from a folder by hand", "from nothing", "back to what was there", "repair"]


@pytest.mark.parametrize("kind", KINDS)
def test_dying_between_any_two_steps_leaves_the_old_or_the_new(tmp_path: Path, kind: str) -> None:
    step = 0
    has_ended = False
    outcomes = set()
    while not has_ended:
        step += 1
        folder = ReleaseFolder(tmp_path / str(step) / "config")
        old, name = prepare(folder, kind)
        new = {**dict(NEW_FILES), **SETTINGS} if name == NEW else old_folder(folder)

        def work(folder: ReleaseFolder = folder, name: str = name) -> None:
            if name == NEW:
                folder.stage(NEW, NEW_FILES)
            folder.swap(name)

        has_ended = run_and_die(step, work)
        seen = read_folder(folder.link)
        assert seen in (old, new), f"step {step}"
        outcomes.add("new" if seen == new else "old")
        # Whoever comes next finishes it, and leaves nothing lying about.
        work()
        assert read_folder(folder.link) == new
        folder.prune([])
        left = {OLD, NEW, BEFORE, "kept", ".lock"}
        assert set(list_names(folder.store)) <= left, f"step {step}"
        assert list_names(folder.link.parent) == ["config", "config.releases"]
    assert step > 5
    assert outcomes == {"old", "new"}


def prepare(folder: ReleaseFolder, kind: str) -> tuple[dict[str, str], str]:
    """What the engine sees before, and what is to be shown."""
    folder.link.parent.mkdir()
    if kind in ("from a folder by hand", "back to what was there"):
        make_plain_folder(folder.link)
    elif kind == "from nothing":
        folder.kept.parent.mkdir(parents=True)
        folder.kept.write_text(SECRET)
        return {}, NEW
    if kind == "back to what was there":
        release(folder, OLD, OLD_FILES)
        return read_folder(folder.link), BEFORE
    if kind in ("from another release", "repair"):
        folder.kept.parent.mkdir(parents=True)
        folder.kept.write_text(SECRET)
        release(folder, OLD, OLD_FILES)
    if kind == "repair":
        release(folder, NEW, NEW_FILES)
        (folder.store / NEW / "opencode.json").chmod(0o644)
        (folder.store / NEW / "opencode.json").write_text("{}")
    return read_folder(folder.link), NEW


def old_folder(folder: ReleaseFolder) -> dict[str, str]:
    return read_folder(folder.before)
