"""The stream hands on every frame in order, whatever its length, and ends with an error that says why."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from relay.opencode.calls import Timeouts
from relay.opencode.client import OpenCodeClient
from relay.opencode.errors import (
    EngineError,
    EngineProtocolError,
    EngineUnauthorized,
    EngineUnknown,
    EngineUnreachable,
    StreamEnded,
    StreamOverflow,
    StreamSilent,
)
from relay.opencode.frames import Frame, Heartbeat, PermissionAsked, ServerConnected, SessionIdle
from relay.opencode.stream import MAX_QUEUED_BYTES, EventSplitter, LineSplitter, StreamCounters, follow
from tests.relay.opencode.captures import read_lines
from tests.relay.opencode.odd_engine import OddEngine, answer, hang_up, say_nothing, stream

CONNECTED = b'data: {"payload":{"id":"evt_0","type":"server.connected","properties":{}}}\n\n'
HEARTBEAT = b'data: {"payload":{"id":"evt_h","type":"server.heartbeat","properties":{}}}\n\n'
QUICK = Timeouts(connect_s=1.0, call_s=1.0, stream_connected_s=0.3, stream_read_s=0.3)


def build_event(kind: str, properties: dict[str, Any], event_id: str = "evt_1") -> bytes:
    payload = {"id": event_id, "type": kind, "properties": properties}
    return b"data: " + json.dumps({"directory": "/srv/demo", "payload": payload}).encode() + b"\n\n"


def build_idle(number: int) -> bytes:
    return build_event("session.idle", {"sessionID": f"ses_{number}"}, f"evt_{number}")


async def read_all(
    engine: OddEngine,
    *,
    timeouts: Timeouts | None = None,
    counters: StreamCounters | None = None,
    max_queued_bytes: int = MAX_QUEUED_BYTES,
) -> tuple[list[Frame], EngineError]:
    """Every frame of the stream, and the error it ended with."""
    async with (
        OpenCodeClient(engine.address, password="x", timeouts=timeouts) as client,
        contextlib.aclosing(follow(client, counters=counters, max_queued_bytes=max_queued_bytes)) as found,
    ):
        return await drain(found)


async def drain(found: AsyncIterator[Frame]) -> tuple[list[Frame], EngineError]:
    """Every frame that is left, and the error after them."""
    frames: list[Frame] = []
    try:
        async for frame in found:
            frames.append(frame)  # noqa: PERF401 - kept when the stream ends with an error
    except EngineError as error:
        return frames, error
    raise AssertionError("the stream ended without an error")


async def test_frames_come_in_order_and_the_end_is_an_error() -> None:
    async with OddEngine(stream(CONNECTED, build_idle(1) + build_idle(2), HEARTBEAT)) as engine:
        frames, error = await read_all(engine)
    assert frames == [
        ServerConnected(directory="", event_id="evt_0"),
        SessionIdle(directory="/srv/demo", event_id="evt_1", session_id="ses_1"),
        SessionIdle(directory="/srv/demo", event_id="evt_2", session_id="ses_2"),
        Heartbeat(directory="", event_id="evt_h"),
    ]
    assert isinstance(error, StreamEnded)
    assert engine.requests[0].target == "/global/event"
    assert engine.requests[0].headers["accept"] == "text/event-stream"


async def test_a_recorded_stream_in_small_pieces_gives_the_same_frames() -> None:
    whole = CONNECTED + b"".join(b"data: " + line + b"\n\n" for line in read_lines("global_subagent"))
    pieces = [whole[start : start + 997] for start in range(0, len(whole), 997)]
    async with OddEngine(stream(whole)) as engine:
        expected, _ = await read_all(engine)
    async with OddEngine(stream(*pieces)) as engine:
        assert (await read_all(engine))[0] == expected
    assert len(expected) == 1 + len(read_lines("global_subagent"))


async def test_a_line_of_ten_megabytes_is_one_frame_like_any_other() -> None:
    command = "x" * 10_000_000
    asked = build_event(
        "permission.asked",
        {
            "id": "per_1",
            "sessionID": "ses_1",
            "permission": "bash",
            "patterns": [],
            "metadata": {"command": command},
        },
    )
    started = time.monotonic()
    async with OddEngine(stream(CONNECTED, asked, HEARTBEAT)) as engine:
        frames, _ = await read_all(engine)
    assert [type(frame) for frame in frames] == [ServerConnected, PermissionAsked, Heartbeat]
    assert isinstance(frames[1], PermissionAsked)
    assert frames[1].ask.metadata == {"command": command}
    # Looking again at what was read before would take minutes.
    assert time.monotonic() - started < 20


async def test_noise_and_copies_are_dropped_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    noise = [
        build_event("plugin.added", {"id": "x"}),
        build_event("session.diff", {"diff": []}),
        b'data: {"payload":{"id":"evt_1","type":"sync","syncEvent":{"id":"evt_1"},"properties":{}}}\n\n',
        b": a comment\n\n",
        b"event: ping\nid: 7\nretry: 10\n\n",
        b"\n\n\n",
    ]
    counters = StreamCounters()
    async with OddEngine(stream(CONNECTED, *noise, HEARTBEAT)) as engine:
        frames, _ = await read_all(engine, counters=counters)
    assert [type(frame) for frame in frames] == [ServerConnected, Heartbeat]
    assert counters.malformed == 0
    assert [record for record in caplog.records if record.name.startswith("relay")] == []


async def test_malformed_frames_are_counted_and_logged_without_their_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="relay")
    malformed = [
        b'data: {"secret-command\n\n',
        b'data: "secret-command"\n\n',
        b"data: secret-command \xff\n\n",
        build_event("permission.asked", {"id": "secret-command", "patterns": "secret-command"}),
    ]
    counters = StreamCounters()
    async with OddEngine(stream(CONNECTED, *malformed, HEARTBEAT)) as engine:
        frames, _ = await read_all(engine, counters=counters)
    assert [type(frame) for frame in frames] == [ServerConnected, Heartbeat]
    assert counters == StreamCounters(frames=6, malformed=4)
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 4
    assert "secret-command" not in caplog.text


async def test_no_greeting_in_time_is_silence() -> None:
    for handler in (
        say_nothing,
        stream(is_kept_open=True),
        stream(HEARTBEAT, b": comment\n\n", is_kept_open=True),
    ):
        async with OddEngine(handler) as engine:
            _, error = await read_all(engine, timeouts=QUICK)
        assert isinstance(error, StreamSilent)


async def test_a_stream_without_heartbeat_is_silence() -> None:
    async with OddEngine(stream(CONNECTED, build_idle(1), is_kept_open=True)) as engine:
        frames, error = await read_all(engine, timeouts=QUICK)
    assert [type(frame) for frame in frames] == [ServerConnected, SessionIdle]
    assert isinstance(error, StreamSilent)


@pytest.mark.parametrize(
    ("status", "content_type", "expected"),
    [
        (401, "text/event-stream", EngineUnauthorized),
        (302, "text/event-stream", EngineProtocolError),
        (404, "application/json", EngineUnknown),
        (500, "text/event-stream", EngineUnknown),
        # What the engine answers to a path it does not know: its web page.
        (200, "text/html", EngineProtocolError),
    ],
)
async def test_what_is_no_event_stream_is_named(
    status: int, content_type: str, expected: type[EngineError]
) -> None:
    async with OddEngine(answer(status, b"hello", content_type)) as engine:
        frames, error = await read_all(engine)
    assert (frames, type(error)) == ([], expected)


async def test_an_engine_that_hangs_up_or_is_not_there_is_unreachable() -> None:
    async with OddEngine(hang_up) as engine:
        _, error = await read_all(engine)
    assert isinstance(error, EngineUnreachable)
    # Its port is closed now.
    _, error = await read_all(engine)
    assert isinstance(error, EngineUnreachable)
    assert error.may_have_arrived is False


@pytest.mark.parametrize(("max_frames", "max_bytes"), [(10, 1_000_000), (1000, 1500)])
async def test_a_consumer_that_falls_behind_gets_what_was_queued_and_then_an_error(
    max_frames: int, max_bytes: int
) -> None:
    handler = stream(CONNECTED, *(build_idle(number) for number in range(200)), is_kept_open=True)
    async with (
        OddEngine(handler) as engine,
        OpenCodeClient(engine.address) as client,
        contextlib.aclosing(
            follow(client, max_queued_frames=max_frames, max_queued_bytes=max_bytes)
        ) as found,
    ):
        first = await anext(found)
        # The reader hangs up when the queue has overflowed.
        async with asyncio.timeout(10):
            await engine.requests[0].hung_up.wait()
        frames, error = await drain(found)
    assert isinstance(error, StreamOverflow)
    assert [first, *frames] == [
        ServerConnected(directory="", event_id="evt_0"),
        *(
            SessionIdle(directory="/srv/demo", event_id=f"evt_{number}", session_id=f"ses_{number}")
            for number in range(len(frames))
        ),
    ]
    assert 3 <= len(frames) < 100


async def test_a_single_frame_beyond_the_byte_bound_is_let_in() -> None:
    async with OddEngine(stream(CONNECTED, build_idle(1))) as engine:
        frames, error = await read_all(engine, max_queued_bytes=1)
    assert frames
    assert isinstance(error, (StreamOverflow, StreamEnded))


async def test_leaving_early_closes_the_connection() -> None:
    async with (
        OddEngine(stream(CONNECTED, is_kept_open=True)) as engine,
        OpenCodeClient(engine.address) as client,
    ):
        async with contextlib.aclosing(follow(client)) as found:
            await anext(found)
        async with asyncio.timeout(5):
            await engine.requests[0].hung_up.wait()


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"").rstrip(b"\r"))), st.data())
def test_lines_do_not_depend_on_how_the_bytes_arrive(lines: list[bytes], data: st.DataObject) -> None:
    text = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=10)))
    splitter = LineSplitter()
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        found += splitter.feed(text[start:end])
    assert found == lines


def test_data_lines_of_one_event_are_joined_and_an_open_event_waits() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"data: a\r\ndata:b\r\n\r\ndata: c\n") == [b"a\nb"]
    assert splitter.feed(b"\n") == [b"c"]
