"""Packages of npm: no script runs, every archive is held to its hash, and no address is kept."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcp_servers.checks.package_checks import check_package
from mcp_servers.content import McpServerContent, Package
from mcp_servers.fetching.fetch import fetch_package
from mcp_servers.fetching.packages import FetchedPackage, FetchError, FetchLimits
from tests.mcp_servers.fetching.indexes import NpmIndex, open_npm_index

# It needs node, as the engine does.
pytestmark = [pytest.mark.pure, pytest.mark.engine]

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NpmIndex]:
    """The only registry that npm knows in this test."""
    for name in list(os.environ):
        if name.lower().startswith("npm_config_"):
            monkeypatch.delenv(name)
    with open_npm_index() as made:
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", made.url)
        monkeypatch.setenv("NPM_CONFIG_USERCONFIG", str(tmp_path / "user"))
        monkeypatch.setenv("NPM_CONFIG_GLOBALCONFIG", str(tmp_path / "global"))
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def ask(identifier: str = "@scope/server-x", version: str = "1.0.0", *arguments: str) -> McpServerContent:
    package = Package(kind="npm", identifier=identifier, version=version)
    return McpServerContent(name="x", package=package, arguments=arguments)


def start(fetched: FetchedPackage) -> str:
    """What the program prints, started with an empty environment as a server is."""
    ended = subprocess.run(fetched.argv, env={}, capture_output=True, text=True, check=True, timeout=60)
    return ended.stdout


def list_files(store: Path) -> list[str]:
    return sorted(path.name for path in store.rglob("*")) if store.exists() else []


async def refuse(store: Path, content: McpServerContent | None = None, **limits: float) -> FetchError:
    """The error of a fetch that leaves nothing behind."""
    with pytest.raises(FetchError) as refused:
        await fetch_package(content or ask(), store, limits=FetchLimits(**limits))  # type: ignore[arg-type]
    assert list_files(store) == []
    return refused.value


async def test_a_package_is_fetched_locked_and_started_without_a_launcher(
    index: NpmIndex, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add("needed", "2.1.0")
    index.add("@scope/server-x", dependencies={"needed": "^2.0.0"})
    fetched = await fetch_package(ask("@scope/server-x", "1.0.0", "--a", "b c"), store)
    node, program, *arguments = fetched.argv
    assert (Path(node).name, Path(node).is_absolute(), arguments) == ("node", True, ["--a", "b c"])
    assert Path(program).relative_to(store).parts == (
        *("npm", "@scope+server-x", "1.0.0", fetched.artefact_hash.removeprefix("sha256:")),
        *("node_modules", "@scope", "server-x", "index.js"),
    )
    assert [line.rpartition(" ")[0] for line in fetched.lock.splitlines()] == [
        "node_modules/@scope/server-x 1.0.0",
        "node_modules/needed 2.1.0",
    ]
    assert start(fetched) == "started\n"
    results = check_package(ask(), fetched, now=NOW)
    assert [(result.name, result.outcome) for result in results] == [
        ("package_metadata", "passed"),
        ("artefact_hash", "passed"),
        ("install_scripts", "passed"),
        ("licence", "passed"),
        ("yanked", "passed"),
        ("age", "passed"),
        ("vulnerabilities", "not_checked"),
        ("provenance", "not_checked"),
    ]
    host = index.url.removeprefix("http://").encode()
    kept = [path for path in store.rglob("*") if path.is_file() and host in path.read_bytes()]
    assert kept == []
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9")
    assert (await fetch_package(ask(), store)).is_from_store is True


async def test_install_scripts_are_named_and_never_run(index: NpmIndex, store: Path, tmp_path: Path) -> None:
    mark = f"touch {tmp_path / 'ran'}"
    scripts = dict.fromkeys(("preinstall", "install", "postinstall", "prepare", "prepack"), mark)
    index.add("needed", scripts=scripts)
    index.add("@scope/server-x", scripts=scripts, dependencies={"needed": "1.0.0"})
    fetched = await fetch_package(ask(), store)
    assert ((tmp_path / "ran").exists(), fetched.has_install_scripts) == (
        False,
        ("@scope/server-x", "needed"),
    )
    result = check_package(ask(), fetched, now=NOW)[2]
    assert (result.name, result.outcome, result.severity) == ("install_scripts", "finding", "high")


async def test_an_archive_that_does_not_fit_its_hash_is_refused(index: NpmIndex, store: Path) -> None:
    index.add("@scope/server-x", integrity="sha512-" + "A" * 86 + "==")
    assert (await refuse(store)).reason == "wrong_hash"


async def test_what_comes_from_an_address_or_a_repository_is_refused(
    index: NpmIndex, store: Path, tmp_path: Path
) -> None:
    index.add("@scope/server-x", dependencies={"evil": f"git+file://{tmp_path}"})
    assert (await refuse(store)).reason in {"foreign_source", "broken"}
    with open_npm_index() as elsewhere:
        elsewhere.add("evil")
        address = f"{elsewhere.url}/evil/-/evil-1.0.0.tgz"
        index.add("@scope/server-x", dependencies={"evil": address})
        assert (await refuse(store)).reason == "foreign_source"


async def test_programs_outside_of_the_package_are_none(index: NpmIndex, store: Path) -> None:
    outside = {"up": "../../../../../../bin/sh", "absolute": "/bin/sh", "missing": "missing.js", "empty": ""}
    index.add("@scope/server-x", bin=outside)
    assert (await refuse(store)).reason == "no_program"


async def test_a_deprecated_version_and_a_young_one_are_found(index: NpmIndex, store: Path) -> None:
    index.add("@scope/server-x", deprecated="Use something else")
    fetched = await fetch_package(ask(), store)
    results = check_package(ask(), fetched, now=datetime(2026, 1, 3, tzinfo=UTC))
    assert [(item.name, item.severity) for item in results if item.outcome == "finding"] == [
        ("yanked", "high"),
        ("age", "high"),
    ]


async def test_a_package_that_is_not_there_leaves_nothing(index: NpmIndex, store: Path) -> None:
    assert (await refuse(store)).reason == "no_such_package"
    index.add("@scope/server-x")
    assert (await refuse(store, ask(version="3.0.0"))).reason == "no_such_package"


async def test_an_index_that_can_not_be_reached_is_said_to_be_so(
    index: NpmIndex, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9")
    error = await refuse(store)
    assert (error.reason, "127.0.0.1" in error.sentence) == ("no_network", False)


async def test_an_archive_that_never_comes_ends_the_fetch_and_leaves_nothing(
    index: NpmIndex, store: Path
) -> None:
    index.add("@scope/server-x")
    index.hangs.add("@scope/server-x")
    assert (await refuse(store, timeout_s=6)).reason == "too_slow"


async def test_a_fetch_that_is_called_off_leaves_no_process_and_no_file(index: NpmIndex, store: Path) -> None:
    index.add("@scope/server-x")
    index.hangs.add("@scope/server-x")
    fetching = asyncio.create_task(fetch_package(ask(), store))
    while not any(path.endswith(".tgz") for path in index.asked) and not fetching.done():
        await asyncio.sleep(0.02)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert (list_files(store), find_processes(str(store))) == ([], [])


def find_processes(text: str) -> list[str]:
    """The command lines of running processes that name `text`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


async def test_a_package_that_is_too_large_is_dropped(index: NpmIndex, store: Path) -> None:
    index.add("@scope/server-x", files={"large.bin": os.urandom(2_000_000)})
    assert (await refuse(store, max_bytes=1_000_000)).reason == "too_large"
