"""How proposals, procedures, seals and findings stand: a word, an icon and a colour."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.admin.display import Pill
from procedures.domain.reminders import EARLY_DAYS
from procedures.enums import AuthoredBy, ProposalState, SopState
from procedures.lint import Finding
from procedures.models import Proposal, Sop

PROPOSALS = {
    ProposalState.DRAFT: Pill("draft", "dot", "quiet"),
    ProposalState.SUBMITTED: Pill("submitted", "hourglass", "wait"),
    ProposalState.CHANGES_REQUESTED: Pill("changes requested", "arrow", "warn"),
    ProposalState.APPROVED: Pill("approved", "check", "ok"),
    ProposalState.REJECTED: Pill("rejected", "cross", "bad"),
    ProposalState.WITHDRAWN: Pill("withdrawn", "off", "quiet"),
}


def describe_proposal(proposal: Proposal) -> Pill:
    return PROPOSALS[ProposalState(proposal.state)]


def describe_author(proposal: Proposal) -> Pill:
    if proposal.authored_by == AuthoredBy.AGENT:
        return Pill("agent", "spark", "info")
    return Pill("person", "person", "quiet")


def describe_sop(sop: Sop, now: datetime) -> Pill:
    if sop.state == SopState.REVOKED:
        return Pill("revoked", "cross", "bad")
    if sop.state == SopState.SUPERSEDED:
        if sop.is_ended(now):
            return Pill("superseded", "off", "quiet")
        return Pill("superseded soon", "clock", "warn")
    if sop.review_by is not None and sop.review_by <= now.date():
        return Pill("live", "warning", "warn", "its review date has come")
    if sop.review_by is not None and sop.review_by <= (now + timedelta(days=EARLY_DAYS)).date():
        return Pill("live", "clock", "wait", "to be reviewed soon")
    return Pill("live", "check", "ok")


def describe_seal(broken: str) -> Pill:
    return Pill("broken", "cross", "bad", broken) if broken else Pill("seal holds", "check", "ok")


def describe_finding(finding: Finding) -> Pill:
    return Pill("error", "cross", "bad") if finding.is_error else Pill("warning", "warning", "warn")
