"""What an agent is writing right now, told to whoever watches, piece by piece, recognised secrets masked.

The pieces are not stored: the engine sends each text whole when it ends. What ends without that, because the
turn was stopped or the stream broke, is kept as far as it was heard.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from engines.domain.parts import MAX_TEXT, SPOKEN, PartFacts
from engines.models import Engine
from engines.queries import find_place
from events.masked_stream import MaskedStream
from events.masking import mask_secrets
from events.text import make_storable
from live import deltas
from live.deltas import Delta, measure
from relay.link import EngineLink
from relay.memory import remember
from relay.opencode.frames import PartDelta
from relay.opencode.records import Part

# More than any engine writes at once.
MAX_OPEN = 1000
# How long a session that is no chat's root yet is not looked up again.
UNKNOWN_S = 1.0


@dataclass(slots=True)
class OpenText:
    """One text as far as it was heard (`length` in characters) and told (`offset` in UTF-16 units)."""

    session_id: str
    message_id: str
    kind: str
    heard: list[str] = field(default_factory=list)
    length: int = 0
    told: list[str] = field(default_factory=list)
    offset: int = 0
    masked: MaskedStream = field(default_factory=MaskedStream)

    def hear(self, text: str) -> str:
        """What may be told of it now."""
        # As much as is stored of it in the end.
        text = text[: max(0, MAX_TEXT - self.length)]
        self.heard.append(text)
        self.length += len(text)
        return self.masked.feed(text)

    def end(self, whole: str) -> str:
        """What is still to be told, when the whole text continues what was told."""
        told, masked = "".join(self.told), mask_secrets(make_storable(whole, MAX_TEXT))
        return masked[len(told) :] if masked.startswith(told) else ""

    def tell(self, text: str) -> int:
        """Where in the part it begins."""
        offset = self.offset
        self.told.append(text)
        self.offset += measure(text)
        return offset


class TextStreams:
    def __init__(self, link: EngineLink) -> None:
        self.link = link
        self._open: OrderedDict[str, OpenText] = OrderedDict()
        # Session → (id of its chat, "" for none; when that is looked up again).
        self._chats: OrderedDict[str, tuple[str, float]] = OrderedDict()

    async def offer(self) -> None:
        """Let who comes in the middle have the beginning, until cancelled."""
        deltas.add_source(self.list_open)
        try:
            await asyncio.Event().wait()
        finally:
            deltas.remove_source(self.list_open)

    def list_open(self, chat_id: str) -> list[Delta]:
        """What is being written in a chat, from its beginning."""
        return [
            Delta(text.message_id, part_id, text.kind, 0, "".join(text.told))
            for part_id, text in self._open.items()
            if text.offset and self._chats.get(text.session_id, ("", 0))[0] == chat_id
        ]

    async def take_part(self, part: Part) -> None:
        """A text begins, or is told whole."""
        if part.type not in SPOKEN or part.is_synthetic:
            return
        known = self._open.get(part.id)
        if known is None and part.is_growing:
            known = OpenText(part.session_id, part.message_id, part.type)
            self._open[part.id] = known
            while len(self._open) > MAX_OPEN:
                self._open.popitem(last=False)
        if known is None:
            return
        if part.is_growing:
            if len(part.text) > known.length:
                await self._tell(part.id, known, known.hear(part.text[known.length :]))
        else:
            await self._tell(part.id, known, known.end(part.text))
            self._open.pop(part.id, None)

    async def take_delta(self, frame: PartDelta) -> None:
        """More of a text; one whose beginning was missed is told when it is whole."""
        known = self._open.get(frame.part_id)
        if known is not None and frame.field == "text":
            await self._tell(frame.part_id, known, known.hear(frame.text))

    async def _tell(self, part_id: str, known: OpenText, text: str) -> None:
        if not text:
            return
        offset = known.tell(text)
        chat_id = await self._find_chat(known.session_id)
        if chat_id:
            deltas.publish(
                chat_id=chat_id,
                audience=self._audience,
                message_id=known.message_id,
                part_id=part_id,
                kind=known.kind,
                offset=offset,
                text=text,
            )

    @property
    def _audience(self) -> str:
        return f"team:{self.link.engine.team_id}"

    async def _find_chat(self, session_id: str) -> str:
        chat_id, again_at_s = self._chats.get(session_id, ("", 0.0))
        if not chat_id and time.monotonic() >= again_at_s:
            chat_id = await self.link.read(find_root_chat, self.link.engine, session_id)
            remember(self._chats, session_id, (chat_id, time.monotonic() + UNKNOWN_S))
        return chat_id

    def end_session(self, session_id: str) -> list[PartFacts]:
        """Its turn has ended: what was heard of texts that nobody ends any more."""
        ended = [part_id for part_id, text in self._open.items() if text.session_id == session_id]
        return [describe_heard(part_id, self._open.pop(part_id)) for part_id in ended]

    def break_off(self) -> list[PartFacts]:
        """The stream broke: nothing that was open can be continued, and who watches has missed something."""
        heard = [describe_heard(part_id, text) for part_id, text in self._open.items()]
        self._open.clear()
        for chat_id, _ in self._chats.values():
            if chat_id:
                deltas.note_gap(chat_id=chat_id, audience=self._audience)
        return heard


def describe_heard(part_id: str, text: OpenText) -> PartFacts:
    return PartFacts(
        id=part_id,
        message_id=text.message_id,
        session_id=text.session_id,
        kind=text.kind,
        text="".join(text.heard),
    )


def find_root_chat(engine: Engine, session_id: str) -> str:
    """The chat whose own session it is; a delegation's words are read in the engine."""
    chat, subagent = find_place(engine.pk, session_id)
    return chat.pk if chat is not None and subagent is None else ""
