"""The words of the stream: what a client may ask and send, what the server says. Strict both ways."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self
from urllib.parse import parse_qsl

import orjson

from events.changes import TOPICS
from events.models import Event
from live.enums import CloseCode, FrameType

MAX_SEQ = 2**63 - 1
MAX_CLIENT_FRAME_BYTES = 2048
MAX_QUERY_BYTES = 2048
QUERY_NAMES = frozenset({"since", "topics", "ticket", "chats"})
# One listener follows at most so many.
MAX_CHATS = 50
CHAT_ID = re.compile(r"[0-9a-z]{15}")


class ProtocolError(Exception):
    """A websocket or stream has to end; the close code says why."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.label)
        self.code = code


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a listener asks for. `since` None: from now; events after it otherwise."""

    since: int | None
    topics: frozenset[str]
    ticket: str | None = field(default=None, repr=False)
    chats: frozenset[str] = frozenset()


def parse_since(text: str) -> int:
    """Raises ValueError with a sentence."""
    # Twenty digits hold every 63-bit number; int() of a longer text only costs time.
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) <= MAX_SEQ):
        raise ValueError("since is a cursor: a whole number from 0 on.")
    return int(text)


def parse_topics(text: str) -> frozenset[str]:
    """Names separated by commas; raises ValueError with a sentence."""
    topics = frozenset(text.split(","))
    if not topics <= TOPICS:
        raise ValueError(f"topics are some of {', '.join(sorted(TOPICS))}, separated by commas.")
    return topics


def parse_chats(ids: Collection[str]) -> frozenset[str]:
    """Raises ValueError with a sentence."""
    if len(ids) > MAX_CHATS or not all(isinstance(each, str) and CHAT_ID.fullmatch(each) for each in ids):
        raise ValueError(f"chats are ids of at most {MAX_CHATS} chats.")
    return frozenset(ids)


def parse_wishes(query_string: bytes) -> Wishes:
    """Of a websocket's query. An unknown or repeated name ends it, so that a token in it never works."""
    try:
        values = parse_query(query_string)
        since = parse_since(values["since"]) if "since" in values else None
        topics = parse_topics(values["topics"]) if "topics" in values else TOPICS
        chats = parse_chats(values["chats"].split(",")) if "chats" in values else frozenset[str]()
    except ValueError as error:
        raise ProtocolError(CloseCode.MALFORMED) from error
    return Wishes(since, topics, values.get("ticket"), chats)


def parse_query(query_string: bytes) -> dict[str, str]:
    """Raises ValueError."""
    if not query_string:
        return {}
    if len(query_string) > MAX_QUERY_BYTES:
        raise ValueError("the query is too long")
    pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    values = dict(pairs)
    if len(values) != len(pairs) or not values.keys() <= QUERY_NAMES:
        raise ValueError("the query has an unknown or repeated name")
    return values


@dataclass(frozen=True, slots=True)
class Ack:
    """The client has everything up to and including `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class Follow:
    """The client follows these chats from now on, and no others."""

    chats: frozenset[str]


def parse_client_frame(message: dict[str, Any]) -> Ack | Follow:
    """Of an ASGI `websocket.receive` message; raises ProtocolError."""
    text = message.get("text")
    if text is None:
        # Nothing that a client may say is binary.
        raise ProtocolError(CloseCode.MALFORMED)
    if len(text) > MAX_CLIENT_FRAME_BYTES:
        raise ProtocolError(CloseCode.FRAME_TOO_LONG)
    try:
        return read_client_frame(orjson.loads(text))
    except ValueError as error:
        raise ProtocolError(CloseCode.MALFORMED) from error


def read_client_frame(frame: Any) -> Ack | Follow:
    """Raises ValueError."""
    match frame:
        case {"ack": int(seq), **others} if not others and type(seq) is int and 0 <= seq <= MAX_SEQ:
            return Ack(seq)
        case {"chats": list(chats), **others} if not others:
            return Follow(parse_chats(chats))
    raise ValueError("a client acknowledges, or says which chats it follows.")


@dataclass(eq=False)
class EventFrame:
    """One event, encoded once for every listener of this process."""

    seq: int
    text: str
    size_bytes: int

    @classmethod
    def of(cls, event: Event) -> Self:
        encoded = orjson.dumps({"type": FrameType.EVENT, **describe_event(event)})
        return cls(event.seq, encoded.decode(), len(encoded))

    @property
    def cursor(self) -> int:
        return self.seq

    @cached_property
    def block(self) -> bytes:
        """As one of the server-sent events; JSON has no line breaks."""
        return f"id: {self.seq}\ndata: {self.text}\n\n".encode()


@dataclass(eq=False)
class MarkFrame:
    """A frame without an event. `cursor` is the highest seq examined for this listener.

    ready: everything up to the cursor has been sent, what follows is live; heartbeat: still so;
    reset: what lies before the cursor can't be replayed, read your lists again.
    """

    kind: FrameType
    cursor: int

    @cached_property
    def text(self) -> str:
        return orjson.dumps({"type": self.kind, "cursor": self.cursor}).decode()

    @property
    def block(self) -> bytes:
        """As one of the server-sent events; an id without data moves Last-Event-ID and is told to nobody."""
        if self.kind is FrameType.HEARTBEAT:
            return f": heartbeat\nid: {self.cursor}\n\n".encode()
        return f"event: {self.kind}\nid: {self.cursor}\ndata: {self.text}\n\n".encode()


@dataclass(eq=False)
class ChatFrame:
    """About a chat that the listener follows: not in the log, so it has no place there; may be dropped."""

    chat_id: str
    frame_type: FrameType
    text: str
    cursor: int = 0

    @classmethod
    def of(cls, frame_type: FrameType, chat_id: str, /, **facts: Any) -> Self:
        text = orjson.dumps({"type": frame_type, "chat": chat_id, **facts}).decode()
        return cls(chat_id, frame_type, text)

    @property
    def size_bytes(self) -> int:
        """At least; most of it is ASCII."""
        return len(self.text)

    @property
    def block(self) -> bytes:
        """As one of the server-sent events."""
        return f"event: {self.frame_type}\ndata: {self.text}\n\n".encode()


@dataclass(eq=False)
class FollowingFrame:
    """What the listener follows now: what comes next of these chats is complete from here on."""

    chats: list[str]
    cursor: int = 0

    @cached_property
    def text(self) -> str:
        return orjson.dumps({"type": FrameType.FOLLOWING, "chats": self.chats}).decode()

    @property
    def block(self) -> bytes:
        return f"event: {FrameType.FOLLOWING}\ndata: {self.text}\n\n".encode()


Frame = EventFrame | MarkFrame | ChatFrame | FollowingFrame


def encode_close(code: CloseCode) -> bytes:
    """The last of the server-sent events of a stream that does not merely pause."""
    text = orjson.dumps({"type": FrameType.CLOSE, "code": code.value, "reason": code.name.lower()}).decode()
    return f"event: {FrameType.CLOSE}\ndata: {text}\n\n".encode()


def describe_event(event: Event) -> dict[str, Any]:
    """What every door says of one event: state words and ids, never content."""
    return {
        "seq": event.seq,
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "kind": event.kind,
        "topic": event.topic,
        "subject": {"kind": event.subject_kind, "id": event.subject_id},
        "words": event.words,
    }
