"""One listener: what waits to be sent to it, what it has not acknowledged, and why it ended."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import Any

from events.changes import TOPICS
from live.enums import CloseCode, FrameType, ListenerKind
from live.messages import ChatFrame, EventFrame, FollowingFrame, Frame, MarkFrame, ProtocolError
from live.rights import TEAM_PREFIX, Credential, Rights

# The server's send returns at once and buffers without bound, so what bounds memory is what the client
# has acknowledged.
MAX_UNACKNOWLEDGED_FRAMES = 256
MAX_UNACKNOWLEDGED_BYTES = 4 * 1024 * 1024
# Of what is said about followed chats since the client last acknowledged anything. Beyond it: a gap.
MAX_UNHEARD_BYTES = 2 * 1024 * 1024

NO_RIGHTS = Rights(frozenset(), sees_all_teams=False)


class Listener:
    """Written to by the hub, read by one sender task; lives on one event loop.

    `cursor` is the highest seq that this listener needs no more: sent, or examined and not for it.
    While `is_live` the hub delivers, and has examined everything up to its own cursor.
    """

    __slots__ = (
        "close_code",
        "credential",
        "cursor",
        "followed",
        "gapped",
        "is_greeted",
        "is_live",
        "kind",
        "outbox",
        "queued_bytes",
        "rights",
        "rights_number",
        "told",
        "topics",
        "unacknowledged",
        "unacknowledged_bytes",
        "unheard_bytes",
        "waiter",
    )

    def __init__(
        self,
        credential: Credential,
        topics: frozenset[str] = TOPICS,
        kind: ListenerKind = ListenerKind.WEBSOCKET,
    ) -> None:
        self.credential = credential
        self.topics = topics
        self.kind = kind
        self.rights = NO_RIGHTS
        self.rights_number = 0
        self.cursor = 0
        self.told = 0
        self.is_live = False
        self.is_greeted = False
        self.close_code: CloseCode | None = None
        self.outbox: list[Frame] = []
        self.unacknowledged: deque[EventFrame] = deque()
        self.unacknowledged_bytes = 0
        self.waiter: asyncio.Future[Any] | None = None
        # Followed chats and whose they are; those of which something was dropped; the bytes said of them that
        # wait in the outbox, and those that were sent since the client last acknowledged anything.
        self.followed: dict[str, str] = {}
        self.gapped: set[str] = set()
        self.queued_bytes = 0
        self.unheard_bytes = 0

    # The hub's side ------------------------------------------------------------------------------

    def offer(self, frame: EventFrame) -> bool:
        """Queue an event, or return False: no more may be sent before the client acknowledges."""
        if frame.seq <= self.cursor:
            return True
        if self.room <= 0:
            return False
        self.outbox.append(frame)
        self.unacknowledged.append(frame)
        self.unacknowledged_bytes += frame.size_bytes
        self.cursor = self.told = frame.seq
        self.wake()
        return True

    def tell(self, kind: FrameType, cursor: int) -> None:
        """Queue a frame without an event."""
        self.outbox.append(MarkFrame(kind, cursor))
        self.told = max(self.told, cursor)
        self.wake()

    def offer_chat(self, frame: ChatFrame) -> None:
        """Queue what happens in a followed chat, or drop it: the client is told when it takes more again."""
        if frame.chat_id in self.gapped:
            return
        if self.queued_bytes + self.unheard_bytes + frame.size_bytes > MAX_UNHEARD_BYTES:
            self.gapped.add(frame.chat_id)
            return
        self.queued_bytes += frame.size_bytes
        self.outbox.append(frame)
        self.wake()

    def tell_of_gap(self, chat_id: str) -> None:
        self.outbox.append(ChatFrame.of(FrameType.GAP, chat_id))
        self.wake()

    def deny(self, chat_id: str) -> None:
        """A chat may not be followed, or no longer: nothing that is still queued of it leaves."""
        self.outbox = [f for f in self.outbox if not (isinstance(f, ChatFrame) and f.chat_id == chat_id)]
        self.queued_bytes = sum(frame.size_bytes for frame in self.outbox if isinstance(frame, ChatFrame))
        self.gapped.discard(chat_id)
        self.outbox.append(ChatFrame.of(FrameType.DENIED, chat_id))
        self.wake()

    def tell_following(self, chats: dict[str, str], denied: Iterable[str]) -> None:
        """Follow these from now on, and nothing else."""
        self.followed = chats
        self.gapped &= chats.keys()
        self.outbox.append(FollowingFrame(sorted(chats)))
        self.outbox.extend(ChatFrame.of(FrameType.DENIED, chat_id) for chat_id in sorted(denied))
        self.wake()

    def skip_to(self, cursor: int) -> None:
        """Start again from `cursor`, which may be lower: what lies between can't be replayed."""
        self.outbox = [frame for frame in self.outbox if isinstance(frame, ChatFrame | FollowingFrame)]
        self.unacknowledged.clear()
        self.unacknowledged_bytes = 0
        self.cursor = cursor
        self.tell(FrameType.RESET, cursor)

    def close(self, code: CloseCode) -> None:
        """Nothing that is still queued leaves any more. The first code stands."""
        if self.close_code is None:
            self.close_code = code
            self.outbox.clear()
            self.wake()

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    # Its sender's side ---------------------------------------------------------------------------

    @property
    def room(self) -> int:
        """How many more events may be sent."""
        if self.unacknowledged_bytes >= MAX_UNACKNOWLEDGED_BYTES:
            return 0
        return MAX_UNACKNOWLEDGED_FRAMES - len(self.unacknowledged)

    def acknowledge(self, seq: int) -> None:
        """The client has everything up to `seq`; raises ProtocolError when it can't have."""
        if seq > self.told:
            raise ProtocolError(CloseCode.MALFORMED)
        while self.unacknowledged and self.unacknowledged[0].seq <= seq:
            self.unacknowledged_bytes -= self.unacknowledged.popleft().size_bytes
        self.unheard_bytes = 0
        gapped, self.gapped = self.gapped, set()
        for chat_id in sorted(gapped):
            self.tell_of_gap(chat_id)
        self.wake()

    def refuse_when_closed(self) -> None:
        """Raises ProtocolError when the socket has to end."""
        if self.close_code is not None:
            raise ProtocolError(self.close_code)

    def take(self) -> list[Frame]:
        """What is queued, in order; raises ProtocolError when the socket has to end."""
        self.refuse_when_closed()
        frames, self.outbox = self.outbox, []
        self.unheard_bytes += self.queued_bytes
        self.queued_bytes = 0
        return frames

    async def wait(self) -> None:
        """Until something has changed for this listener; for its sender alone."""
        self.waiter = asyncio.get_running_loop().create_future()
        try:
            await self.waiter
        finally:
            self.waiter = None

    async def wait_for_room(self, timeout_s: float) -> bool:
        """Whether the client acknowledged something in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.room <= 0 and self.close_code is None:
                    await self.wait()
        except TimeoutError:
            return False
        return True


class AudienceIndex:
    """Live listeners by (audience, topic), so that an event costs nothing to those it is not for."""

    ALL_TEAMS = f"{TEAM_PREFIX}*"

    def __init__(self) -> None:
        self.places: defaultdict[tuple[str, str], set[Listener]] = defaultdict(set)

    def add(self, listener: Listener) -> None:
        for key in self.list_keys(listener):
            self.places[key].add(listener)

    def remove(self, listener: Listener) -> None:
        """Under the rights it was added with."""
        for key in self.list_keys(listener):
            self.places[key].discard(listener)
            if not self.places[key]:
                del self.places[key]

    def find(self, audience: str, topic: str) -> list[Listener]:
        found = list(self.places.get((audience, topic), ()))
        if audience.startswith(TEAM_PREFIX):
            found.extend(self.places.get((self.ALL_TEAMS, topic), ()))
        return found

    def list_keys(self, listener: Listener) -> Iterator[tuple[str, str]]:
        audiences: Iterable[str] = listener.rights.audiences
        if listener.rights.sees_all_teams:
            audiences = {a for a in audiences if not a.startswith(TEAM_PREFIX)} | {self.ALL_TEAMS}
        return ((audience, topic) for audience in audiences for topic in listener.topics)
