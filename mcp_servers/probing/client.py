"""Starting a server in the sandbox, to see what it offers."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mcp_servers.probing.asking import ask, ignore_step
from mcp_servers.probing.limits import DEFAULT_LIMITS, ProbeError, ProbeLimits
from mcp_servers.probing.listing import Listing
from mcp_servers.probing.session import OnStep
from mcp_servers.probing.streams import Pipes, open_pipes
from mcp_servers.sandbox import NoSandbox, Sandbox, SandboxError, Task, find_sandbox
from mcp_servers.sandbox.namespaces import list_withheld

# What the SDK says when the other end is gone.
CLOSED = "Connection closed"
# A program that closed its streams is about to end by itself, and then says how.
ENDING_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalServer:
    """`argv[0]` is an absolute path; `readable` are the folders with the server's own files."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    readable: tuple[Path, ...] = ()
    directory: str = ""
    capabilities: Collection[str] = ()


async def probe(
    server: LocalServer,
    *,
    sandbox: Sandbox | NoSandbox | None = None,
    limits: ProbeLimits = DEFAULT_LIMITS,
    on_step: OnStep = ignore_step,
) -> Listing:
    """What it offers. Raises ProbeError; whatever was started has ended by then."""
    sandbox = sandbox or await find_sandbox()
    if isinstance(sandbox, NoSandbox):
        raise ProbeError("no_sandbox", sandbox.reason)
    task = Task(
        server.argv, dict(server.environment), server.readable, server.directory, limits=limits.sandbox
    )
    await on_step("starting")
    try:
        async with sandbox.run(task) as running, open_pipes(running, limits) as pipes:
            try:
                return await ask(pipes.incoming, pipes.outgoing, server.capabilities, limits, on_step)
            except ProbeError as error:
                raise await explain(error, pipes, server) from error
    except (SandboxError, OSError, LookupError) as error:
        raise ProbeError("not_started", f"It can't be started in the sandbox: {error}") from error


async def explain(error: ProbeError, pipes: Pipes, server: LocalServer) -> ProbeError:
    """The same error, with what is known from outside: the protocol only says that nobody answers."""
    if pipes.overflow:
        return ProbeError(
            "too_much", f"It wrote too much to {pipes.overflow} and was ended.", said=pipes.said
        )
    if error.reason == "protocol" and CLOSED in error.sentence:
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDING_S):
                await pipes.running.process.wait()
        verdict = pipes.running.read_verdict()
        error = ProbeError("ended", f"It ended before it had answered. {verdict.sentence}")
        if withheld := [path for path in list_withheld(server.argv) if not is_readable(path, server)]:
            error = ProbeError(
                "ended", f"{error.sentence} It did not see {withheld[0]}, which not every user may read."
            )
    return ProbeError(error.reason, error.sentence, said=pipes.said)


def is_readable(path: str, server: LocalServer) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in server.readable)
