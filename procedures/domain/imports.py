"""Files become drafts of proposals; none ever touches what was approved, or what somebody else proposes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from accounts.models import Team
from accounts.principal import Principal
from configs.formats.limits import FormatError
from events.changes import changes
from events.errors import DomainError, Refused
from procedures.domain.proposals import create_proposal, revise_proposal
from procedures.drafts import ProposalDraft, read_revision
from procedures.enums import ProposalState, SopState
from procedures.files import ReadProposal, SourceFile, read_proposal
from procedures.models import Proposal, Sop, SopVersion
from procedures.policies import explain_not_writing
from procedures.queries import get_revision

NEW, CHANGED, SAME, LEFT, FAILED = "new", "changed", "same", "left", "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state`: new, changed, same, left (alone, for a reason) or failed."""

    file: str
    state: str
    slug: str = ""
    sentence: str = ""
    notes: tuple[str, ...] = ()


class DryRun(Exception):
    """Takes back what was written only to see what would become of it."""


def import_proposals(
    *, principal: Principal, team: Team, files: Sequence[SourceFile], dry_run: bool = False
) -> list[Outcome]:
    """Every file for itself: one that can't be read does not hold up the others. Raises Refused."""
    outcomes: list[Outcome] = []
    with suppress(DryRun), changes(principal.actor):
        if refusal := explain_not_writing(principal, team.pk):
            raise Refused(refusal, subject_kind="team", subject_id=team.pk)
        outcomes = [import_file(principal, team, file) for file in files]
        stop_dry_run(dry_run=dry_run)
    return outcomes


def stop_dry_run(*, dry_run: bool) -> None:
    if dry_run:
        raise DryRun


def import_file(principal: Principal, team: Team, file: SourceFile) -> Outcome:
    try:
        read = read_proposal(file)
    except FormatError as error:
        return Outcome(file.name, FAILED, sentence=str(error))
    slug = read.draft.slug
    try:
        with changes(principal.actor):
            state, sentence = take_over(principal, team, file.name, read)
    except Refused:
        raise
    except DomainError as error:
        return Outcome(file.name, FAILED, slug, error.message, read.notes)
    return Outcome(file.name, state, slug, sentence, read.notes)


def take_over(principal: Principal, team: Team, source: str, read: ReadProposal) -> tuple[str, str]:
    draft, slug = read.draft, read.draft.slug
    live = Sop.objects.filter(team=team, slug=slug, state=SopState.LIVE).first()
    superseded = find_superseded(team, read.supersedes)
    if live is not None and is_said(live, draft):
        return SAME, f"version {live.version} says so."
    if live is not None and superseded != live:
        return LEFT, f"approved already; say `supersedes: {slug}` to propose another version."
    draft = replace(draft, supersedes_id=superseded.pk if superseded else "")
    waiting = Proposal.objects.filter(team=team, slug=slug).exclude(state__in=ProposalState.ended())
    there = waiting.order_by("-created_at", "-id").first()
    if there is None:
        create_proposal(principal=principal, team=team, draft=draft, source=source)
        return NEW, "a draft."
    if read_revision(there, get_revision(there)) == draft:
        return SAME, f"proposed already, {there.get_state_display()}."
    is_own_draft = (
        there.author_id == principal.user.pk and there.source and there.state == ProposalState.DRAFT
    )
    if not is_own_draft:
        who = there.author_label or there.author_id
        return LEFT, f"{who} proposes it already ({there.get_state_display()}); revise that one."
    revised = revise_proposal(
        principal=principal,
        proposal_id=there.pk,
        draft=draft,
        expected_number=there.number,
        note=f"Imported from {source}."[:4000],
    )
    return CHANGED, f"revision {revised.revision.number} of a draft."


def find_superseded(team: Team, slug: str) -> Sop | None:
    return Sop.objects.filter(team=team, slug=slug, state=SopState.LIVE).first() if slug else None


def is_said(sop: Sop, draft: ProposalDraft) -> bool:
    said = SopVersion.objects.filter(sop=sop, number=sop.version, content_hash=draft.content_hash)
    return said.exists()
