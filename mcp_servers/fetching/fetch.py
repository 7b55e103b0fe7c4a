"""Gets what a server runs: from the store, else from the deployment's own package index into the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from mcp_servers.checks.pinned import is_exact
from mcp_servers.content import McpServerContent, Package
from mcp_servers.fetching import npm, pypi
from mcp_servers.fetching.interpreters import find_node
from mcp_servers.fetching.packages import FetchedPackage, FetchError, FetchLimits
from mcp_servers.fetching.programs import read_program
from mcp_servers.fetching.store import Manifest, find_stored, open_part, publish

DEFAULT_LIMITS = FetchLimits()
_FETCHERS: Mapping[str, Callable[[Package, Path, Path, FetchLimits], Awaitable[Manifest]]] = {
    "pypi": pypi.fetch,
    "npm": npm.fetch,
}


async def fetch_package(
    content: McpServerContent, store: Path, *, limits: FetchLimits = DEFAULT_LIMITS, artefact_hash: str = ""
) -> FetchedPackage:
    """What `content` starts, ready in `store`; a stored one needs no network. None of its code runs.

    With `artefact_hash` ("sha256:…") only that very artefact will do. Raises FetchError, and then nothing of
    the fetch is left.
    """
    if content.is_remote:
        raise FetchError("not_fetchable", "A remote server has nothing to fetch.")
    if content.package is None:
        return await asyncio.to_thread(read_program, content, limits)
    package = content.package
    if package.kind not in _FETCHERS:
        raise FetchError("not_fetchable", "Images are not fetched here; what runs them does that.")
    if not is_exact(package):
        raise FetchError("not_exact", "Only one exact version can be fetched.")
    if not store.is_absolute():
        raise ValueError("the store is an absolute path: what is started from it is named by it")
    stored = await asyncio.to_thread(find_stored, store, package, artefact_hash)
    if stored is not None:
        return describe(content, *stored, is_from_store=True)
    await fill_store(package, store, limits)
    stored = await asyncio.to_thread(find_stored, store, package, artefact_hash)
    if stored is None:
        raise FetchError(
            "wrong_hash", "The index has another artefact under this version than was asked for."
        )
    return describe(content, *stored, is_from_store=False)


async def fill_store(package: Package, store: Path, limits: FetchLimits) -> None:
    try:
        async with asyncio.timeout(limits.timeout_s):
            with open_part(store) as part:
                manifest = await _FETCHERS[package.kind](package, part, store, limits)
                if not manifest.programs:
                    raise FetchError("no_program", "The package has no program that could be started.")
                await asyncio.to_thread(publish, part / "tree", store, package, manifest)
    except TimeoutError:
        raise FetchError("too_slow", f"It was not fetched within {limits.timeout_s:g} s.") from None


def describe(
    content: McpServerContent, folder: Path, manifest: Manifest, *, is_from_store: bool
) -> FetchedPackage:
    return FetchedPackage(
        argv=(*list_command(content.package, folder, manifest), *content.arguments),
        folder=str(folder),
        artefact_hash=manifest.artefact_hash,
        tree_hash=manifest.tree_hash,
        lock=manifest.lock,
        metadata=manifest.metadata,
        has_install_scripts=manifest.has_install_scripts,
        released_at=manifest.released_at,
        licence=manifest.licence,
        is_yanked=manifest.is_yanked,
        is_from_store=is_from_store,
    )


def list_command(package: Package | None, folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """The interpreter and the program, by absolute paths: no launcher looks anything up when it starts."""
    program = str(folder / choose_program(package, manifest))
    if manifest.runner == "node":
        return (str(find_node()), program)
    # Isolated: variables and files around it change nothing of what is loaded.
    return (str(folder / "bin" / "python"), "-I", program)


def choose_program(package: Package | None, manifest: Manifest) -> str:
    """The named one, the only one, or the one of the package's own name. Raises FetchError."""
    programs = manifest.programs
    if package is None:
        raise FetchError("no_program", "There is no package.")
    if package.entry_point:
        if package.entry_point in programs:
            return programs[package.entry_point]
        raise FetchError(
            "no_program", f"It has no program {package.entry_point}; it has {', '.join(programs)}."
        )
    if len(programs) == 1:
        return next(iter(programs.values()))
    name = package.identifier.rpartition("/")[2]
    if name in programs:
        return programs[name]
    raise FetchError("no_program", f"It has several programs; name one of {', '.join(sorted(programs))}.")
