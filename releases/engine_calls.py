"""What publishing asks of an engine: is it idle, read the folder anew, what do you run now.

A configuration the engine can't read makes it answer 400 to every call of a folder until its process is
restarted (observed on OpenCode 1.18.33): that is a `ConfigRefused`, with the engine's own words.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from events.masking import mask_secrets
from events.text import make_storable
from relay.opencode.calls import Call
from relay.opencode.client import OpenCodeClient
from relay.opencode.decoding import JsonObject, decode_json, require_list, require_object
from relay.opencode.errors import EngineError, EngineProtocolError, EngineUnknown

CONCURRENT_DIRECTORIES = 4
# Each folder that is read boots an instance in the engine: one of about 130 MB that takes a second or two.
MAX_READ_BACK = 10
MAX_ERROR_LENGTH = 2000
# The engine takes this for the folder that it was started in.
OWN_FOLDER = ""
CONFIG_ERRORS = (
    "ConfigInvalidError",
    "ConfigJsonError",
    "ConfigFrontmatterError",
    "ConfigDirectoryTypoError",
)

T = TypeVar("T")


class ConfigRefused(Exception):
    """The engine can't read its configuration; the message is the engine's."""


@dataclass(frozen=True, slots=True)
class Idleness:
    """`busy` says what still goes on, "" for nothing. `directories` are those that answered.

    `is_broken`: the engine refuses its present configuration, so nothing can be going on in it.
    """

    busy: str
    directories: tuple[str, ...]
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """What the engine says it runs in one folder: the JSON of its agents and of its configuration.

    The configuration holds keys in clear: it is compared, never stored or shown.
    """

    directory: str
    agents: list[Any]
    config: JsonObject = field(repr=False)


async def list_directories(client: OpenCodeClient, known: Sequence[str]) -> list[str]:
    """Ours and those the engine knows; the one it was started in when there are none."""
    theirs: Sequence[str] = ()
    # With a broken configuration it can't say.
    with contextlib.suppress(EngineUnknown):
        theirs = await client.list_directories()
    return [folder for folder in dict.fromkeys([*known, *theirs]) if folder] or [OWN_FOLDER]


async def look_idle(client: OpenCodeClient, directories: Sequence[str]) -> Idleness:
    """Raises EngineError when the engine does not answer."""
    looks = await for_each(directories, lambda folder: look_at(client, folder))
    answered = tuple(folder for folder, look in zip(directories, looks, strict=True) if look is not None)
    if not answered:
        return Idleness("", (), is_broken=True)
    sessions = sum(look[0] for look in looks if look is not None)
    requests = sum(look[1] for look in looks if look is not None)
    parts = [
        count_words(sessions, "session is busy", "sessions are busy"),
        count_words(requests, "request is open", "requests are open"),
    ]
    return Idleness(" and ".join(part for part in parts if part), answered)


def count_words(count: int, one: str, many: str) -> str:
    return "" if not count else f"{count} {one if count == 1 else many}"


async def look_at(client: OpenCodeClient, directory: str) -> tuple[int, int] | None:
    """(busy sessions, open requests and questions), None where the folder's configuration is broken."""
    try:
        busy = len(await client.session_status(directory))
    except EngineUnknown:
        return None
    permissions = await client.list_permissions(directory)
    questions = await client.list_questions(directory)
    # A list that can't be had is no empty one.
    unknown = sum(not listing.is_complete for listing in (permissions, questions))
    return busy, len(permissions.items) + len(questions.items) + unknown


async def dispose(client: OpenCodeClient, directories: Sequence[str]) -> None:
    """Have the engine read its configuration anew in each folder; turns that run there end.

    Raises EngineError when the engine does not answer. What it refuses is read back later.
    """
    await for_each(directories, lambda folder: dispose_one(client, folder))


async def dispose_one(client: OpenCodeClient, directory: str) -> None:
    await client.connection.send(Call("POST", "/instance/dispose", directory))


async def read_running(client: OpenCodeClient, directories: Sequence[str]) -> list[Running]:
    """What it runs in the first few folders. Raises ConfigRefused or EngineError."""
    return await for_each(directories[:MAX_READ_BACK], lambda folder: read_one(client, folder))


async def read_one(client: OpenCodeClient, directory: str) -> Running:
    agents = require_list(await ask(client, "/agent", directory), "list of agents")
    config = require_object(await ask(client, "/config", directory), "configuration")
    return Running(directory, agents, config)


async def ask(client: OpenCodeClient, path: str, directory: str) -> Any:
    status, body = await client.connection.send(Call("GET", path, directory))
    if status == httpx.codes.OK:
        return decode_json(body)
    raise read_refusal(status, body, path)


def read_refusal(status: int, body: bytes, path: str) -> Exception:
    """ConfigRefused where the engine names its configuration, else EngineUnknown."""
    try:
        answer = decode_json(body)
    except EngineProtocolError:
        answer = None
    name = answer.get("name", "") if isinstance(answer, dict) else ""
    if status == httpx.codes.BAD_REQUEST or name in CONFIG_ERRORS:
        return ConfigRefused(describe_refusal(answer, body))
    return EngineUnknown(f"The engine answered {status} to GET {path}.", status=status)


def describe_refusal(answer: Any, body: bytes) -> str:
    """The engine's own words: which file, which field, what is wrong with it."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict):
        return clean(body.decode("utf-8", "replace"))
    lines = [str(answer.get("name", "")), str(data.get("path", "")), str(data.get("message", ""))]
    for issue in data.get("issues") or []:
        if isinstance(issue, dict):
            place = ".".join(str(part) for part in issue.get("path") or [])
            lines.append(f"{place}: {issue.get('message', '')}" if place else str(issue.get("message", "")))
    return clean("\n".join(line for line in lines if line and line != "None"))


def clean(text: str) -> str:
    return make_storable(mask_secrets(text.strip()), MAX_ERROR_LENGTH)


async def for_each(directories: Sequence[str], work: Callable[[str], Awaitable[T]]) -> list[T]:
    """`work` for each folder, a few at a time, in their order; the first error ends it."""
    gate = asyncio.Semaphore(CONCURRENT_DIRECTORIES)

    async def limited(folder: str) -> T:
        async with gate:
            return await work(folder)

    tasks = [asyncio.ensure_future(limited(folder)) for folder in directories]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def describe_error(error: EngineError) -> str:
    return make_storable(str(error), 300)
