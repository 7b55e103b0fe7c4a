"""docs/listening.md names every close code and frame, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from events.changes import TOPICS
from live.enums import CloseCode, FrameType

TEXT = (Path(__file__).resolve().parent.parent.parent / "docs" / "listening.md").read_text()


def test_close_codes_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| (4\d{3}) \| (\w+) \| ([^|]+) \|", TEXT, flags=re.MULTILINE)
    assert [(int(code), name, why) for code, name, why in rows] == [
        (code.value, code.name.lower(), code.label) for code in CloseCode
    ]


def test_frame_types_are_those_of_the_code() -> None:
    assert re.findall(r"^\| `(\w+)` \|", TEXT, flags=re.MULTILINE) == [kind.value for kind in FrameType]
    assert set(re.findall(r'"type": "(\w+)"', TEXT)) == set(FrameType)


def test_topics_are_those_of_the_code() -> None:
    [line] = re.findall(r"^- `topics`: (.+)\. Absent", TEXT, flags=re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", line)) == TOPICS
