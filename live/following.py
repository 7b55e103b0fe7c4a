"""Who watches which chats in this process, and what they are told of them.

Kept apart from the events: nothing of it is in the log, and whoever can't keep up is told to read again.
Whether a listener may watch is looked up when it comes, and by its rights of the moment at every delivery.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from functools import partial

from events.database_threads import DatabaseThread
from live import deltas
from live.deltas import Batch, Delta
from live.enums import FrameType
from live.listeners import Listener
from live.messages import ChatFrame
from live.registry import find_audiences

CHAT = "chat"


class Following:
    """Lives on the hub's event loop; `get_thread` gives the hub's database thread."""

    def __init__(self, get_thread: Callable[[], DatabaseThread]) -> None:
        self.get_thread = get_thread
        self.places: defaultdict[str, set[Listener]] = defaultdict(set)
        # Told of chats that get their first follower here, and of those that lose their last.
        self.on_first: Callable[[str], None] = ignore
        self.on_last: Callable[[str], None] = ignore

    # Following -----------------------------------------------------------------------------------

    async def follow(self, listener: Listener, chat_ids: Collection[str]) -> None:
        """Follow these and nothing else; the listener is told which of them it may. Raises ProtocolError."""
        known = await self.get_thread().run(partial(find_audiences, CHAT, chat_ids))
        if listener.close_code is not None:
            return
        allowed = {
            chat_id: audience
            for chat_id, audience in known.items()
            if chat_id in chat_ids and listener.rights.allows_content(audience)
        }
        # What was said before is not said again to those who were here, and not at all to who comes now.
        deltas.send_gathered()
        added = allowed.keys() - listener.followed.keys()
        for chat_id in listener.followed.keys() - allowed.keys():
            self.remove(listener, chat_id)
        listener.tell_following(allowed, set(chat_ids) - allowed.keys())
        for chat_id in sorted(added):
            self.add(listener, chat_id)
            for delta in deltas.list_open(chat_id):
                listener.offer_chat(encode_delta(chat_id, delta))

    def leave(self, listener: Listener) -> None:
        """It follows nothing any more."""
        for chat_id in listener.followed:
            self.remove(listener, chat_id)
        listener.followed = {}

    def review(self, listener: Listener) -> None:
        """Its rights have changed: what it may no longer follow ends, and it is told."""
        for chat_id, audience in list(listener.followed.items()):
            if not listener.rights.allows_content(audience):
                self.remove(listener, chat_id)
                del listener.followed[chat_id]
                listener.deny(chat_id)

    def add(self, listener: Listener, chat_id: str) -> None:
        followers = self.places[chat_id]
        if not followers:
            self.on_first(chat_id)
        followers.add(listener)

    def remove(self, listener: Listener, chat_id: str) -> None:
        self.places[chat_id].discard(listener)
        if not self.places[chat_id]:
            del self.places[chat_id]
            self.on_last(chat_id)

    # Telling -------------------------------------------------------------------------------------

    def deliver(self, batch: Batch) -> None:
        """What has happened in one chat, encoded once for all who follow it here."""
        if batch.chat_id not in self.places:
            return
        followers = [
            listener
            for listener in self.places[batch.chat_id]
            if listener.rights.allows_content(batch.audience)
        ]
        for frame in encode_batch(batch) if followers else ():
            for listener in followers:
                listener.offer_chat(frame)

    def tell_of_gaps(self) -> None:
        """What was published elsewhere may have been missed."""
        for chat_id, followers in self.places.items():
            for listener in followers:
                listener.tell_of_gap(chat_id)


def encode_batch(batch: Batch) -> Iterator[ChatFrame]:
    if batch.is_gapped:
        yield ChatFrame.of(FrameType.GAP, batch.chat_id)
    for delta in batch.list_deltas():
        yield encode_delta(batch.chat_id, delta)
    for message_id in batch.changed:
        yield ChatFrame.of(FrameType.CHANGED, batch.chat_id, message=message_id)


def encode_delta(chat_id: str, delta: Delta) -> ChatFrame:
    return ChatFrame.of(
        FrameType.DELTA,
        chat_id,
        message=delta.message_id,
        part=delta.part_id,
        kind=delta.kind,
        offset=delta.offset,
        text=delta.text,
    )


def ignore(_chat_id: str) -> None:
    pass
