"""Whether this machine can put a program into a sandbox: found out by doing it once."""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
import sys
from pathlib import Path

from django.conf import settings

from mcp_servers.sandbox.interface import NoSandbox, SandboxError, Task
from mcp_servers.sandbox.namespaces import Sandbox

TRY_WITHIN_S = 10.0
NEEDS_ROOT = (
    "A sandbox needs namespaces and a user of its own, which only root can give: "
    "this portal runs as an ordinary user."
)


async def find_sandbox() -> Sandbox | NoSandbox:
    """The machine's sandbox, never a weaker one. Tried once in each process."""
    global _found  # noqa: PLW0603 - a fact of the machine
    if _found is None:
        _found = await try_sandbox(Sandbox(hidden=list_hidden()))
    return _found


_found: Sandbox | NoSandbox | None = None


async def try_sandbox(sandbox: Sandbox) -> Sandbox | NoSandbox:
    if not sys.platform.startswith("linux"):
        return NoSandbox("A sandbox needs the namespaces of Linux.")
    if os.geteuid() != 0:
        return NoSandbox(NEEDS_ROOT)
    program = shutil.which("true", path="/usr/bin:/bin")
    if program is None:
        return NoSandbox("There is no program to try the sandbox with.")
    try:
        async with asyncio.timeout(TRY_WITHIN_S), sandbox.run(Task((program,))) as running:
            await running.process.wait()
            verdict = running.read_verdict()
    except (OSError, LookupError, SandboxError, TimeoutError) as error:
        return NoSandbox(f"The sandbox can't be made here: {error or type(error).__name__}.")
    if verdict.exit_code != 0:
        return NoSandbox(f"The sandbox can't be made here. {verdict.sentence}")
    return sandbox


@functools.cache
def list_hidden() -> tuple[Path, ...]:
    """The portal's own keys, data and secrets, and what the operator protects besides.

    Not the store of fetched packages, which agents may not touch: each program sees its own folder there.
    """
    paths = {*settings.COUNTERSIGN_PROTECTED_PATHS} - {settings.COUNTERSIGN_MCP_STORE}
    return tuple(sorted(path.resolve() for path in paths))
