"""Fetches a package of npm with everything it needs: scripts are ignored, each archive held to its hash."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mcp_servers.content import Package
from mcp_servers.fetching.interpreters import find_node, find_npm
from mcp_servers.fetching.packages import FetchError, FetchLimits
from mcp_servers.fetching.processes import Ended, choose_environment, run_tool
from mcp_servers.fetching.store import Manifest, hash_file

_CODE = re.compile(r"npm (?:ERR!|error) code (E[A-Z0-9_]+)")
_NO_NETWORK = frozenset(
    {
        *("ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH"),
        *("ERR_SOCKET_TIMEOUT", "ENOTCACHED", "SELF_SIGNED_CERT_IN_CHAIN", "E500", "E502", "E503", "E504"),
    }
)
_PROGRAM_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
MAX_JSON_BYTES = 32 * 1024 * 1024


async def fetch(package: Package, part: Path, _store: Path, limits: FetchLimits) -> Manifest:
    """Fill `part`/tree. Raises FetchError."""
    tree = part / "tree"
    tree.mkdir()
    spec = f"{package.identifier}@{package.version}"
    await require_success(
        await run_npm(("install", "--save-exact", "--prefix", str(tree), spec), part, limits)
    )
    entries = read_lock(tree)
    root = entries.get(f"node_modules/{package.identifier}")
    if root is None:
        raise FetchError("broken", "Among what was installed the package itself is missing.")
    refuse_foreign_sources(entries, root)
    artefact_hash = await hash_archive(spec, root, part, limits)
    tidy_tree(tree)
    described = read_json(tree / "node_modules" / package.identifier / "package.json")
    published = await view(spec, part, limits)
    return Manifest(
        runner="node",
        programs=list_programs(described, package.identifier, tree),
        artefact_hash=artefact_hash,
        lock=write_lock(entries),
        metadata={**describe(described), **describe_lock(entries)},
        has_install_scripts=tuple(
            sorted(
                path.rpartition("node_modules/")[2]
                for path, entry in entries.items()
                if entry.get("hasInstallScript")
            )
        ),
        released_at=read_release(published, package.version),
        licence=read_licence(described),
        is_yanked=None if published is None else bool(published.get("deprecated")),
    )


async def run_npm(arguments: tuple[str, ...], part: Path, limits: FetchLimits) -> Ended:
    """No scripts, no git (whose own settings a package could bring along), no cache of anybody else's."""
    scratch = part / "scratch"
    scratch.mkdir(exist_ok=True)
    bounds = (
        *("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--no-workspaces"),
        *("--omit-lockfile-registry-resolved", "--omit=dev", "--package-lock", "--no-color"),
        *("--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"),
        *("--fetch-timeout=30000", "--git=/nonexistent/git", f"--cache={part / 'cache'}"),
    )
    environment = choose_environment(scratch)
    environment["PATH"] = f"{find_node().parent}:{environment.get('PATH', '/usr/bin:/bin')}"
    return await run_tool(
        (*find_npm(), *arguments, *bounds), environment=environment, folder=part, limits=limits
    )


async def require_success(ended: Ended) -> None:
    if ended.status == 0:
        return
    code = match[1] if (match := _CODE.search(ended.output)) else ""
    if code in {"E404", "ETARGET", "ENOVERSIONS"}:
        raise FetchError("no_such_package", "The package index has no such package or version.")
    if code == "EINTEGRITY":
        raise FetchError("wrong_hash", "An archive does not fit the hash that the index names for it.")
    if code in _NO_NETWORK or "ERR_SOCKET" in ended.output:
        raise FetchError("no_network", "The package index can't be reached.")
    if "/nonexistent/git" in ended.output:
        raise FetchError("foreign_source", "It needs something from a repository of sources.")
    raise FetchError("broken", "npm could not put together what the package needs.")


def read_json(path: Path) -> dict[str, Any]:
    """Raises FetchError for what is no JSON object of a sane size."""
    try:
        if path.is_symlink() or path.stat().st_size > MAX_JSON_BYTES:
            raise FetchError("too_large", f"{path.name} of the package is too large.")
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise FetchError("broken", f"{path.name} of the package can't be read.") from error
    if not isinstance(value, dict):
        raise FetchError("broken", f"{path.name} of the package can't be read.")
    return value


def read_lock(tree: Path) -> dict[str, dict[str, Any]]:
    """The locked packages by their place in the tree."""
    packages = read_json(tree / "package-lock.json").get("packages")
    if not isinstance(packages, dict):
        raise FetchError("broken", "npm wrote no lock of what it installed.")
    return {path: entry for path, entry in packages.items() if path and isinstance(entry, dict)}


