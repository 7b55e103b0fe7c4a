"""What the log says of a review: state words and ids, never content."""

from __future__ import annotations

from typing import Any

from events.changes import Change
from reviews.models import Review


def describe_state(review: Review) -> dict[str, Any]:
    """State words of an event; at most 2 KB."""
    return {
        "state": review.state,
        "kind": review.kind,
        "about": {"kind": review.subject_kind, "id": review.subject_id},
        "revision": review.revision,
        "approvals": review.approvals,
        "approvals_needed": review.approvals_needed,
        "decided_by": review.decided_by_label[:80],
    }


def announce_review(change: Change, review: Review, kind: str, *, audience: str = "", **more: str) -> None:
    """Tell the team, or another `audience`; `more`: further state words."""
    change.event(
        f"review.{kind}",
        review.subject,
        topic="reviews",
        audience=audience or f"team:{review.team_id}",
        words={**describe_state(review), **more},
    )
