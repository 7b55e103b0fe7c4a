"""The store of fetched packages: one folder for each (package, version, artefact), whole or not there at all.

A folder is made beside its place and renamed when it is complete; then nobody may write to it. What is in it
is held against its hash whenever it is used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from events.canonical import canonical_json
from mcp_servers.content import Package
from mcp_servers.fetching.packages import FetchError

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 1
_PART_PREFIX = ".part-"
_HASH = re.compile(r"[0-9a-f]{64}")
# A fetch that was cut off with its process leaves its folder; no fetch takes this long.
LEFTOVER_AGE_S = 6 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is known of a stored package. `programs` are paths inside its folder, by name."""

    runner: str
    programs: Mapping[str, str]
    artefact_hash: str
    lock: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    has_install_scripts: tuple[str, ...] = ()
    released_at: str | None = None
    licence: str = ""
    is_yanked: bool | None = None
    tree_hash: str = ""

    def write(self) -> str:
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return canonical_json({"format": MANIFEST_FORMAT, **values})

    @classmethod
    def read(cls, text: str) -> Manifest:
        """Raises ValueError for what is no manifest of ours."""
        raw = json.loads(text)
        if not isinstance(raw, dict) or raw.pop("format", None) != MANIFEST_FORMAT:
            raise ValueError("no manifest of this format")
        try:
            return cls(**{**raw, "has_install_scripts": tuple(raw["has_install_scripts"])})
        except (TypeError, KeyError) as error:
            raise ValueError("no manifest of this format") from error


def place_of(store: Path, package: Package) -> Path:
    """Where the versions' artefacts lie: names that lead nowhere else, and differ where the packages do."""
    name = package.identifier
    if package.kind == "pypi":
        name = re.sub(r"[-_.]+", "-", name).lower()
    return store / package.kind / name.replace("/", "+") / package.version


def find_stored(store: Path, package: Package, artefact_hash: str = "") -> tuple[Path, Manifest] | None:
    """The stored folder of this exact package, with that artefact when one is named; None for none.

    Raises FetchError when what lies there is not what was stored.
    """
    place = place_of(store, package)
    wanted = artefact_hash.removeprefix("sha256:")
    found = sorted(path for path in place.iterdir() if _HASH.fullmatch(path.name)) if place.is_dir() else []
    folder = next((path for path in found if not wanted or path.name == wanted), None)
    if folder is None:
        return None
    try:
        manifest = Manifest.read((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise describe_change(folder) from None
    if manifest.artefact_hash != f"sha256:{folder.name}" or hash_tree(folder) != manifest.tree_hash:
        raise describe_change(folder)
    return folder, manifest


def describe_change(folder: Path) -> FetchError:
    where = "/".join(folder.parts[-4:])
    return FetchError("broken", f"The stored copy {where} was changed after it was fetched; remove it.")


@contextlib.contextmanager
def open_part(store: Path) -> Iterator[Path]:
    """A folder in the store that nobody else sees; whatever is left of it in the end is removed."""
    store.mkdir(parents=True, exist_ok=True)
    remove_leftovers(store)
    part = Path(tempfile.mkdtemp(prefix=_PART_PREFIX, dir=store))
    try:
        yield part
    finally:
        remove_folder(part)


def remove_leftovers(store: Path) -> None:
    for part in store.glob(f"{_PART_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - part.stat().st_mtime > LEFTOVER_AGE_S:
                remove_folder(part)


def remove_folder(folder: Path) -> None:
    for place, names, _ in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if not path.is_symlink():
                path.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)


def publish(tree: Path, store: Path, package: Package, manifest: Manifest) -> None:
    """Put the finished tree in its place, read-only. Another fetch that was quicker stays."""
    final = find_final(store, package, manifest.artefact_hash)
    complete = Manifest(
        **{name: getattr(manifest, name) for name in manifest.__dataclass_fields__ if name != "tree_hash"},
        tree_hash=hash_tree(tree),
    )
    (tree / MANIFEST).write_text(complete.write(), encoding="utf-8")
    seal_tree(tree)
    final.parent.mkdir(parents=True, exist_ok=True)
    # A folder that can't be written to can't be renamed by anybody but root.
    tree.chmod(0o755)
    try:
        tree.rename(final)
    except OSError:
        if not (final / MANIFEST).is_file():
            raise
        return
    final.chmod(0o555)


def find_final(store: Path, package: Package, artefact_hash: str) -> Path:
    return place_of(store, package) / artefact_hash.removeprefix("sha256:")


def seal_tree(tree: Path) -> None:
    """Readable for everybody, since a server runs as a user of its own; writable for nobody."""
    for place, folders, files in os.walk(tree):
        for name in (*folders, *files):
            path = Path(place, name)
            if not path.is_symlink():
                is_open = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                path.chmod(0o555 if is_open else 0o444)


def hash_tree(tree: Path) -> str:
    """SHA-256 over every path, whether it may be executed, and its content; the manifest apart."""
    total = hashlib.sha256()
    for path in sorted(tree.rglob("*"), key=lambda path: path.relative_to(tree).as_posix()):
        name = path.relative_to(tree).as_posix()
        if name == MANIFEST or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink():
            what = f"link {path.readlink()}"
        else:
            mode = "program" if path.stat().st_mode & stat.S_IXUSR else "file"
            what = f"{mode} {hash_file(path)}"
        total.update(canonical_json([name, what]).encode())
    return f"sha256:{total.hexdigest()}"


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
