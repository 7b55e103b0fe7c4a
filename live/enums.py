from __future__ import annotations

from enum import StrEnum

from django.db import models


class CloseCode(models.IntegerChoices):
    """Why the server ended a websocket or stream. docs/listening.md tells clients what to do about each."""

    MALFORMED = 4000, "a frame or the query was not understood"
    UNAUTHENTICATED = 4001, "no valid session and no valid token"
    FOREIGN_ORIGIN = 4002, "a page of another site, or none, tried to use a session"
    RIGHTS_ENDED = 4003, "the session, token or user ended"
    MISSING_SCOPE = 4004, "the token lacks the scope events:read"
    TICKET_ENDED = 4005, "the ticket is unknown, was used before, or is past its time"
    TOO_FAR_BEHIND = 4008, "too much was sent and not acknowledged in time"
    FRAME_TOO_LONG = 4009, "a client frame was longer than any that is understood"
    UNAVAILABLE = 4013, "the stream is not running just now"


class FrameType(StrEnum):
    """The member `type` of every frame the server sends; a websocket has its own way to close.

    The last five are about the chats that a websocket follows.
    """

    EVENT = "event"
    READY = "ready"
    HEARTBEAT = "heartbeat"
    RESET = "reset"
    CLOSE = "close"
    FOLLOWING = "following"
    DENIED = "denied"
    DELTA = "delta"
    CHANGED = "changed"
    GAP = "gap"


class ListenerKind(StrEnum):
    """How somebody listens; a wait for one subject's change is a long poll too."""

    WEBSOCKET = "websocket"
    LONG_POLL = "long_poll"
    SERVER_SENT_EVENTS = "server_sent_events"


class CredentialKind(StrEnum):
    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - a kind, not a secret
