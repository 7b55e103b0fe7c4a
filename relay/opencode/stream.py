"""The engine's event stream, read fast and handed on through a bounded queue.

The engine neither replays nor bounds its own queue: a slow reader costs it memory, and what happens
while nobody listens is never sent again. So a task of ours reads as fast as it can, and when whoever
consumes the frames falls too far behind, the stream ends with StreamOverflow; the caller reconnects and
reconciles by listing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import httpx

from events.errors import Invalid
from relay.opencode.calls import check_status, describe_transport_error
from relay.opencode.client import OpenCodeClient
from relay.opencode.decoding import decode_json
from relay.opencode.errors import (
    EngineError,
    EngineProtocolError,
    EngineUnknown,
    StreamEnded,
    StreamOverflow,
    StreamSilent,
)
from relay.opencode.frames import Frame, ServerConnected, parse

logger = logging.getLogger(__name__)

PATH = "/global/event"
# Two hundred agents that write come to some thousands a second.
MAX_QUEUED_FRAMES = 32_768
MAX_QUEUED_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class StreamCounters:
    """What one stream has seen; `malformed` frames were skipped."""

    frames: int = 0
    malformed: int = 0


async def follow(
    client: OpenCodeClient,
    *,
    counters: StreamCounters | None = None,
    max_queued_frames: int = MAX_QUEUED_FRAMES,
    max_queued_bytes: int = MAX_QUEUED_BYTES,
) -> AsyncGenerator[Frame, None]:
    """Yield the frames of the engine's global stream until it ends, which it always does with an EngineError.

    The first frame is ServerConnected. Nothing received before the end is lost: queued frames come first, the
    error after them. Iterate within `contextlib.aclosing(follow(...))`, so that leaving early closes the
    connection at once.
    """
    queue = _FrameQueue(max_queued_frames, max_queued_bytes)
    reader = asyncio.create_task(_read_into(queue, client, counters or StreamCounters()))
    try:
        while True:
            yield await queue.get()
    finally:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader


class _FrameQueue:
    """Frames waiting for the consumer, bounded in number and in bytes on the wire."""

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._frames: deque[tuple[Frame, int]] = deque()
        self._queued_bytes = 0
        self._end: EngineError | None = None
        self._changed = asyncio.Event()

    def put(self, frame: Frame, size_bytes: int) -> None:
        """Raise StreamOverflow when there is no room. A single frame is let in whatever its length."""
        is_full = len(self._frames) >= self._max_frames or self._queued_bytes + size_bytes > self._max_bytes
        if is_full and self._frames:
            raise StreamOverflow("We did not keep up with the engine's events; frames were lost.")
        self._frames.append((frame, size_bytes))
        self._queued_bytes += size_bytes
        self._changed.set()

    def end(self, error: EngineError) -> None:
        self._end = error
        self._changed.set()

    async def get(self) -> Frame:
        while not self._frames:
            if self._end is not None:
                raise self._end
            self._changed.clear()
            await self._changed.wait()
        frame, size_bytes = self._frames.popleft()
        self._queued_bytes -= size_bytes
        return frame


class LineSplitter:
    """Cuts a byte stream into lines of any length, looking at each byte once."""

    def __init__(self) -> None:
        self._open: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` completes, without their line ends."""
        first, *rest = chunk.split(b"\n")
        self._open.append(first)
        if not rest:
            return []
        lines = [b"".join(self._open), *rest[:-1]]
        self._open = [rest[-1]]
        return [line.removesuffix(b"\r") for line in lines]


class EventSplitter:
    """Server-sent events: the joined `data:` lines of each event; everything else is ignored."""

    def __init__(self) -> None:
        self._lines = LineSplitter()
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of the events that `chunk` completes."""
        events = []
        for line in self._lines.feed(chunk):
            if not line:
                if self._data:
                    events.append(b"\n".join(self._data))
                    self._data = []
            elif line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
        return events


async def _read_into(queue: _FrameQueue, client: OpenCodeClient, counters: StreamCounters) -> None:
    try:
        await _read(queue, client, counters)
    except EngineError as error:
        queue.end(error)
    except (httpx.TransportError, Invalid) as error:
        queue.end(_describe_break(error, client))
    except Exception:
        # Without this the consumer would wait for ever on a reader that is gone.
        logger.exception("The event stream's reader failed.")
        queue.end(StreamEnded("The event stream's reader failed."))


async def _read(queue: _FrameQueue, client: OpenCodeClient, counters: StreamCounters) -> None:
    timeouts = client.connection.timeouts
    limits = httpx.Timeout(timeouts.call_s, connect=timeouts.connect_s, read=timeouts.stream_read_s)
    loop = asyncio.get_running_loop()
    # The connection has its own time-out, the greeting is due after it.
    deadline = asyncio.timeout_at(loop.time() + timeouts.connect_s + timeouts.stream_connected_s)
    request = client.connection.http.build_request(
        "GET", PATH, headers={"accept": "text/event-stream"}, timeout=limits
    )
    response: httpx.Response | None = None
    try:
        async with deadline:
            response = await client.connection.http.send(request, stream=True)
            _check_answer(response)
            deadline.reschedule(loop.time() + timeouts.stream_connected_s)
            splitter = EventSplitter()
            async for chunk in response.aiter_raw():
                for data in splitter.feed(chunk):
                    frame = _parse(data, counters)
                    if isinstance(frame, ServerConnected):
                        deadline.reschedule(None)
                    if frame is not None:
                        queue.put(frame, len(data))
    except TimeoutError:
        text = f"The event stream showed no greeting within {timeouts.stream_connected_s:g} s."
        raise StreamSilent(text) from None
    finally:
        if response is not None:
            await response.aclose()
    raise StreamEnded("The engine closed the event stream.")


def _check_answer(response: httpx.Response) -> None:
    status = response.status_code
    check_status(status)
    if status != httpx.codes.OK:
        raise EngineUnknown(f"The engine answered {status} to the event stream.", status=status)
    if response.headers.get("content-type", "").partition(";")[0].strip() != "text/event-stream":
        raise EngineProtocolError("The engine answered the event stream with something else.")


def _parse(data: bytes, counters: StreamCounters) -> Frame | None:
    counters.frames += 1
    try:
        return parse(decode_json(data))
    except EngineProtocolError as error:
        counters.malformed += 1
        logger.warning("Skipped a malformed event of %d bytes: %s", len(data), error)
        return None


def _describe_break(error: httpx.TransportError | Invalid, client: OpenCodeClient) -> EngineError:
    if isinstance(error, httpx.ReadTimeout):
        return StreamSilent(f"No event and no heartbeat for {client.connection.timeouts.stream_read_s:g} s.")
    return describe_transport_error(error)
