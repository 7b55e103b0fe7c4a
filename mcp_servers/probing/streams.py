"""The SDK's message streams over a sandboxed program's pipes, within bounds.

The SDK's own transport starts the program itself, with the portal's environment, and reads any amount.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import anyio
import mcp_types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage

from mcp_servers.probing.limits import ProbeLimits
from mcp_servers.sandbox import SandboxedProcess

CHUNK_BYTES = 65536
KEPT_ERRORS_BYTES = 4096

Incoming = SessionMessage | Exception


@dataclass(slots=True)
class Pipes:
    """Messages from and to one program. `overflow` says what it wrote too much of, "" for nothing."""

    running: SandboxedProcess
    limits: ProbeLimits
    incoming: MemoryObjectReceiveStream[Incoming]
    outgoing: MemoryObjectSendStream[SessionMessage]
    overflow: str = ""
    read_bytes: int = 0
    errors_bytes: int = 0
    errors: bytearray = field(default_factory=bytearray)

    @property
    def said(self) -> str:
        return bytes(self.errors[-KEPT_ERRORS_BYTES:]).decode("utf-8", errors="replace")


@asynccontextmanager
async def open_pipes(running: SandboxedProcess, limits: ProbeLimits) -> AsyncIterator[Pipes]:
    deliver, incoming = anyio.create_memory_object_stream[Incoming](0)
    outgoing, accept = anyio.create_memory_object_stream[SessionMessage](0)
    pipes = Pipes(running, limits, incoming, outgoing)
    tasks = [
        asyncio.create_task(read_messages(pipes, deliver)),
        asyncio.create_task(write_messages(running, accept)),
        asyncio.create_task(read_errors(pipes)),
    ]
    try:
        yield pipes
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for stream in (deliver, incoming, outgoing, accept):
            stream.close()


async def read_messages(pipes: Pipes, deliver: MemoryObjectSendStream[Incoming]) -> None:
    """Line by line; a line that is no message is passed over, as engines do."""
    stdout = pipes.running.process.stdout
    assert stdout is not None  # noqa: S101 - the sandbox always opens it
    rest = bytearray()
    with deliver, suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        while chunk := await stdout.read(CHUNK_BYTES):
            pipes.read_bytes += len(chunk)
            if pipes.read_bytes > pipes.limits.output_bytes:
                pipes.overflow = "its output"
                return
            searched_from = len(rest)
            rest += chunk
            while (end := rest.find(b"\n", searched_from)) >= 0:
                line, searched_from = bytes(rest[:end]), 0
                del rest[: end + 1]
                if (message := read_message(line)) is not None:
                    await deliver.send(message)


def read_message(line: bytes) -> SessionMessage | None:
    try:
        return SessionMessage(mcp_types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError:
        return None


async def write_messages(
    running: SandboxedProcess, accept: MemoryObjectReceiveStream[SessionMessage]
) -> None:
    stdin = running.process.stdin
    assert stdin is not None  # noqa: S101 - the sandbox always opens it
    with accept, suppress(ConnectionError):
        async for message in accept:
            text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            stdin.write(text.encode() + b"\n")
            await stdin.drain()


async def read_errors(pipes: Pipes) -> None:
    stderr = pipes.running.process.stderr
    assert stderr is not None  # noqa: S101 - the sandbox always opens it
    while chunk := await stderr.read(CHUNK_BYTES):
        pipes.errors_bytes += len(chunk)
        pipes.errors += chunk
        del pipes.errors[:-KEPT_ERRORS_BYTES]
        if pipes.errors_bytes > pipes.limits.errors_bytes:
            pipes.overflow = "its error stream"
            pipes.running.kill()
            return
