"""Errors of the domain, each with a stable code; every door translates them in its own way."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """Something the caller asked for was not done, and nothing changed.

    `code` is stable and machine-readable, the message is a sentence for a person,
    `facts` are extra members of the answer (text and integers only).
    """

    status = 400
    default_code = "invalid"

    def __init__(self, message: str, *, code: str | None = None, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.facts = facts


class Invalid(DomainError):
    """The input is wrong."""


class Refused(DomainError):
    """The actor may not do this. Audited by `changes()` when the actor is authenticated."""

    status = 403
    default_code = "refused"


class NotFound(DomainError):
    """No such thing, or not visible to the actor."""

    status = 404
    default_code = "not_found"


class Conflict(DomainError):
    """The thing has moved on: decided by somebody else, stale, used twice."""

    status = 409
    default_code = "conflict"


class Gone(DomainError):
    """What was asked for is no longer kept."""

    status = 410
    default_code = "gone"


class PreconditionFailed(DomainError):
    """The thing is not as the caller says it read it."""

    status = 412
    default_code = "precondition_failed"


class PreconditionRequired(DomainError):
    """The caller has to say which state of the thing it read."""

    status = 428
    default_code = "precondition_required"


class TooLarge(DomainError):
    """More than is kept or read."""

    status = 413
    default_code = "too_large"
