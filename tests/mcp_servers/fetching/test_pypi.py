"""Packages for Python: wheels alone, locked and whole in the store, and nothing of them runs on the way."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcp_servers.checks.package_checks import check_package, explain_no_fetch
from mcp_servers.content import McpServerContent, Package
from mcp_servers.fetching.fetch import fetch_package
from mcp_servers.fetching.packages import FetchedPackage, FetchError, FetchLimits
from tests.mcp_servers.fetching.indexes import make_sdist, make_wheel

pytestmark = pytest.mark.pure

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that pip knows in this test."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in list(os.environ):
        if name.upper().startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def ask(
    identifier: str = "server-x", version: str = "1.0", *arguments: str, entry_point: str = ""
) -> McpServerContent:
    package = Package(kind="pypi", identifier=identifier, version=version, entry_point=entry_point)
    return McpServerContent(name="x", package=package, arguments=arguments)


async def refuse(content: McpServerContent, store: Path, **limits: float) -> FetchError:
    """The error of a fetch that leaves nothing behind."""
    with pytest.raises(FetchError) as refused:
        await fetch_package(content, store, limits=FetchLimits(**limits))  # type: ignore[arg-type]
    assert list_files(store) == []
    return refused.value


def list_files(store: Path) -> list[str]:
    return sorted(path.name for path in store.rglob("*")) if store.exists() else []


def start(fetched: FetchedPackage) -> str:
    """What the program prints, started with an empty environment as a server is."""
    ended = subprocess.run(
        fetched.argv, env={}, cwd="/", capture_output=True, text=True, check=True, timeout=60
    )
    return ended.stdout.strip()


async def test_a_package_is_fetched_locked_and_started_without_a_launcher(index: Path, store: Path) -> None:
    make_wheel(index, "needed", "2.0")
    make_wheel(index, "server-x", needs=("needed>=1",))
    fetched = await fetch_package(ask("Server_X", "1.0", "--a", "b c"), store)
    folder = Path(fetched.folder)
    assert fetched.argv == (
        str(folder / "bin" / "python"),
        "-I",
        str(folder / "programs" / "server-x.py"),
        "--a",
        "b c",
    )
    assert folder.relative_to(store).parts == (
        *("pypi", "server-x", "1.0"),
        fetched.artefact_hash.removeprefix("sha256:"),
    )
    assert [line.partition(" --hash=sha256:")[0] for line in fetched.lock.splitlines()] == [
        "needed==2.0",
        "server-x==1.0",
    ]
    assert start(fetched) == "started"
    results = check_package(ask("Server_X"), fetched, now=NOW)
    assert [(result.name, result.outcome) for result in results] == [
        ("package_metadata", "passed"),
        ("artefact_hash", "passed"),
        ("install_scripts", "passed"),
        ("licence", "passed"),
        ("yanked", "passed"),
        ("age", "not_checked"),
        ("vulnerabilities", "not_checked"),
        ("provenance", "not_checked"),
    ]


async def test_what_the_store_has_needs_no_index(
    index: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(index, "server-x")
    first = await fetch_package(ask(), store)
    monkeypatch.setenv("PIP_FIND_LINKS", "/nonexistent")
    again = await fetch_package(ask("server-x", "1.0", "other"), store, artefact_hash=first.artefact_hash)
    assert (again.is_from_store, again.argv[:3], again.argv[3:]) == (True, first.argv, ("other",))
    assert (again.lock, again.tree_hash, again.metadata) == (first.lock, first.tree_hash, first.metadata)


async def test_nobody_can_write_to_what_is_stored_and_everybody_can_read_it(index: Path, store: Path) -> None:
    make_wheel(index, "server-x")
    folder = Path((await fetch_package(ask(), store)).folder)
    modes = {
        (path.is_dir(), oct(path.stat().st_mode & 0o777))
        for path in [folder, *folder.rglob("*")]
        if not path.is_symlink()
    }
    assert modes == {(True, "0o555"), (False, "0o444"), (False, "0o555")}


async def test_a_stored_copy_that_was_changed_is_never_used(index: Path, store: Path) -> None:
    make_wheel(index, "server-x")
    program = Path((await fetch_package(ask(), store)).argv[2])
    program.chmod(0o644)
    program.write_text("print('swapped')\n")
    with pytest.raises(FetchError) as refused:
        await fetch_package(ask(), store)
    assert (refused.value.reason, "was changed after it was fetched" in refused.value.sentence) == (
        "broken",
        True,
    )


async def test_another_artefact_under_the_same_version_is_not_the_one_that_was_asked_for(
    index: Path, store: Path
) -> None:
    make_wheel(index, "server-x")
    first = await fetch_package(ask(), store)
    make_wheel(index, "server-x", files={"other.py": b"x = 1\n"})
    assert (await fetch_package(ask(), store)).artefact_hash == first.artefact_hash
    with pytest.raises(FetchError) as refused:
        await fetch_package(ask(), store, artefact_hash="sha256:" + "0" * 64)
    assert refused.value.reason == "wrong_hash"


async def test_sources_alone_are_a_finding_and_are_not_built(
    index: Path, store: Path, tmp_path: Path
) -> None:
    make_sdist(index, "server-x", tmp_path / "built")
    error = await refuse(ask(), store)
    assert (error.reason, (tmp_path / "built").exists()) == ("source_only", False)
    first, *others = explain_no_fetch(error)
    assert (first.outcome, first.severity) == ("finding", "blocking")
    assert {result.outcome for result in others} == {"not_checked"}


async def test_something_needed_that_has_sources_alone_is_not_built_either(
    index: Path, store: Path, tmp_path: Path
) -> None:
    make_sdist(index, "needed", tmp_path / "built")
    make_wheel(index, "server-x", needs=("needed",))
    error = await refuse(ask(), store)
    assert (error.reason, (tmp_path / "built").exists()) == ("source_only", False)
    assert "needed" in error.sentence


async def test_an_address_of_sources_in_a_package_is_not_built(
    index: Path, store: Path, tmp_path: Path
) -> None:
    """Such ones are built whatever is said about binaries; here pip can start no process."""
    sources = make_sdist(tmp_path, "evil", tmp_path / "built")
    make_wheel(index, "server-x", needs=(f"evil @ {sources.as_uri()}",))
    error = await refuse(ask(), store)
    assert (error.reason, (tmp_path / "built").exists()) == ("foreign_source", False)


async def test_a_wheel_from_an_address_of_its_own_is_refused(
    index: Path, store: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    wheel = make_wheel(elsewhere, "evil")
    make_wheel(index, "server-x", needs=(f"evil @ {wheel.as_uri()}",))
    assert (await refuse(ask(), store)).reason == "foreign_source"


async def test_programs_that_are_none_are_not_made(index: Path, store: Path) -> None:
    lines = (
        "[gui_scripts]",
        "server-x = server_x:main",
        "[console_scripts]",
        "../../../evil = server_x:main",
        "two = server_x:main; import os",
        "called = os:system('id')",
        "# commented = server_x:main",
    )
    make_wheel(index, "server-x", entry_points="\n".join(lines))
    assert (await refuse(ask(), store)).reason == "no_program"


async def test_a_wheel_that_can_not_be_installed_leaves_nothing(index: Path, store: Path) -> None:
    make_wheel(index, "server-x", entry_points="[console_scripts]\nserver-x = server_x\n")
    assert (await refuse(ask(), store)).reason == "broken"


async def test_of_several_programs_one_has_to_be_named(index: Path, store: Path) -> None:
    both = "[console_scripts]\nfirst = server_x:main\nsecond = server_x:main\n"
    make_wheel(index, "server-x", entry_points=both)
    for wanted in ("", "third"):
        with pytest.raises(FetchError) as refused:
            await fetch_package(ask(entry_point=wanted), store)
        assert refused.value.reason == "no_program"
    named = await fetch_package(ask(entry_point="second"), store)
    assert Path(named.argv[2]).name == "second.py"


async def test_files_that_run_at_every_start_are_named(index: Path, store: Path) -> None:
    make_wheel(index, "server-x", files={"evil.pth": b"import os\n"})
    fetched = await fetch_package(ask(), store)
    result = check_package(ask(), fetched, now=NOW)[2]
    assert (result.outcome, result.severity, result.details) == ("finding", "low", {"files": ["evil.pth"]})


async def test_a_package_that_is_not_there_leaves_nothing(index: Path, store: Path) -> None:
    assert (await refuse(ask(), store)).reason == "no_such_package"
    make_wheel(index, "server-x")
    assert (await refuse(ask(version="2.0"), store)).reason == "no_such_package"


async def test_an_index_that_can_not_be_reached_is_said_to_be_so(
    index: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    error = await refuse(ask(), store)
    assert (error.reason, "127.0.0.1" in error.sentence) == ("no_network", False)
    assert explain_no_fetch(error)[0].outcome == "not_checked"


@pytest.mark.parametrize("version", ["", "1.*", ">=1", "latest"])
async def test_a_range_is_not_fetched(index: Path, store: Path, version: str) -> None:
    make_wheel(index, "server-x")
    assert (await refuse(ask(version=version), store)).reason == "not_exact"


async def test_a_package_that_is_too_large_is_dropped(index: Path, store: Path) -> None:
    make_wheel(index, "server-x", files={"large.bin": os.urandom(400_000)})
    assert (await refuse(ask(), store, max_bytes=200_000)).reason == "too_large"
    assert (await refuse(ask(), store, max_files=3)).reason == "too_large"


async def test_a_fetch_that_takes_too_long_is_cut_off_and_leaves_nothing(index: Path, store: Path) -> None:
    make_wheel(index, "server-x")
    assert (await refuse(ask(), store, timeout_s=0.05)).reason == "too_slow"


async def test_a_fetch_that_is_called_off_leaves_nothing(index: Path, store: Path) -> None:
    make_wheel(index, "server-x")
    fetching = asyncio.create_task(fetch_package(ask(), store))
    while not list_files(store) and not fetching.done():
        await asyncio.sleep(0.01)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert list_files(store) == []


async def test_two_fetches_of_the_same_package_end_in_one_copy(index: Path, store: Path) -> None:
    make_wheel(index, "server-x")
    first, second = await asyncio.gather(fetch_package(ask(), store), fetch_package(ask(), store))
    assert (first.argv, first.tree_hash) == (second.argv, second.tree_hash)
    assert [path.name for path in store.iterdir()] == ["pypi"]


async def test_an_archive_that_says_it_is_another_package_is_found(index: Path, store: Path) -> None:
    make_wheel(index, "server-x")
    fetched = await fetch_package(ask(), store)
    swapped = FetchedPackage(
        argv=fetched.argv,
        folder=fetched.folder,
        artefact_hash=fetched.artefact_hash,
        tree_hash=fetched.tree_hash,
        lock=fetched.lock,
        metadata={**fetched.metadata, "name": "another"},
    )
    result = check_package(ask(), swapped, now=NOW)[0]
    assert (result.outcome, result.severity) == ("finding", "blocking")


async def test_the_environment_of_the_portal_does_not_reach_pip(
    index: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mcp_servers.fetching.processes import choose_environment

    monkeypatch.setenv("SECRET_KEY", "hidden")
    monkeypatch.setenv("DATABASE_URL", "hidden")
    chosen = choose_environment(store)
    assert "hidden" not in json.dumps(chosen)
    assert (chosen["PIP_FIND_LINKS"], chosen["TMPDIR"]) == (str(index), str(store))
