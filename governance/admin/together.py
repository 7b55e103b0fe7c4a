"""What the request page says of the others: who looks at it, what was said, what was decided before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.principal import Principal
from events.markdown import render_markdown
from governance.enums import SnoozeLength
from governance.models import PermissionRequest
from governance.policies import (
    can_read_comments,
    explain_not_commenting,
    explain_not_deciding,
    explain_not_snoozing,
)
from governance.queries import find_snooze, list_comments
from governance.similar import find_similar_decisions


@dataclass(frozen=True, slots=True)
class ShownComment:
    """`html` is safe: a person's Markdown, sanitised."""

    author: str
    at: datetime
    html: SafeString


def build_together(principal: Principal, asked: PermissionRequest) -> dict[str, Any]:
    """The template's context for the panels about other people."""
    can_talk = can_read_comments(principal, asked)
    comments = list_comments(principal, asked) if can_talk else []
    return {
        "can_claim": asked.is_pending and not explain_not_deciding(principal, asked),
        "is_my_claim": asked.claimed_by_id == principal.user.pk,
        "can_snooze": asked.is_pending and not explain_not_snoozing(principal, asked),
        "snooze": find_snooze(principal, asked, timezone.now()) if asked.is_pending else None,
        "snooze_lengths": SnoozeLength.choices,
        "can_read_comments": can_talk,
        "can_comment": not explain_not_commenting(principal, asked),
        "comments": [
            ShownComment(str(comment.author), comment.created_at, render_markdown(comment.text))
            for comment in comments
        ],
        "similar": find_similar_decisions(principal, asked),
    }
