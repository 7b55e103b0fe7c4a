"""What the log says of proposals and procedures: names, numbers, states and hashes, never what they say."""

from __future__ import annotations

from typing import Any

from events.changes import Change
from procedures.models import Proposal, ProposalRevision, Sop, SopVersion


def describe_revision(proposal: Proposal, revision: ProposalRevision) -> dict[str, Any]:
    """For the audit chain; the revision of this number holds the content that the hash is of."""
    return {
        "team": proposal.team_id,
        "slug": proposal.slug,
        "authored_by": proposal.authored_by,
        "revision": revision.number,
        "content_hash": revision.content_hash,
        "author_ids": revision.author_ids,
    }


def announce_proposal(change: Change, proposal: Proposal, kind: str, **more: Any) -> None:
    """Tell its team; `more`: further state words."""
    words = {
        "slug": proposal.slug,
        "name": proposal.name[:80],
        "state": proposal.state,
        "authored_by": proposal.authored_by,
        "revision": proposal.number,
        **more,
    }
    change.event(
        f"proposal.{kind}", proposal.subject, topic="sops", audience=proposal.team.audience, words=words
    )


def describe_version(version: SopVersion) -> dict[str, Any]:
    return {
        "team": version.team_id,
        "slug": version.slug,
        "version": version.number,
        "content_hash": version.content_hash,
        "proposal": version.proposal_id,
        "revision": version.revision,
        "approvers": version.approvers,
        "key_id": version.key_id,
        "signature": version.signature,
        "effective_from": version.effective_from.isoformat(),
    }


def announce_sop(change: Change, sop: Sop, kind: str, **more: Any) -> None:
    words = {"slug": sop.slug, "name": sop.name[:80], "state": sop.state, "version": sop.version, **more}
    change.event(f"sop.{kind}", sop.subject, topic="sops", audience=sop.team.audience, words=words)
