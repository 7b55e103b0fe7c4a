"""Messages and their parts on the way to the database: gathered, then written about once a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from engines.domain.messages import Facts, MessageFacts, record_conversation
from engines.domain.parts import SPOKEN, PartFacts, describe_part as describe, measure_progress
from engines.models import Message
from relay.link import EngineLink
from relay.opencode.records import Message as EngineMessage, MessageWithParts, Part

# The engine's kinds of parts, and what they are called here; every other kind is dropped.
KINDS = {
    "text": "text",
    "reasoning": "reasoning",
    "tool": "tool",
    "file": "file",
    "agent": "agent",
    "step-start": "step",
    "step-finish": "step",
    "subtask": "subtask",
    "patch": "patch",
}
BATCH = 200
# More than this is written at once instead of waiting for the next second.
MAX_GATHERED = 500
# How long, and of how many sessions, messages wait for their session to become known.
EARLY_GRACE_S = 30.0
MAX_EARLY = 50

Key = tuple[str, str]


class MessageBuffer:
    """The newest version of each message and part since the last write.

    What comes before its session is known waits for it a while. `on_changed` is called for each message that
    is not as before.
    """

    def __init__(self, link: EngineLink, on_changed: Callable[[Message], None]) -> None:
        self.link = link
        self.on_changed = on_changed
        self._messages: dict[Key, MessageFacts] = {}
        self._parts: dict[Key, PartFacts] = {}
        # Session → when its first message came, for sessions that are not known yet.
        self._early: dict[str, float] = {}
        self._gathered = 0

    @property
    def is_full(self) -> bool:
        return self._gathered >= MAX_GATHERED

    def add_message(self, message: EngineMessage) -> None:
        self._gathered += 1
        self._keep_message(describe_message(message))

    def add_part(self, part: Part) -> None:
        # A text that the engine has put in holds what a tool or a file gave it.
        if part.type in KINDS and not part.is_synthetic:
            self.add_facts(describe_part(part))

    def add_facts(self, facts: PartFacts) -> None:
        self._gathered += 1
        self._keep_part(facts)

    def add_conversation(self, messages: Iterable[MessageWithParts]) -> None:
        for item in messages:
            self.add_message(item.message)
            for part in item.parts:
                self.add_part(part)

    async def flush(self) -> None:
        """Write what was gathered, in transactions short enough for everybody else's."""
        messages, parts = list(self._messages.values()), list(self._parts.values())
        self._messages, self._parts, self._gathered = {}, {}, 0
        unknown: set[str] = set()
        for chunk in batched([*messages, *parts], BATCH):
            recorded = await self.link.write(record_conversation, engine=self.link.engine, facts=chunk)
            unknown |= recorded.unknown_sessions
            for message in recorded.changed:
                self.on_changed(message)
        self._hold(unknown, messages, parts)

    def _hold(self, unknown: set[str], messages: list[MessageFacts], parts: list[PartFacts]) -> None:
        """Keep what belongs to sessions that nobody has told us of yet, but not for ever."""
        now_s = time.monotonic()
        self._early = {
            session_id: self._early.get(session_id, now_s) for session_id in sorted(unknown)[:MAX_EARLY]
        }
        held = {session_id for session_id, since_s in self._early.items() if now_s - since_s < EARLY_GRACE_S}
        for message in messages if held else ():
            if message.session_id in held:
                self._keep_message(message)
        for part in parts if held else ():
            if part.session_id in held:
                self._keep_part(part)

    def _keep_message(self, facts: MessageFacts) -> None:
        """A finished message is not lowered by a late event, here as in the database."""
        key = (facts.session_id, facts.id)
        old = self._messages.get(key)
        if old is None or is_finished(facts) or not is_finished(old):
            self._messages[key] = facts

    def _keep_part(self, facts: PartFacts) -> None:
        key = (facts.session_id, facts.id)
        old = self._parts.get(key)
        if old is None or not is_older(facts, old):
            self._parts[key] = facts


def batched(facts: list[Facts], size: int) -> Iterator[list[Facts]]:
    for start in range(0, len(facts), size):
        yield facts[start : start + size]


def is_finished(facts: MessageFacts) -> bool:
    return facts.is_completed or bool(facts.error)


def is_older(facts: PartFacts, than: PartFacts) -> bool:
    """A tool call does not go back, and a text only grows; as the database has it."""
    return measure_progress(describe(facts)) < measure_progress(describe(than))


def describe_message(message: EngineMessage) -> MessageFacts:
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
        kind=KINDS[part.type],
        text=part.text if part.type in SPOKEN else "",
        tool=part.tool,
        call_id=part.call_id,
        status=part.status,
        title=part.title,
        child_session_id=part.child_session_id,
        mime=part.mime,
        filename=part.filename,
        name=part.name,
        description=part.description,
        phase=part.type.removeprefix("step-") if part.type.startswith("step-") else "",
        files=part.files,
    )


def read_time(milliseconds: int) -> datetime:
    """The engine's clock; a time beyond what a database holds is cut to its end."""
    return datetime.fromtimestamp(min(milliseconds / 1000, LAST_SECOND), UTC)


LAST_SECOND = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
