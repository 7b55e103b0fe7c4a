"""The process that `benchmarks.mcp_probe` starts; prints {server: {"bare": [ms], "listed": …, "ours": …}}."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 - needs the settings above
from mcp import ClientSession, StdioServerParameters  # noqa: E402
from mcp.client.stdio import stdio_client  # noqa: E402

from mcp_servers.checks.known_names import KnownNames  # noqa: E402
from mcp_servers.content import McpServerContent, Package  # noqa: E402
from mcp_servers.fetching.fetch import fetch_package  # noqa: E402
from mcp_servers.fetching.packages import FetchedPackage  # noqa: E402
from mcp_servers.probing import Listing, digests, lint_listing, probe  # noqa: E402
from mcp_servers.probing.asking import ignore_step  # noqa: E402
from mcp_servers.probing.limits import DEFAULT_LIMITS  # noqa: E402
from mcp_servers.probing.session import list_all  # noqa: E402
from mcp_servers.sandbox import NoSandbox, find_sandbox  # noqa: E402
from mcp_servers.seeing import describe_local  # noqa: E402

STOCK = (
    ("time", "pypi", "mcp-server-time", "2026.10.19", ()),
    ("git", "pypi", "mcp-server-git", "2026.10.19", ()),
    ("fetch", "pypi", "mcp-server-fetch", "2026.10.24", ()),
    ("everything", "npm", "@modelcontextprotocol/server-everything", "2026.8.31", ()),
    ("filesystem", "npm", "@modelcontextprotocol/server-filesystem", "2026.8.31", ("/srv",)),
    ("memory", "npm", "@modelcontextprotocol/server-memory", "2026.8.31", ()),
)


async def measure(rounds: int) -> dict[str, dict[str, list[float]]]:
    assert not isinstance(await find_sandbox(), NoSandbox), "there is no sandbox here"
    found: dict[str, dict[str, list[float]]] = {}
    for name, kind, identifier, version, arguments in STOCK:
        package = Package(kind=kind, identifier=identifier, version=version)
        content = McpServerContent(name=name, package=package, arguments=arguments)
        fetched = await fetch_package(content, settings.COUNTERSIGN_MCP_STORE)
        times: dict[str, list[float]] = {"bare": [], "listed": [], "ours": []}
        # The first of each warms the machine's caches and is not counted.
        for number in range(rounds + 1):
            began_s = time.perf_counter()
            bare, listed_s = await probe_bare(fetched)
            bare_s = time.perf_counter()
            ours = await probe_as_portal(content, fetched)
            ours_s = time.perf_counter()
            assert digests(bare).total == digests(ours).total, f"{name}: the sandbox shows something else"
            if number:
                times["bare"].append(1000 * (bare_s - began_s))
                times["listed"].append(1000 * (listed_s - began_s))
                times["ours"].append(1000 * (ours_s - bare_s))
        found[name] = times
    return found


async def probe_bare(fetched: FetchedPackage) -> tuple[Listing, float]:
    """What it offers, and when that was known: its shutdown comes after."""
    program, *arguments = fetched.argv
    parameters = StdioServerParameters(command=program, args=arguments)
    with Path(os.devnull).open("w") as nowhere:  # noqa: ASYNC230 - it takes no time
        async with (
            stdio_client(parameters, errlog=nowhere) as (read, write),
            ClientSession(read, write) as session,
        ):
            introduced = await session.initialize()
            listing = await list_all(session, introduced, DEFAULT_LIMITS, ignore_step)
            listed_s = time.perf_counter()
    return listing, listed_s


async def probe_as_portal(content: McpServerContent, fetched: FetchedPackage) -> Listing:
    listing = await probe(describe_local(content, fetched))
    digests(listing)
    lint_listing(listing, known=KnownNames())
    return listing


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(int(sys.argv[1])))))