def refuse_foreign_sources(entries: Mapping[str, dict[str, Any]], root: Mapping[str, Any]) -> None:
    """Everything comes from where the package itself comes from: no addresses, repositories or links."""
    ours = urlsplit(str(root.get("resolved") or "")).netloc
    for path, entry in entries.items():
        resolved = str(entry.get("resolved") or "")
        if entry.get("link") or (resolved and urlsplit(resolved).netloc != ours):
            name = path.rpartition("node_modules/")[2]
            raise FetchError("foreign_source", f"{name[:100]} comes from an address of its own.")


async def hash_archive(spec: str, root: Mapping[str, Any], part: Path, limits: FetchLimits) -> str:
    """SHA-256 of the package's own archive, which has to be the one that was installed."""
    folder = part / "archive"
    folder.mkdir()
    await require_success(await run_npm(("pack", "--pack-destination", str(folder), spec), part, limits))
    archives = sorted(folder.glob("*.tgz"))
    if len(archives) != 1:
        raise FetchError("broken", "The package's own archive was not to be had.")
    if not fits(archives[0], str(root.get("integrity") or "")):
        raise FetchError("wrong_hash", "The package's archive does not fit the hash that it is locked with.")
    return f"sha256:{hash_file(archives[0])}"


def fits(archive: Path, integrity: str) -> bool:
    """Whether a strong hash of the integrity text is the archive's. Weak or missing ones never fit."""
    for item in integrity.split():
        name, _, expected = item.partition("-")
        if name in {"sha512", "sha384", "sha256"}:
            digest = hashlib.new(name, archive.read_bytes()).digest()
            return base64.b64encode(digest).decode() == expected.partition("?")[0]
    return False


def tidy_tree(tree: Path) -> None:
    """Only packages stay: links to programs, and files that name where things came from, go."""
    for path in (tree / "package.json", tree / "package-lock.json"):
        path.unlink(missing_ok=True)
    for path in [*tree.rglob(".bin"), *tree.rglob(".package-lock.json")]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for path in tree.rglob("*"):
        if path.is_symlink() and not path.resolve().is_relative_to(tree.resolve()):
            raise FetchError("broken", "It holds a link that leads out of it.")


def list_programs(described: Mapping[str, Any], identifier: str, tree: Path) -> dict[str, str]:
    """The package's programs: paths inside the tree that are there."""
    named = described.get("bin")
    if isinstance(named, str):
        named = {identifier.rpartition("/")[2]: named}
    folder = tree / "node_modules" / identifier
    found: dict[str, str] = {}
    for name, target in (named if isinstance(named, dict) else {}).items():
        path = (folder / str(target)).resolve()
        is_inside = path.is_relative_to(folder.resolve())
        if _PROGRAM_NAME.fullmatch(str(name)) and is_inside and path.is_file():
            found[name] = path.relative_to(tree.resolve()).as_posix()
    return found


def write_lock(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """One line for each archive: its place, version and hash; never an address."""
    lines = (
        f"{path} {entry.get('version', '')} {entry.get('integrity', '')}".rstrip()
        for path, entry in sorted(entries.items())
    )
    return "".join(f"{line}\n" for line in lines)


def describe_lock(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    # What a package bundles is inside its own archive, and so covered by that one's hash.
    unlocked = [
        path for path, entry in entries.items() if not (entry.get("integrity") or entry.get("inBundle"))
    ]
    return {
        "dependencies": len(entries) - 1,
        "without_integrity": sorted(path.rpartition("node_modules/")[2] for path in unlocked),
    }


def describe(described: Mapping[str, Any]) -> dict[str, Any]:
    author = described.get("author")
    name = author.get("name") if isinstance(author, dict) else author
    return {
        "name": str(described.get("name") or ""),
        "version": str(described.get("version") or ""),
        "summary": str(described.get("description") or "")[:500],
        "author": str(name or "")[:200],
    }


def read_licence(described: Mapping[str, Any]) -> str:
    licence = described.get("license")
    if isinstance(licence, dict):
        licence = licence.get("type")
    return str(licence or "")[:200]


async def view(spec: str, part: Path, limits: FetchLimits) -> dict[str, Any] | None:
    """What the index says of the release; None when it says nothing that can be read."""
    ended = await run_npm(("view", spec, "--json", "name", "time", "deprecated"), part, limits)
    try:
        # Warnings may stand on both sides of it.
        start = ended.output.index("{")
        value = json.JSONDecoder().raw_decode(ended.output, start)[0] if ended.status == 0 else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def read_release(published: Mapping[str, Any] | None, version: str) -> str | None:
    times = (published or {}).get("time")
    released = times.get(version) if isinstance(times, dict) else None
    return (
        released if isinstance(released, str) and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T", released) else None
    )
