"""The recorded streams and exchanges under tests/data/opencode."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "data" / "opencode"
STREAMS = sorted(path.stem for path in FOLDER.glob("global_*.jsonl"))


def read_lines(name: str) -> list[bytes]:
    """The recorded lines of one capture, undecoded."""
    return (FOLDER / f"{name}.jsonl").read_bytes().splitlines()


def read_frames(name: str) -> list[Any]:
    """The decoded lines of one capture."""
    return [json.loads(line) for line in read_lines(name)]


def find_exchange(note: str, path: str = "") -> Any:
    """The first recorded HTTP exchange with this note, and with this path when one is given."""
    exchanges = (json.loads(line) for line in read_lines("http"))
    return next(
        exchange
        for exchange in exchanges
        if exchange["note"] == note and path in {"", exchange["request"]["path"]}
    )
