"""Whether a tool call still waits for its answer. The list of pending requests alone does not say it.

An aborted turn's requests stay listed, and a late `once` would run them; so do a deleted session's, which
the status map even goes on calling busy (OpenCode 1.18.33). Alive is a call whose session is busy and whose
part is neither finished nor gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container
from typing import Any

from relay.arguments import find_parts
from relay.domain.open_calls import OpenCall
from relay.link import EngineLink
from relay.opencode.client import Listing
from relay.opencode.records import Part

FINISHED = frozenset({"completed", "error"})

TURN_ENDED = "The agent's turn had ended."
SESSION_GONE = "Its session no longer exists."
CALL_ENDED = "Its tool call had ended."


async def find_end(link: EngineLink, call: OpenCall, busy: Container[str] | None = None) -> str:
    """Why the call no longer waits, "" while it does. Raises EngineError when the engine can't be asked.

    `busy` is the status map of its directory when the caller has just read it.
    """
    if busy is not None:
        return await find_own_end(link, call) if call.session_id in busy else TURN_ENDED
    working, ended = await asyncio.gather(read_busy(link, call.directory), find_own_end(link, call))
    return ended if call.session_id in working else TURN_ENDED


async def find_own_end(link: EngineLink, call: OpenCall) -> str:
    """The same from the call's own record alone."""
    if not call.message_id:
        async with link.calls:
            session = await link.client.get_session(call.directory, call.session_id)
        return SESSION_GONE if session is None else ""
    async with link.calls:
        message = await link.client.get_message(call.directory, call.session_id, call.message_id)
    if message is None:
        return SESSION_GONE
    return describe_end(find_parts(message.parts, call.call_id))


def describe_end(parts: list[Part]) -> str:
    """A call without a part is not there yet; of two with one id, one may still wait."""
    return CALL_ENDED if parts and all(part.status in FINISHED for part in parts) else ""


async def list_waiting(link: EngineLink, directory: str, *, is_question: bool) -> Listing[Any]:
    """What the engine waits for: its questions, or its permission requests. Raises EngineError."""
    async with link.calls:
        if is_question:
            return await link.client.list_questions(directory)
        return await link.client.list_permissions(directory)


async def read_busy(link: EngineLink, directory: str) -> dict[str, str]:
    """Session id → busy or retry. Raises EngineError."""
    async with link.calls:
        return await link.client.session_status(directory)
