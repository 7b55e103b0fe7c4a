"""What a proposal's page shows: its text, what the lint finds, what was said, and what differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.admin.base import get_principal
from events.errors import NotFound
from procedures.admin.states import describe_finding
from procedures.admin.texts import diff_fields, show_comment, show_text
from procedures.domain.lints import lint_proposal
from procedures.domain.wanted import find_live_of
from procedures.enums import ProposalState
from procedures.models import Proposal, ProposalRevision, SopVersion
from procedures.policies import can_read_proposal, explain_not_commenting
from procedures.queries import get_revision, list_comments, list_revisions

LIVE = "live"
MAX_REVISIONS = 100


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared: `base` and `target` are what the form shows as chosen."""

    base: str
    target: str
    left_title: str
    right_title: str
    fields: list[Any]


def build_page(request: HttpRequest, proposal: Proposal) -> dict[str, Any]:
    principal = get_principal(request)
    if not can_read_proposal(principal, proposal):
        return {"may_read": False, "proposal": proposal}
    shown = pick_revision(proposal, request.GET.get("revision", ""))
    findings = lint_proposal(proposal, shown)
    comments = [(comment.revision.number, show_comment(comment)) for comment in list_comments(proposal)]
    here = [shown_comment for number, shown_comment in comments if number == shown.number]
    live = find_live_of(proposal)
    revisions = list(list_revisions(proposal)[:MAX_REVISIONS])
    return {
        "may_read": True,
        "proposal": proposal,
        "revision": shown,
        "is_latest": shown.number == proposal.number,
        "text": show_text(shown.content, findings, here),
        "findings": [(describe_finding(finding), finding) for finding in findings],
        "revisions": revisions,
        "comments": [shown_comment for _, shown_comment in comments],
        "open_comments": sum(not shown_comment.resolved_by for _, shown_comment in comments),
        "can_comment": not explain_not_commenting(principal, proposal),
        "line": read_number(request.GET.get("line", "")),
        "live": live,
        "comparison": compare(request, proposal, live),
        "is_unified": request.GET.get("view") == "unified",
        "sealed": getattr(proposal, "sealed_version", None)
        if proposal.state == ProposalState.APPROVED
        else None,
        "review_url": reverse("admin:reviews_review_change", args=[proposal.review_id])
        if proposal.review_id
        else "",
        "is_submitted": proposal.state == ProposalState.SUBMITTED,
    }


def read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def pick_revision(proposal: Proposal, asked: str) -> ProposalRevision:
    """The one that is asked for; the latest for anything else."""
    try:
        return get_revision(proposal, read_number(asked))
    except NotFound:
        return get_revision(proposal)


def compare(request: HttpRequest, proposal: Proposal, live: SopVersion | None) -> Comparison | None:
    """Against what is live, else against the revision before; None for a first revision of something new."""
    target = pick_revision(proposal, request.GET.get("to", "") or request.GET.get("revision", ""))
    asked = request.GET.get("from", "")
    base: ProposalRevision | SopVersion | None
    if live is not None and (asked == LIVE or not asked):
        base, name, title = live, LIVE, f"Live: version {live.number} of {live.slug}"
    else:
        number = read_number(asked) or target.number - 1
        if number < 1:
            return None
        base = pick_revision(proposal, str(number))
        name, title = str(base.number), f"Revision {base.number}"
    return Comparison(
        base=name,
        target=str(target.number),
        left_title=title,
        right_title=f"Revision {target.number}",
        fields=diff_fields(list_texts(base), list_texts(target)),
    )


def list_texts(said: ProposalRevision | SopVersion) -> dict[str, str]:
    """What people compare of either."""
    effective_from = said.effective_from.isoformat() if said.effective_from else ""
    return {
        "name": said.name,
        "description": said.description,
        "area": said.get_area_display(),
        "text": said.content,
        "holds from": effective_from if isinstance(said, ProposalRevision) else "",
        "review by": said.review_by.isoformat() if said.review_by else "",
    }
