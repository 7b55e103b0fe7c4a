"""What the review of a proposal is about, in plain values: what is approved, and what is live now."""

from __future__ import annotations

from typing import Any

from procedures.domain.sops import find_touched
from procedures.models import Proposal, ProposalRevision, Sop, SopVersion


def write_wanted(proposal: Proposal, revision: ProposalRevision) -> dict[str, Any]:
    """Exactly what an approval is for. The text is told by its hash: it may be longer than a review holds."""
    superseded = revision.supersedes
    return {
        "slug": proposal.slug,
        "name": revision.name,
        "description": revision.description,
        "area": revision.area,
        "revision": revision.number,
        "content_hash": revision.content_hash,
        "supersedes": superseded.slug if superseded else "",
        "effective_from": revision.effective_from.isoformat() if revision.effective_from else "",
        "review_by": revision.review_by.isoformat() if revision.review_by else "",
    }


def write_live(sop: Sop, version: SopVersion) -> dict[str, Any]:
    """A live procedure in the shape of what is wanted."""
    return {
        "slug": version.slug,
        "name": version.name,
        "description": version.description,
        "area": version.area,
        "version": version.number,
        "sop": sop.pk,
        "content_hash": version.content_hash,
        "effective_from": version.effective_from.isoformat(),
        "review_by": version.review_by.isoformat() if version.review_by else "",
    }


def find_live_of(proposal: Proposal) -> SopVersion | None:
    """The latest version of the live procedure that its approval would move on; None for a new one."""
    sop = find_touched(proposal)
    if sop is None:
        return None
    return sop.versions.filter(number=sop.version).first()


def read_live(proposal: Proposal) -> dict[str, Any] | None:
    version = find_live_of(proposal)
    return write_live(version.sop, version) if version else None


def title_of(proposal: Proposal, live: SopVersion | None) -> str:
    """Also read by people who are not members: names and numbers."""
    if live is None:
        return f"New procedure {proposal.slug}"
    if live.slug == proposal.slug:
        return f"Version {live.number + 1} of procedure {proposal.slug}"
    return f"Procedure {proposal.slug} instead of {live.slug}"
