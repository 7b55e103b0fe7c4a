"""One probe: start a server in the sandbox, or visit a remote one, and write down what it offers."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp_servers.probing.limits import ProbeError, ProbeLimits
from mcp_servers.probing.listing import Listing
from mcp_servers.probing.session import OnStep, build_session, describe, introduce, list_all
from mcp_servers.probing.streams import Pipes, open_pipes
from mcp_servers.sandbox import NoSandbox, Sandbox, SandboxError, Task, find_sandbox

DEFAULT_LIMITS = ProbeLimits()
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


async def ignore_step(_step: str) -> None:
    return None


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
                raise await explain(error, pipes) from error
    except (SandboxError, OSError, LookupError) as error:
        raise ProbeError("not_started", f"It can't be started in the sandbox: {error}") from error


async def ask(
    read: Any, write: Any, capabilities: Collection[str], limits: ProbeLimits, on_step: OnStep
) -> Listing:
    """Raises ProbeError, and nothing else that a server can bring about."""
    try:
        async with asyncio.timeout(limits.wall_s), build_session(read, write, capabilities) as session:
            # Caught in here: the session would wrap it into a group of errors.
            try:
                introduced = await introduce(session)
                return await list_all(session, introduced, limits, on_step)
            except ProbeError as error:
                failed = error
    except TimeoutError as error:
        raise ProbeError("too_slow", f"It did not answer within {limits.wall_s:g} s.") from error
    except ExceptionGroup as group:
        raise ProbeError("protocol", f"It does not keep to the protocol: {describe(group)}") from group
    raise failed


async def explain(error: ProbeError, pipes: Pipes) -> ProbeError:
    """The same error, with what is known from outside: the protocol only says that nobody answers."""
    if pipes.overflow:
        return ProbeError(
            "too_much", f"It wrote too much to {pipes.overflow} and was ended.", said=pipes.said
        )
    if error.reason == "protocol" and CLOSED in error.sentence:
        with suppress(TimeoutError):
            await asyncio.wait_for(pipes.running.process.wait(), ENDING_S)
        verdict = pipes.running.read_verdict()
        error = ProbeError("ended", f"It ended before it had answered. {verdict.sentence}")
    return ProbeError(error.reason, error.sentence, said=pipes.said)
