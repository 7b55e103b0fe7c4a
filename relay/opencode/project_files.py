"""Does an engine read what lies in its projects? Asked of the engine itself, about a folder made for that.

A project's `opencode.json` can loosen every rule that is set centrally, unless the engine runs with
OPENCODE_DISABLE_PROJECT_CONFIG=1. The folder holds such a file with one harmless word that the engine would
repeat (observed on OpenCode 1.18.33).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
from django.conf import settings

from events.egress import DEFAULT_ALLOW, AllowList
from events.errors import Invalid
from relay.opencode.calls import Call, Timeouts
from relay.opencode.client import OpenCodeClient
from relay.opencode.decoding import decode_json
from relay.opencode.errors import EngineError

TIMEOUT_S = 30.0
FLAG: Final = "OPENCODE_DISABLE_PROJECT_CONFIG"
MARK: Final = "countersign-project-file"
FILE: Final = "opencode.json"
ARE_READ = (
    "PROJECT FILES COUNT: an opencode.json or .opencode folder in a project, which its agents can write,"
    f" loosens every rule set here. Start the engine with {FLAG}=1."
)
NOT_TOLD = (
    "Whether files in a project can loosen the engine's rules could not be found out from here. They can"
    f" unless it is started with {FLAG}=1."
)


async def are_project_files_read(client: OpenCodeClient, directory: str) -> bool | None:
    """`directory` is the probe's, on the engine's host; None when the engine can't see it, or is silent."""
    try:
        if not any(entry.get("name") == FILE for entry in await list_files(client, directory)):
            return None
        answer = await client.connection.fetch(Call("GET", "/config", directory))
        # It has begun to keep the folder in memory.
        await client.connection.send(Call("POST", "/instance/dispose", directory))
    except EngineError:
        return None
    return isinstance(answer, dict) and answer.get("username") == MARK


async def list_files(client: OpenCodeClient, directory: str) -> list[dict[str, Any]]:
    """Empty for a folder that the engine does not find."""
    status, body = await client.connection.send(Call("GET", "/file", directory, {"path": "."}))
    entries = decode_json(body) if status == httpx.codes.OK else []
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


@contextlib.contextmanager
def make_probe() -> Iterator[str]:
    """A probe on this host, for an engine that may share its files."""
    with tempfile.TemporaryDirectory(prefix="countersign-probe-") as name:
        place = Path(name)
        (place / FILE).write_text(json.dumps({"username": MARK}))
        # The engine's user is another one.
        place.chmod(0o755)
        (place / FILE).chmod(0o644)
        yield name


def check_project_files(address: str, username: str, password: str) -> str:
    """A warning about the engine there, "" when project files change nothing. Runs a loop of its own."""
    return describe(asyncio.run(look(address, username, password)))


async def look(address: str, username: str, password: str) -> bool | None:
    allow = AllowList.parse([*DEFAULT_ALLOW, *settings.COUNTERSIGN_EGRESS_ALLOW])
    try:
        async with OpenCodeClient(
            address, username, password, timeouts=Timeouts(call_s=TIMEOUT_S), allow=allow
        ) as client:
            with make_probe() as probe:
                return await are_project_files_read(client, probe)
    except (Invalid, OSError):
        return None


def describe(are_read: bool | None) -> str:
    """What a person has to know; nothing when project files change nothing."""
    return NOT_TOLD if are_read is None else ARE_READ if are_read else ""
