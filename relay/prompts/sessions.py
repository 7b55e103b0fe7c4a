"""The session that a chat's prompts go to: found, or made once; its metadata names the chat."""

from __future__ import annotations

from chats.domain.prompts import record_session
from engines.models import Chat
from relay.link import EngineLink
from relay.opencode.errors import EngineProtocolError
from relay.opencode.records import Session
from relay.prompts.work import Place, Prompt


async def ensure_session(link: EngineLink, prompt: Prompt) -> str:
    """The id of the chat's session. Raises EngineError.

    Making one and writing it down are two steps: after a crash in between, the session is found by its chat.
    """
    place = prompt.place
    if place.session_id:
        return place.session_id
    found = await find_session(link, place) if prompt.may_have_session else None
    if found is None:
        async with link.calls:
            found = await link.client.create_session(
                place.directory, title=prompt.title, chat_id=place.chat_id, agent=prompt.row.chat.agent
            )
    session_id = await link.write(take_session, chat=prompt.row.chat, session_id=found.id)
    if not session_id:
        raise EngineProtocolError("The session that was made for the chat belongs to another one.")
    return session_id


def take_session(*, chat: Chat, session_id: str) -> str:
    """Write the chat's session down; returns the one it has: its event may have been first."""
    record_session(chat=chat, session_id=session_id)
    chat.refresh_from_db(fields=["ai_engine_session_id"])
    return chat.ai_engine_session_id or ""


async def find_session(link: EngineLink, place: Place) -> Session | None:
    """The oldest one that was made for this chat, so that every look finds the same."""
    async with link.calls:
        sessions = await link.client.list_sessions(place.directory)
    ours = [each for each in sessions if each.chat_id == place.chat_id and each.parent_id is None]
    return min(ours, key=lambda each: (each.created_ms, each.id), default=None)


async def has_session(link: EngineLink, place: Place) -> bool:
    """Whether the engine knows the chat's session. Raises EngineError when it can't be asked."""
    async with link.calls:
        return await link.client.get_session(place.directory, place.session_id) is not None


async def forget_session(link: EngineLink, prompt: Prompt) -> None:
    """The engine no longer knows it: the next attempt makes another one for the chat."""
    gone = prompt.place.session_id
    if gone:
        await link.write(record_session, chat=prompt.row.chat, session_id=None, replaces=gone)
