"""Parsing what clients send: anything at all ends in an answer or in a named close code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from events.changes import TOPICS
from live.enums import CloseCode
from live.messages import Ack, ProtocolError, Wishes, parse_client_frame, parse_wishes

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.integers(0, 2**63 - 1))
def test_acknowledgement_is_understood(seq: int) -> None:
    assert parse_client_frame({"text": json.dumps({"ack": seq})}) == Ack(seq)


def is_acknowledgement(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"ack"}


frames = st.one_of(
    st.none(),
    st.text(max_size=2000).filter(lambda text: "ack" not in text),
    json_values.filter(lambda value: not is_acknowledgement(value)).map(json.dumps),
)


@given(frames)
def test_any_other_frame_is_a_named_error(text: str | None) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_client_frame({"type": "websocket.receive", "text": text})
    assert caught.value.code in {CloseCode.MALFORMED, CloseCode.FRAME_TOO_LONG}


@given(st.binary(max_size=300))
def test_any_query_is_understood_or_a_named_error(query: bytes) -> None:
    outcome: Wishes | CloseCode
    try:
        outcome = parse_wishes(query)
    except ProtocolError as error:
        outcome = error.code
    assert outcome is CloseCode.MALFORMED or (isinstance(outcome, Wishes) and outcome.topics <= TOPICS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"", Wishes(None, TOPICS)),
        (b"since=0", Wishes(0, TOPICS)),
        (b"since=007", Wishes(7, TOPICS)),
        (b"topics=requests", Wishes(None, frozenset({"requests"}))),
        (
            b"topics=requests%2Cchats&since=9223372036854775807",
            Wishes(2**63 - 1, frozenset({"requests", "chats"})),
        ),
    ],
)
def test_query_is_understood(query: bytes, expected: Any) -> None:
    assert parse_wishes(query) == expected
