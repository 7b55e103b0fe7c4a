"""A reader of server-sent events after the HTML standard, section 9.2.6, for whole bytes of UTF-8."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass
class ServerSentReader:
    """Fed with the body as it arrives; `last_id` is what a browser would send as Last-Event-ID."""

    last_id: str = ""
    retry_ms: int | None = None
    comments: list[str] = field(default_factory=list)
    rest: bytes = b""
    name: str = ""
    data: list[str] = field(default_factory=list)

    def feed(self, chunk: bytes) -> Iterator[tuple[str, Any]]:
        """(event name, the data's JSON) of each event that is complete now."""
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        for line in lines:
            if line:
                self.take_line(line.decode())
                continue
            if self.data:
                yield self.name or "message", orjson.loads("\n".join(self.data))
            self.name, self.data = "", []

    def take_line(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "":
            self.comments.append(value)
        elif name == "event":
            self.name = value
        elif name == "data":
            self.data.append(value)
        elif name == "id":
            self.last_id = value
        elif name == "retry":
            self.retry_ms = int(value)
