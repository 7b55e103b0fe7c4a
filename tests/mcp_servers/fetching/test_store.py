"""The store: whole folders or none, told apart by their hashes, and nothing left of what was cut off."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from mcp_servers.content import Package
from mcp_servers.fetching.packages import FetchError
from mcp_servers.fetching.store import (
    LEFTOVER_AGE_S,
    MANIFEST,
    Manifest,
    find_stored,
    hash_tree,
    open_part,
    place_of,
    publish,
)

pytestmark = pytest.mark.pure

PACKAGE = Package(kind="npm", identifier="@scope/server", version="1.0.0")
HASH = "sha256:" + "0a" * 32


def put(store: Path, *, artefact_hash: str = HASH, text: str = "one") -> None:
    manifest = Manifest(runner="node", programs={"x": "index.js"}, artefact_hash=artefact_hash, lock="lock\n")
    with open_part(store) as part:
        tree = part / "tree"
        tree.mkdir()
        (tree / "index.js").write_text(text)
        publish(tree, store, PACKAGE, manifest)


def test_what_was_published_is_found_and_nothing_else_is_left(tmp_path: Path) -> None:
    put(tmp_path)
    folder, manifest = find_stored(tmp_path, PACKAGE) or (None, None)
    assert folder == tmp_path / "npm" / "@scope+server" / "1.0.0" / HASH.removeprefix("sha256:")
    assert manifest is not None
    assert (manifest.programs, manifest.lock, manifest.artefact_hash) == ({"x": "index.js"}, "lock\n", HASH)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["npm"]
    assert find_stored(tmp_path, PACKAGE, HASH) is not None
    for other in ("sha256:" + "0b" * 32, "sha256:*", "../1.0.0"):
        assert find_stored(tmp_path, PACKAGE, other) is None


def test_a_second_copy_of_the_same_artefact_leaves_the_first(tmp_path: Path) -> None:
    put(tmp_path)
    put(tmp_path, text="two")
    folder, _ = find_stored(tmp_path, PACKAGE) or (tmp_path, None)
    assert (folder / "index.js").read_text() == "one"


@pytest.mark.parametrize("change", ["content", "added", "removed", "mode", "link", "manifest", "no manifest"])
def test_any_change_of_a_stored_copy_is_noticed(tmp_path: Path, change: str) -> None:
    put(tmp_path)
    folder, _ = find_stored(tmp_path, PACKAGE) or (tmp_path, None)
    folder.chmod(0o755)
    file, manifest = folder / "index.js", folder / MANIFEST
    file.chmod(0o644)
    manifest.chmod(0o644)
    if change == "content":
        file.write_text("two")
    elif change == "added":
        (folder / "other.js").touch()
    elif change == "mode":
        file.chmod(0o755)
    elif change == "manifest":
        manifest.write_text(manifest.read_text().replace(HASH, "sha256:" + "0b" * 32))
    elif change == "no manifest":
        manifest.write_text("{}")
    else:
        file.unlink()
        if change == "link":
            file.symlink_to("/etc/passwd")
    with pytest.raises(FetchError) as refused:
        find_stored(tmp_path, PACKAGE)
    assert refused.value.reason == "broken"


def test_leftovers_of_a_process_that_died_are_removed_once_they_are_old(tmp_path: Path) -> None:
    old, young = tmp_path / ".part-old", tmp_path / ".part-young"
    for part in (old, young):
        (part / "tree").mkdir(parents=True)
        (part / "tree").chmod(0o555)
    past = time.time() - LEFTOVER_AGE_S - 60
    os.utime(old, (past, past))
    with open_part(tmp_path):
        assert (old.exists(), young.exists()) == (False, True)


@given(
    kind=st.sampled_from(["npm", "pypi"]),
    one=st.from_regex(r"(?:@[a-z]{1,3}/)?[a-z][a-z._-]{0,4}[a-z]", fullmatch=True),
    other=st.from_regex(r"(?:@[a-z]{1,3}/)?[a-z][a-z._-]{0,4}[a-z]", fullmatch=True),
)
def test_packages_lie_inside_the_store_and_apart(kind: str, one: str, other: str) -> None:
    store = Path("/store")
    first, second = (
        place_of(store, Package(kind=kind, identifier=name, version="1.0.0")) for name in (one, other)
    )
    assert first.relative_to(store).parts[0] == kind
    assert len(first.relative_to(store).parts) == 3
    if kind == "npm":
        assert (first == second) == (one == other)


def test_a_tree_has_one_hash_whatever_the_order_of_its_files(tmp_path: Path) -> None:
    for name, order in (("one", "ab"), ("two", "ba")):
        (tmp_path / name / "folder").mkdir(parents=True)
        for letter in order:
            (tmp_path / name / "folder" / letter).write_text(letter)
    assert hash_tree(tmp_path / "one") == hash_tree(tmp_path / "two")
