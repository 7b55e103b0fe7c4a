"""Runs pip, npm and the like: bounded in time, output and disk space, and never anything after its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcp_servers.fetching.packages import FetchError, FetchLimits

WATCH_INTERVAL_S = 0.5
CLOSING_TIMEOUT_S = 2.0
MAX_OUTPUT_BYTES = 1024 * 1024
# How the deployment reaches its indexes; nothing else of our environment goes on.
_PASSED_ON = re.compile(
    r"PATH|HOME|LANG|LC_[A-Z]+|(?:PIP|NPM_CONFIG|npm_config)_\w+|(?:HTTPS?|ALL|NO)_PROXY|(?:https?|all|no)_proxy"
    r"|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS|XDG_CONFIG_(?:HOME|DIRS)"
)


@dataclass(frozen=True, slots=True)
class Ended:
    """`output` is both streams together, to look into; it may name hosts, so it is never stored."""

    status: int
    output: str


def choose_environment(scratch: Path, *, leave_out: str = "-") -> dict[str, str]:
    """The variables of a fetching program; its temporary files lie in `scratch`.

    `leave_out` is how names begin that are not handed on either.
    """
    chosen = {
        name: value
        for name, value in os.environ.items()
        if _PASSED_ON.fullmatch(name) and not name.startswith(leave_out)
    }
    return {**chosen, "TMPDIR": str(scratch)}


async def run_tool(
    argv: Sequence[str | Path], *, environment: Mapping[str, str], folder: Path, limits: FetchLimits
) -> Ended:
    """Run to the end. Raises FetchError when `folder`, in which it works, grows too large."""
    process = await asyncio.create_subprocess_exec(
        *map(str, argv),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=dict(environment),
        cwd=folder,
        start_new_session=True,
    )
    watcher = asyncio.create_task(watch_size(process, folder, limits))
    try:
        output = await read_output(process)
        status = await process.wait()
    finally:
        watcher.cancel()
        kill_group(process)
        await asyncio.gather(watcher, return_exceptions=True)
        await see_off(process)
    await asyncio.to_thread(require_size, folder, limits)
    return Ended(status, output)


async def read_output(process: asyncio.subprocess.Process) -> str:
    """All of it is taken, so that nothing blocks; the first part is kept."""
    kept = bytearray()
    assert process.stdout is not None  # noqa: S101 - asked for above
    while chunk := await process.stdout.read(65536):
        kept += chunk[: MAX_OUTPUT_BYTES - len(kept)]
    return kept.decode("utf-8", "replace")


async def watch_size(process: asyncio.subprocess.Process, folder: Path, limits: FetchLimits) -> None:
    """End the process once its folder is too large; who waits for it finds the same afterwards."""
    while True:
        await asyncio.sleep(WATCH_INTERVAL_S)
        try:
            await asyncio.to_thread(require_size, folder, limits)
        except FetchError:
            kill_group(process)
            return


async def see_off(process: asyncio.subprocess.Process) -> None:
    """Read its pipe to the end, so that it is closed, also after a cut; what left its session may hold it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSING_TIMEOUT_S):
            await read_output(process)
            await process.wait()
            # The loop closes the pipe in its next turn.
            await asyncio.sleep(0)


def kill_group(process: asyncio.subprocess.Process) -> None:
    """Everything that the process has started, as long as it stays in its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def require_size(folder: Path, limits: FetchLimits) -> None:
    size = files = 0
    for place, _, names in os.walk(folder):
        for name in names:
            files += 1
            # What vanishes while we look was temporary.
            with contextlib.suppress(FileNotFoundError):
                size += os.lstat(f"{place}/{name}").st_size
    if size > limits.max_bytes:
        raise FetchError("too_large", f"With what it needs it has more than {limits.max_bytes:,} bytes.")
    if files > limits.max_files:
        raise FetchError("too_large", f"With what it needs it has more than {limits.max_files:,} files.")
