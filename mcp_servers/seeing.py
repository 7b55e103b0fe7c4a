"""How the worker has a server looked at: what it is started or visited with, and how far it is.

A probe never sees a secret of a server that runs here: what nobody approved gets a placeholder. A remote
server is visited with its headers, after somebody who may approve it said so.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from events.egress import AllowList, PinnedAddress
from mcp_servers.content import McpServerContent
from mcp_servers.enums import ProbeState
from mcp_servers.fetching.packages import FetchedPackage
from mcp_servers.probing import Listing, LocalServer, RemoteServer, probe, visit
from mcp_servers.probing.guarded import resolve
from mcp_servers.sandbox import NoSandbox, Sandbox

PLACEHOLDER = "countersign-probe-placeholder"
SecretValues = Mapping[tuple[str, str], str]
Show = Callable[[ProbeState, str], Awaitable[None]]


@dataclass(slots=True)
class Stopwatch:
    """Milliseconds of each step."""

    timings: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def time(self, step: str) -> Iterator[None]:
        began_s = time.monotonic()
        try:
            yield
        finally:
            self.timings[step] = round((time.monotonic() - began_s) * 1000)


def describe_local(content: McpServerContent, fetched: FetchedPackage) -> LocalServer:
    return LocalServer(
        argv=fetched.argv,
        environment=write_environment(content),
        readable=(Path(fetched.folder),) if fetched.folder else (),
        directory=content.working_directory,
        capabilities=content.client_capabilities,
    )


def write_environment(content: McpServerContent) -> dict[str, str]:
    """Only what is declared."""
    return {
        variable.name: PLACEHOLDER if variable.is_secret else variable.value
        for variable in content.environment
        if variable.is_secret or variable.value
    }


async def look_local(
    content: McpServerContent, fetched: FetchedPackage, sandbox: Sandbox | NoSandbox, show: Show
) -> Listing:
    """Raises ProbeError."""

    async def on_step(step: str) -> None:
        await show(ProbeState.STARTING if step == "starting" else ProbeState.LISTING, step)

    return await probe(describe_local(content, fetched), sandbox=sandbox, on_step=on_step)


async def pin(content: McpServerContent) -> PinnedAddress:
    """Where its address leads now. Raises EgressRefused or AddressUnresolved.

    Unlike an engine, a server on the portal's own machine has to be allowed by name.
    """
    return await resolve(content.url, AllowList.parse(settings.COUNTERSIGN_EGRESS_ALLOW))


async def look_remote(
    content: McpServerContent, pinned: PinnedAddress, secrets: SecretValues, show: Show
) -> Listing:
    """Raises ProbeError."""

    async def on_step(step: str) -> None:
        await show(ProbeState.STARTING if step == "connecting" else ProbeState.LISTING, step)

    headers = {
        header.name: secrets.get(("header", header.name), "") if header.is_secret else header.value
        for header in content.headers
    }
    server = RemoteServer(
        url=content.url,
        transport=content.transport,
        pinned=pinned,
        headers={name: value for name, value in headers.items() if value},
        capabilities=content.client_capabilities,
    )
    return await visit(server, on_step=on_step)
