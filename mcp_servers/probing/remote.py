"""Visiting a remote server, to see what it offers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from events.egress import PinnedAddress
from mcp_servers.probing.asking import ask, ignore_step
from mcp_servers.probing.guarded import GuardedTransport, Visit
from mcp_servers.probing.limits import DEFAULT_LIMITS, ProbeError, ProbeLimits
from mcp_servers.probing.listing import Listing
from mcp_servers.probing.session import OnStep, describe


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteServer:
    """`pinned` is where `url` leads (`guarded.resolve`); `headers` hold secrets and are never shown."""

    url: str
    transport: str
    pinned: PinnedAddress
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    capabilities: Collection[str] = ()


async def visit(
    server: RemoteServer, *, limits: ProbeLimits = DEFAULT_LIMITS, on_step: OnStep = ignore_step
) -> Listing:
    """What it offers. Raises ProbeError."""
    clock = asyncio.timeout(limits.wall_s)
    seen = Visit(server.pinned, limits.output_bytes, clock)
    await on_step("connecting")
    try:
        async with clock, connect(server, seen, limits) as (read, write):
            # Caught in here: the transport would wrap it into a group of errors.
            try:
                return await ask(read, write, server.capabilities, limits, on_step)
            except ProbeError as error:
                failed = error
    except TimeoutError:
        failed = ProbeError("too_slow", f"It did not answer within {limits.wall_s:g} s.")
    except (ExceptionGroup, httpx2.HTTPError, OSError, ValueError) as error:
        failed = ProbeError("unreachable", f"It can't be reached: {describe_first(error)}")
        failed.__cause__ = error
    if seen.refusal:
        raise ProbeError("refused", seen.refusal) from failed
    raise failed


@asynccontextmanager
async def connect(server: RemoteServer, seen: Visit, limits: ProbeLimits) -> AsyncIterator[tuple[Any, Any]]:
    def build_client(
        headers: dict[str, str] | None = None,  # noqa: ARG001 - these three are the SDK's, and set here
        timeout: httpx2.Timeout | None = None,  # noqa: ARG001
        auth: httpx2.Auth | None = None,  # noqa: ARG001
    ) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=GuardedTransport(seen),
            headers=dict(server.headers),
            timeout=httpx2.Timeout(limits.wall_s),
            follow_redirects=False,
            trust_env=False,
        )

    if server.transport == "sse":
        async with sse_client(server.url, httpx_client_factory=build_client) as streams:
            yield streams
    else:
        async with (
            build_client() as client,
            streamable_http_client(server.url, http_client=client) as streams,
        ):
            yield streams


def describe_first(error: BaseException) -> str:
    """What stands at the bottom of a group of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return describe(error) if isinstance(error, Exception) else type(error).__name__
