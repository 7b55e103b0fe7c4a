from __future__ import annotations

from enum import StrEnum

from django.db import models


class CloseCode(models.IntegerChoices):
    """Why the server ended a websocket. docs/listening.md tells clients what to do about each."""

    MALFORMED = 4000, "a frame or the query was not understood"
    UNAUTHENTICATED = 4001, "no valid session and no valid token"
    FOREIGN_ORIGIN = 4002, "a page of another site, or none, tried to use a session"
    RIGHTS_ENDED = 4003, "the session, token or user ended"
    MISSING_SCOPE = 4004, "the token lacks the scope events:read"
    TOO_FAR_BEHIND = 4008, "too much was sent and not acknowledged in time"
    FRAME_TOO_LONG = 4009, "a client frame was longer than any that is understood"
    UNAVAILABLE = 4013, "the stream is not running just now"


class FrameType(StrEnum):
    """The member `type` of every frame the server sends."""

    EVENT = "event"
    READY = "ready"
    HEARTBEAT = "heartbeat"
    RESET = "reset"


class CredentialKind(StrEnum):
    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - a kind, not a secret
