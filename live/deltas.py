"""What is being written right now, for those who watch it: never stored here, and nobody waits for it.

Whoever reads an engine publishes on its event loop. What comes within a moment is put together and sent
once: to the hub of this process, and through Redis to the other processes when there is one (`live.courier`).
What can't be kept up with is dropped, and whoever watches is told to read the chat again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

# Between two sendings; what comes meanwhile goes together. The more chats there were, the longer: each costs
# a frame for each of its listeners.
GATHER_S = 0.03
GATHER_S_A_CHAT = 0.0003
LONGEST_GATHER_S = 0.15
# Of what waits to be sent. Reached only when this process does nothing else for a while.
MAX_GATHERED_CHARACTERS = 4 * 1024 * 1024

KINDS = frozenset({"text", "reasoning"})


@dataclass(frozen=True, slots=True)
class Delta:
    """More text of one part. Both ids are the engine's; `offset` counts UTF-16 units, as a browser does."""

    message_id: str
    part_id: str
    kind: str
    offset: int
    text: str

    @property
    def end(self) -> int:
        return self.offset + measure(self.text)


def measure(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(slots=True)
class Batch:
    """What has happened in one chat since the last sending, in the order to tell it: gap, deltas, changes."""

    chat_id: str
    audience: str
    is_gapped: bool = False
    # By part; what continues the one before is joined to it.
    deltas: dict[str, list[Delta]] = field(default_factory=dict)
    changed: dict[str, None] = field(default_factory=dict)

    def add(self, delta: Delta) -> None:
        known = self.deltas.setdefault(delta.part_id, [])
        if known and known[-1].end == delta.offset:
            known[-1] = replace(known[-1], text=known[-1].text + delta.text)
        else:
            known.append(delta)

    def list_deltas(self) -> Iterator[Delta]:
        for deltas in self.deltas.values():
            yield from deltas


# What is open in a chat right now, each part whole from its beginning.
Source = Callable[[str], list[Delta]]
Receiver = Callable[[Batch], None]


class Board:
    """Gathers, for one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.batches: dict[str, Batch] = {}
        self.gathered = 0
        self.due_at_s = 0.0
        self.timer: asyncio.Handle | None = None

    def take(self, chat_id: str, audience: str) -> Batch:
        """The open batch of a chat; it will be sent soon."""
        batch = self.batches.get(chat_id)
        if batch is None:
            batch = self.batches[chat_id] = Batch(chat_id, audience)
        if self.timer is None:
            self.timer = self.loop.call_later(max(0.0, self.due_at_s - time.monotonic()), self.send)
        return batch

    def add(self, chat_id: str, audience: str, delta: Delta) -> None:
        batch = self.take(chat_id, audience)
        if self.gathered + len(delta.text) > MAX_GATHERED_CHARACTERS:
            batch.deltas.clear()
            batch.is_gapped = True
        else:
            self.gathered += len(delta.text)
            batch.add(delta)

    def send(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer, self.gathered = None, 0
        batches, self.batches = self.batches, {}
        pause_s = min(GATHER_S + GATHER_S_A_CHAT * len(batches), LONGEST_GATHER_S)
        self.due_at_s = time.monotonic() + pause_s
        for batch in batches.values():
            for receiver in tuple(receivers):
                receiver(batch)


def publish(
    *, chat_id: str, audience: str, message_id: str, part_id: str, kind: str, offset: int, text: str
) -> None:
    """More text of a part. On an event loop; costs next to nothing while nobody watches."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}")
    get_board().add(chat_id, audience, Delta(message_id, part_id, kind, offset, text))


def note_change(*, chat_id: str, audience: str, message_id: str) -> None:
    """Parts of a message were stored: whoever watches reads it again."""
    get_board().take(chat_id, audience).changed[message_id] = None


def note_gap(*, chat_id: str, audience: str) -> None:
    """Something of a chat was missed: whoever watches reads it again."""
    get_board().take(chat_id, audience).is_gapped = True


def add_source(source: Source) -> None:
    """Who knows the beginning of what is being written, for those who come in the middle."""
    sources.append(source)


def remove_source(source: Source) -> None:
    sources.remove(source)


def add_receiver(receiver: Receiver) -> None:
    """Called on the publisher's event loop with what was gathered of one chat."""
    receivers.append(receiver)


def remove_receiver(receiver: Receiver) -> None:
    receivers.remove(receiver)


def list_open(chat_id: str) -> list[Delta]:
    """What this process's engines write in a chat now, from its beginning; nothing of it is left to send."""
    send_gathered()
    return [delta for source in sources for delta in source(chat_id)]


def send_gathered() -> None:
    if _board is not None and _board.batches:
        _board.send()


def get_board() -> Board:
    """Of the running loop."""
    global _board  # noqa: PLW0603 - one for each process, made anew with its loop
    loop = asyncio.get_running_loop()
    if _board is None or _board.loop is not loop:
        _board = Board(loop)
    return _board


_board: Board | None = None
sources: list[Source] = []
receivers: list[Receiver] = []
