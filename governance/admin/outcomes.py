"""What became of a decision, in the words of the message that follows it."""

from __future__ import annotations

from governance.domain.decide import Outcome


def describe_approval(outcome: Outcome) -> str:
    request = outcome.request
    if not outcome.is_decided:
        return f"Your approval counts: {request.approvals} of {request.approvals_needed}."
    return f"Approved: {shorten(request.summary)}"


def describe_denial(outcome: Outcome) -> str:
    return f"Denied: {shorten(outcome.request.summary)}"


def shorten(text: str, length: int = 60) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
