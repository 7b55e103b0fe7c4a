"""Ids of our choice look like the engine's own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from relay.opencode.ids import make_message_id, make_part_id

pytestmark = pytest.mark.pure

CAPTURE = Path(__file__).parents[2] / "data" / "opencode" / "global_bash_once.jsonl"
SHAPE = re.compile(r"(msg|prt)_[0-9a-f]{12}[0-9A-Za-z]{14}")


def test_our_ids_have_the_shape_of_the_engines_own() -> None:
    recorded = set(re.findall(r'"((?:msg|prt)_[^"]*)"', CAPTURE.read_text()))
    assert recorded
    for identifier in (*recorded, make_message_id(), make_part_id()):
        assert SHAPE.fullmatch(identifier)
    assert make_message_id().startswith("msg_")
    assert make_part_id().startswith("prt_")


def test_an_id_tells_its_moment_as_the_engines_do() -> None:
    frames = [json.loads(line) for line in CAPTURE.read_text().splitlines()]
    messages = [
        frame["payload"]["properties"]["info"]
        for frame in frames
        if frame["payload"]["type"] == "message.updated"
    ]
    assert messages
    for message in messages:
        ours = make_message_id(message["time"]["created"])
        # A message is made some moments after its id.
        assert abs(read_ms(ours) - read_ms(message["id"])) <= 100


def test_no_two_ids_are_the_same() -> None:
    made = [make_part_id(1_800_000_000_000) for _ in range(10_000)]
    assert len(set(made)) == len(made)


def read_ms(identifier: str) -> int:
    return int(identifier[4:16], 16) >> 12
