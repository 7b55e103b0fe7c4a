"""The lint of a stored revision: its text, and how it stands to the procedures that are live."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from events.errors import Invalid
from procedures.domain.sops import explain_slug_conflict
from procedures.drafts import read_revision
from procedures.enums import SopState
from procedures.lint import ERROR, WARNING, Finding, lint_draft
from procedures.models import Proposal, ProposalRevision, Sop, SopVersion

SHOWN_FINDINGS = 10


def lint_proposal(proposal: Proposal, revision: ProposalRevision) -> list[Finding]:
    """Everything that can be said before a person looks, errors first."""
    found = [
        *lint_conflicts(proposal, revision),
        *lint_draft(read_revision(proposal, revision), timezone.now()),
    ]
    return sorted(found, key=lambda finding: not finding.is_error)


def lint_conflicts(proposal: Proposal, revision: ProposalRevision) -> list[Finding]:
    """Against the team's live procedures."""
    if proposal.is_ended:
        return []
    found = []
    if conflict := explain_slug_conflict(proposal):
        found.append(Finding("sop_conflict", ERROR, conflict))
    live = Sop.objects.filter(team_id=proposal.team_id, state=SopState.LIVE)
    others = live.exclude(slug=proposal.slug).exclude(pk=proposal.supersedes_id)
    for name_sake in others.filter(name__iexact=revision.name).order_by("slug")[:3]:
        sentence = f"The live procedure {name_sake.slug} has the same name."
        found.append(Finding("sop_name", WARNING, sentence))
    said = SopVersion.objects.filter(
        team_id=proposal.team_id, content_hash=revision.content_hash, sop__state=SopState.LIVE
    )
    for version in said.select_related("sop").defer("content").order_by("slug", "-number")[:1]:
        if version.number == version.sop.version:
            sentence = f"It says exactly what {version.slug} says in its version {version.number}."
            found.append(Finding("sop_same", WARNING, sentence))
    return found


def refuse_findings(findings: Sequence[Finding]) -> None:
    """Raises Invalid (`lint_failed`) when one of them is an error."""
    errors = [finding for finding in findings if finding.is_error]
    if not errors:
        return
    sentences = [
        f"Line {finding.line}: {finding.sentence}" if finding.line else finding.sentence
        for finding in errors[:SHOWN_FINDINGS]
    ]
    if len(errors) > SHOWN_FINDINGS:
        sentences.append(f"… and {len(errors) - SHOWN_FINDINGS} more.")
    raise Invalid(" ".join(sentences), code="lint_failed", findings=len(errors))
