"""What can go wrong between us and an OpenCode server.

The messages are for people and logs; they never hold a body, a credential or a command.
"""

from __future__ import annotations


class EngineError(Exception):
    """The engine did not do what was asked, or we can't know."""


class EngineUnreachable(EngineError):
    """No connection, or no complete answer in time.

    `may_have_arrived` is False only when no connection came about, so that nothing was sent.
    """

    def __init__(self, message: str, *, may_have_arrived: bool) -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived


class EngineUnauthorized(EngineError):
    """The engine refused our credentials."""


class EngineProtocolError(EngineError):
    """The engine answered nonsense: no JSON, wrong types, too much, a redirect."""


class EngineUnknown(EngineError):
    """The engine answered with a status that says nothing about what was asked (400 on a list, 5xx)."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class StreamSilent(EngineUnreachable):
    """The event stream showed no `server.connected`, or no heartbeat, in time."""

    def __init__(self, message: str) -> None:
        super().__init__(message, may_have_arrived=True)


class StreamEnded(EngineUnreachable):
    """The engine closed the event stream. What happened since is not sent again: reconcile by listing."""

    def __init__(self, message: str) -> None:
        super().__init__(message, may_have_arrived=True)


class StreamOverflow(EngineError):
    """We did not keep up with the event stream; frames are lost. Reconnect and reconcile by listing."""
