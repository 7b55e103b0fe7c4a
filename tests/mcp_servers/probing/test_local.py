"""Real programs with bad habits, each in the sandbox: every probe ends within its bounds, and says why."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from mcp_servers.probing import Listing, LocalServer, ProbeError, ProbeLimits, compare_listings, probe
from mcp_servers.sandbox import NoSandbox, SandboxLimits, find_sandbox
from tests.support.availability import skip_missing
from tests.support.mcp_servers import place_fixture, write_argv

pytestmark = pytest.mark.pure

LIMITS = ProbeLimits(wall_s=20)
KINDS = ("tools", "prompts", "resources", "templates")


@pytest.fixture(autouse=True)
async def sandbox() -> None:
    found = await find_sandbox()
    if isinstance(found, NoSandbox):
        skip_missing("sandbox", found.reason)


def describe(folder: Path, behaviour: str, *capabilities: str) -> LocalServer:
    script = place_fixture(folder / "server")
    return LocalServer(
        argv=write_argv(script, behaviour), readable=(script.parent,), capabilities=capabilities
    )


async def look(folder: Path, behaviour: str, *capabilities: str, limits: ProbeLimits = LIMITS) -> Listing:
    return await probe(describe(folder, behaviour, *capabilities), limits=limits)


async def fail(folder: Path, behaviour: str, limits: ProbeLimits = LIMITS) -> ProbeError:
    with pytest.raises(ProbeError) as caught:
        await look(folder, behaviour, limits=limits)
    return caught.value


async def test_everything_it_offers_is_listed(tmp_path: Path) -> None:
    listing = await look(tmp_path, "honest")
    assert {kind: len(getattr(listing, kind)) for kind in KINDS} == {
        "tools": 2,
        "prompts": 1,
        "resources": 1,
        "templates": 1,
    }
    assert (listing.server_name, listing.server_version, listing.protocol_version) == (
        "handbook",
        "1.0.0",
        "2025-11-25",
    )
    assert listing.instructions == "Ask for pages by their number."
    assert listing.tools[0]["annotations"] == {"readOnlyHint": True}


async def test_pages_and_noise_change_nothing(tmp_path: Path) -> None:
    honest = await look(tmp_path, "honest")
    for behaviour in ("paged", "chatty"):
        assert compare_listings(honest, await look(tmp_path, behaviour)) == ()


async def test_what_the_client_can_do_is_said_as_the_engine_says_it(tmp_path: Path) -> None:
    plain = await look(tmp_path, "capabilities")
    more = await look(tmp_path, "capabilities", "roots", "sampling", "elicitation")
    assert [tool["name"] for tool in plain.tools] == ["read_page", "count_pages"]
    assert [tool["name"] for tool in more.tools][2:] == ["elicitation", "roots", "sampling"]


@pytest.mark.parametrize(
    ("behaviour", "reason", "sentence"),
    [
        ("crashing", "ended", "It ended before it had answered. It was ended by signal 6."),
        ("silent", "ended", "It ended before it had answered. It ended with exit code 3."),
        ("network", "ended", "It ended before it had answered. It ended with exit code 1."),
        ("flooding", "too_much", "It wrote too much to its output and was ended."),
        ("flooding_errors", "too_much", "It wrote too much to its error stream and was ended."),
        ("endless_line", "too_much", "It wrote too much to its output and was ended."),
        ("endless_pages", "too_much", "Its list of tools has more than 50 pages."),
        ("twice", "protocol", "It lists the tool 'read_page' twice: which one is meant can't be told."),
    ],
)
async def test_a_probe_of_a_bad_server_ends_and_says_why(
    tmp_path: Path, behaviour: str, reason: str, sentence: str
) -> None:
    error = await fail(tmp_path, behaviour)
    assert (error.reason, error.sentence) == (reason, sentence)


async def test_a_hanging_server_costs_its_time_and_no_more(tmp_path: Path) -> None:
    began_s = time.monotonic()
    error = await fail(tmp_path, "hanging", limits=ProbeLimits(wall_s=2))
    assert (error.reason, error.sentence) == ("too_slow", "It did not answer within 2 s.")
    assert time.monotonic() - began_s < 12


async def test_a_server_that_takes_all_memory_is_ended(tmp_path: Path) -> None:
    limits = ProbeLimits(wall_s=20, sandbox=SandboxLimits(memory_bytes=200 * 2**20))
    assert (await fail(tmp_path, "memory", limits=limits)).reason == "ended"


async def test_what_it_said_on_its_way_out_is_kept(tmp_path: Path) -> None:
    assert (await fail(tmp_path, "crashing")).said == "the handbook burned down\n"


async def test_it_can_read_nothing_of_the_portal(tmp_path: Path) -> None:
    said = (await look(tmp_path, "secrets")).tools[0]["description"]
    seen = dict(line.split(": ", 1) for line in said.splitlines())
    assert seen["environment"] == ""
    assert seen["/etc/shadow"] == seen["/var"] == "No such file or directory"
    assert seen["/home"] == "['sandbox']"
    assert seen["/proc/1/environ"] == "Permission denied"


async def test_a_program_that_is_no_server_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProbeError) as echo:
        await probe(LocalServer(argv=("/usr/bin/cat",)), limits=LIMITS)
    with pytest.raises(ProbeError) as missing:
        await probe(LocalServer(argv=("/usr/bin/no-such-server",)), limits=LIMITS)
    assert (echo.value.reason, missing.value.reason) == ("protocol", "not_started")


async def test_a_script_that_was_not_shown_is_named(tmp_path: Path) -> None:
    script = tmp_path / "private.py"
    script.write_text("print('x')")
    script.chmod(0o600)
    with pytest.raises(ProbeError) as caught:
        await probe(LocalServer(argv=(sys.executable, "-I", str(script))), limits=LIMITS)
    assert caught.value.sentence.endswith(f"It did not see {script}, which not every user may read.")


async def test_no_sandbox_no_probe(tmp_path: Path) -> None:
    with pytest.raises(ProbeError) as caught:
        await probe(describe(tmp_path, "honest"), sandbox=NoSandbox("There is none."))
    assert (caught.value.reason, caught.value.sentence) == ("no_sandbox", "There is none.")


async def test_a_probe_that_is_cancelled_leaves_nothing_behind(tmp_path: Path) -> None:
    steps: list[str] = []

    async def on_step(step: str) -> None:
        steps.append(step)

    task = asyncio.create_task(probe(describe(tmp_path, "hanging"), limits=LIMITS, on_step=on_step))
    async with asyncio.timeout(20):
        while "listing tools" not in steps:
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    marked = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(tmp_path) in read(path)]
    assert marked == []


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
