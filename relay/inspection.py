"""A first look at an engine to be connected: is it one, does it let us in, what runs unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from configs.opencode_rules import describe_unasked, summarise
from engines.domain.inspection import FirstLook
from events.egress import DEFAULT_ALLOW, AllowList
from events.errors import Invalid
from relay.opencode.client import OpenCodeClient
from relay.opencode.errors import EngineProtocolError, EngineUnauthorized, EngineUnknown, EngineUnreachable

# The one version that the relay's tests run against.
TESTED_VERSION = "1.18.33"
# The engine takes this for the folder that it was started in.
OWN_FOLDER = ""
# A page that looks at an engine keeps the worker thread, and with it every other page, waiting.
LOOK_TIMEOUT_S = 5.0


class EngineUnfit(Exception):
    """The engine can't be connected; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """`unasked` are sentences about what agents may do without a request, warnings first."""

    version: str
    unasked: list[str]

    @property
    def is_tested(self) -> bool:
        return self.version == TESTED_VERSION


def inspect_engine(address: str, username: str, password: str, directories: Sequence[str]) -> Inspection:
    """Raises EngineUnfit."""
    return asyncio.run(inspect(address, username, password, directories))


def look_at_opencode(address: str, username: str, password: str, directories: Sequence[str]) -> FirstLook:
    """The same for a page, which must not wait long. Raises Invalid."""
    try:
        found = asyncio.run(inspect_soon(address, username, password, directories))
    except EngineUnfit as error:
        raise Invalid(f"{error} Nothing was changed.") from error
    return FirstLook(found.version, found.unasked)


async def inspect_soon(address: str, username: str, password: str, directories: Sequence[str]) -> Inspection:
    try:
        async with asyncio.timeout(LOOK_TIMEOUT_S):
            return await inspect(address, username, password, directories)
    except TimeoutError as error:
        raise EngineUnfit(f"The engine did not answer within {LOOK_TIMEOUT_S:g} s.") from error


async def inspect(address: str, username: str, password: str, directories: Sequence[str]) -> Inspection:
    allow = AllowList.parse([*DEFAULT_ALLOW, *settings.COUNTERSIGN_EGRESS_ALLOW])
    try:
        async with OpenCodeClient(address, username, password, allow=allow) as client:
            version = await check_health(client, address)
            lines = await read_rules(client, directories or [OWN_FOLDER])
    except Invalid as error:
        raise EngineUnfit(error.message) from error
    except EngineUnauthorized as error:
        sent = "one was sent" if password else "none was sent"
        raise EngineUnfit(f"The server refused the user name or password ({sent}).") from error
    except EngineUnreachable as error:
        raise EngineUnfit(f"Nothing answers at {address}: {error}") from error
    return Inspection(version, list(dict.fromkeys(lines)))


async def check_health(client: OpenCodeClient, address: str) -> str:
    """The server's version. Raises EngineUnfit, EngineUnauthorized or EngineUnreachable."""
    try:
        health = await client.health()
    except (EngineProtocolError, EngineUnknown) as error:
        raise EngineUnfit(f"What answers at {address} is not an OpenCode server: {error}") from error
    if not health.is_healthy:
        raise EngineUnfit("The server says that it is not healthy. Try again when it is.")
    return health.version


async def read_rules(client: OpenCodeClient, directories: Sequence[str]) -> list[str]:
    """What runs unasked in these folders. Raises EngineUnfit, EngineUnauthorized or EngineUnreachable."""
    try:
        return [line for directory in directories for line in await describe_rules(client, directory)]
    except (EngineProtocolError, EngineUnknown) as error:
        raise EngineUnfit(
            f"The server's agents and their rules can't be read: {error}"
            " After a broken configuration it needs a restart."
        ) from error


async def describe_rules(client: OpenCodeClient, directory: str) -> list[str]:
    agents = await client.get_agents(directory)
    servers = await client.list_mcp_servers(directory)
    return summarise(describe_unasked(agents, servers))
