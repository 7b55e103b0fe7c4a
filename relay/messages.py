"""Messages and their parts on the way to the database: gathered, then written about once a second."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from engines.domain.messages import (
    MessageFacts,
    PartFacts,
    abort_unfinished_messages,
    record_message,
    record_part,
    refresh_preview,
)
from engines.models import Engine
from relay.link import EngineLink
from relay.opencode.records import Message, MessageWithParts, Part

SHOWN_PARTS = frozenset({"text", "tool"})
BATCH = 200
# More than this is written at once instead of waiting for the next second.
MAX_GATHERED = 500


class MessageBuffer:
    """The newest version of each message and part since the last write."""

    def __init__(self, link: EngineLink) -> None:
        self.link = link
        self._messages: dict[tuple[str, str], MessageFacts] = {}
        self._parts: dict[tuple[str, str], PartFacts] = {}

    @property
    def is_full(self) -> bool:
        return len(self._messages) + len(self._parts) >= MAX_GATHERED

    def add_message(self, message: Message) -> None:
        key = (message.session_id, message.id)
        facts = describe_message(message)
        old = self._messages.get(key)
        # A finished message is not lowered by a late event, here as in the database.
        if old is None or facts.is_completed or facts.error or not (old.is_completed or old.error):
            self._messages[key] = facts

    def add_part(self, part: Part) -> None:
        if part.type not in SHOWN_PARTS:
            return
        key = (part.session_id, part.id)
        facts = describe_part(part)
        old = self._parts.get(key)
        if old is None or not is_older(facts, old):
            self._parts[key] = facts

    def add_conversation(self, messages: Iterable[MessageWithParts]) -> None:
        for item in messages:
            self.add_message(item.message)
            for part in item.parts:
                self.add_part(part)

    async def flush(self) -> None:
        """Write what was gathered, in transactions short enough for everybody else's."""
        messages, parts = list(self._messages.values()), list(self._parts.values())
        self._messages, self._parts = {}, {}
        for start in range(0, len(messages), BATCH):
            await self.link.write(
                record_messages, engine=self.link.engine, messages=messages[start : start + BATCH], parts=[]
            )
        for start in range(0, len(parts), BATCH):
            await self.link.write(
                record_messages, engine=self.link.engine, messages=[], parts=parts[start : start + BATCH]
            )


def is_older(facts: PartFacts, than: PartFacts) -> bool:
    """A tool call does not become unfinished again, and a text only grows."""
    finished = {"completed", "error"}
    if than.status in finished and facts.status not in finished:
        return True
    return len(facts.text) < len(than.text)


def describe_message(message: Message) -> MessageFacts:
    return MessageFacts(
        id=message.id,
        session_id=message.session_id,
        role=message.role,
        parent_id=message.parent_id or "",
        created_at=read_time(message.created_ms),
        is_completed=message.completed_ms is not None,
        error=message.error_name,
    )


def describe_part(part: Part) -> PartFacts:
    return PartFacts(
        id=part.id,
        message_id=part.message_id,
        session_id=part.session_id,
        kind=part.type,
        text=part.text if part.type == "text" else "",
        tool=part.tool,
        call_id=part.call_id,
        status=part.status,
    )


def read_time(milliseconds: int) -> datetime:
    """The engine's clock; a time beyond what a database holds is cut to its end."""
    return datetime.fromtimestamp(min(milliseconds / 1000, LAST_SECOND), UTC)


LAST_SECOND = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def record_messages(*, engine: Engine, messages: list[MessageFacts], parts: list[PartFacts]) -> None:
    for facts in messages:
        record_message(engine=engine, facts=facts)
    for part in parts:
        record_part(engine=engine, facts=part)
    for session_id in sorted({part.session_id for part in parts if part.kind == "text"}):
        refresh_preview(engine=engine, session_id=session_id)


def record_cut_off(*, engine: Engine, session_id: str) -> int:
    return abort_unfinished_messages(engine=engine, session_id=session_id)
