"""The recorded streams, told in any order, in any pieces, with any of it twice: the same conversations."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from engines.models import Chat, Engine, Message
from relay.link import EngineLink
from relay.messages import MessageBuffer
from relay.opencode.frames import MessageUpdated, PartUpdated, parse
from tests.factories import make_engine, make_session, make_team
from tests.relay.opencode.captures import STREAMS, read_frames

pytestmark = pytest.mark.django_db

T = TypeVar("T")
Told = MessageUpdated | PartUpdated


class Here:
    """A link without an engine: what is written is written on this thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def write(self, function: Callable[..., T], /, **kwargs: Any) -> T:
        return function(**kwargs)


def read_told(name: str) -> list[Told]:
    frames = (parse(raw) for raw in read_frames(name))
    return [frame for frame in frames if isinstance(frame, MessageUpdated | PartUpdated)]


def tell(engine: Engine, pieces: list[list[Told]]) -> list[dict[str, Any]]:
    """The conversations afterwards; one writing for each piece. Nothing is left behind."""
    buffer = MessageBuffer(cast("EngineLink", Here(engine)), on_changed=lambda _message: None)
    for piece in pieces:
        for frame in piece:
            if isinstance(frame, MessageUpdated):
                buffer.add_message(frame.message)
            else:
                buffer.add_part(frame.part)
        # Nothing in it waits, so it ends at once.
        with pytest.raises(StopIteration):
            buffer.flush().send(None)
    names = ("ai_engine_message_id", "role", "parent_id", "engine_message_status", "created", "parts")
    rows = list(Message.objects.order_by("ai_engine_message_id").values(*names))
    Message.objects.all().delete()
    told = {frame.message.id for piece in pieces for frame in piece if isinstance(frame, MessageUpdated)}
    for row in rows:
        if row["ai_engine_message_id"] not in told:
            # Only a part of it was heard of: it is as old as that.
            del row["created"]
    return rows


# Streams that say something, each with its orders: mixed, with some of it twice, and where it is cut.
RECORDED = {name: told for name in STREAMS if len(told := read_told(name)) > 1}


@st.composite
def orders(draw: st.DrawFn, told: list[Told]) -> list[list[Told]]:
    repeated = draw(st.lists(st.sampled_from(told), max_size=5))
    mixed = draw(st.permutations([*told, *repeated]))
    cuts = sorted(draw(st.sets(st.integers(1, len(mixed) - 1), max_size=4)))
    return [mixed[start:end] for start, end in itertools.pairwise([0, *cuts, len(mixed)])]


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDED)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15)
@given(data=st.data())
def test_any_order_and_any_repetition_make_the_same_conversation(name: str, data: st.DataObject) -> None:
    told = RECORDED[name]
    pieces = data.draw(orders(told))
    engine = Engine.objects.first() or make_engine(make_team())
    for frame in told:
        session_id = frame.message.session_id if isinstance(frame, MessageUpdated) else frame.part.session_id
        if not Chat.objects.filter(ai_engine_session_id=session_id).exists():
            make_session(engine, session_id)
    expected = tell(engine, [[frame] for frame in told])
    assert tell(engine, pieces) == expected


def test_the_recorded_turn_is_what_a_conversation_shows() -> None:
    engine = make_engine(make_team())
    make_session(engine, "ses_e0031f01bffe6qlPCkuNhBEVdg")
    asked, called, answered = tell(engine, [RECORDED["global_bash_once"]])
    shown = [
        {key: value for key, value in part.items() if key != "id"}
        for message in (asked, called, answered)
        for part in message["parts"]
    ]
    assert shown == [
        {"type": "text", "text": "please [bash]"},
        {"type": "step", "phase": "start"},
        {
            "type": "tool",
            "tool": "bash",
            "callID": "call_bash_0_0",
            "status": "completed",
            # The engine's is the command.
            "title": "",
        },
        {"type": "step", "phase": "finish"},
        {"type": "step", "phase": "start"},
        {"type": "text", "text": "The command finished."},
        {"type": "step", "phase": "finish"},
    ]
    assert [message["engine_message_status"] for message in (asked, called, answered)] == [
        "",
        "completed",
        "completed",
    ]
