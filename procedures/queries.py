"""Reads of proposals and procedures. Who may read contents: `procedures.policies`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.enums import Scope
from accounts.models import Team
from accounts.principal import Principal
from events.errors import NotFound
from events.identifiers import is_record_id
from procedures.enums import SopState
from procedures.models import Proposal, ProposalComment, ProposalRevision, Sop, SopVersion
from procedures.policies import can_list_procedures, can_see_proposal, can_see_sop
from procedures.skill_files import Procedure

MAX_NUMBER = 2**31


def list_proposals(principal: Principal) -> QuerySet[Proposal]:
    """Everything `can_see_proposal` lets this principal see."""
    proposals = Proposal.objects.select_related("team", "supersedes")
    if not (principal.has_scope(Scope.PROCEDURES_READ) or principal.has_scope(Scope.PROCEDURES_WRITE)):
        return proposals.none()
    if principal.user.is_service:
        return proposals.filter(team_id__in=principal.team_ids, author_id=principal.user.pk)
    return proposals if principal.sees_all_teams else proposals.filter(team_id__in=principal.team_ids)


def get_proposal(principal: Principal, proposal_id: str) -> Proposal:
    """Raises NotFound for what does not exist and for what this principal may not see, alike."""
    rows = Proposal.objects.select_related("team", "supersedes", "review__team")
    proposal = rows.filter(pk=proposal_id).first() if is_record_id(proposal_id) else None
    if proposal is None or not can_see_proposal(principal, proposal):
        raise NotFound("There is no such proposal.")
    return proposal


def list_revisions(proposal: Proposal) -> QuerySet[ProposalRevision]:
    """Newest first, without their contents: those are read one at a time."""
    return proposal.revisions.select_related("supersedes").defer("content").order_by("-number")


def get_revision(proposal: Proposal, number: int | None = None) -> ProposalRevision:
    """With its content; `number` None: the latest. Raises NotFound."""
    number = proposal.number if number is None else number
    rows = proposal.revisions.select_related("supersedes").filter(number=number)
    revision = rows.first() if 0 < number < MAX_NUMBER else None
    if revision is None:
        raise NotFound("There is no such revision.")
    return revision


def list_comments(proposal: Proposal) -> QuerySet[ProposalComment]:
    """On every revision, oldest first."""
    comments = ProposalComment.objects.filter(revision__proposal=proposal)
    return comments.select_related("author", "resolved_by", "revision").defer("revision__content")


def count_open_comments(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Each with `open_comments`, counted for the rows that are read alone."""
    comments = ProposalComment.objects.filter(revision__proposal=OuterRef("pk"), resolved_at=None)
    counted = comments.order_by().values("revision__proposal").annotate(count=Count("pk"))
    return proposals.annotate(open_comments=Coalesce(Subquery(counted.values("count")), 0))


def list_sops(principal: Principal) -> QuerySet[Sop]:
    """Everything `can_see_sop` lets this principal see; without contents."""
    sops = Sop.objects.select_related("team", "superseded_by")
    if not can_list_procedures(principal):
        return sops.none()
    return sops if principal.sees_all_teams else sops.filter(team_id__in=principal.team_ids)


def get_sop(principal: Principal, sop_id: str) -> Sop:
    """Raises NotFound also for what this principal may not see."""
    rows = Sop.objects.select_related("team", "superseded_by")
    sop = rows.filter(pk=sop_id).first() if is_record_id(sop_id) else None
    if sop is None or not can_see_sop(principal, sop):
        raise NotFound("There is no such procedure.")
    return sop


def find_sop(principal: Principal, slug: str, *, team_id: str = "") -> Sop:
    """The live one of this slug, else the one that was changed last; `team_id` "" looks in all one's teams.

    Raises NotFound; of several teams' the first by the team's id, so that the answer never depends on chance.
    """
    rows = list_sops(principal).filter(slug=slug, team_id__in=principal.team_ids)
    if team_id:
        rows = rows.filter(team_id=team_id)
    found = rows.filter(state=SopState.LIVE).order_by("team_id").first()
    found = found or rows.order_by("team_id", "-changed_at", "-id").first()
    if found is None:
        raise NotFound("There is no such procedure.")
    return found


def list_sop_versions(sop: Sop) -> QuerySet[SopVersion]:
    """Newest first, without their contents."""
    return sop.versions.defer("content").order_by("-number")


def get_sop_version(sop: Sop, number: int | None = None) -> SopVersion:
    """With its content; `number` None: the latest. Raises NotFound."""
    number = sop.version if number is None else number
    version = sop.versions.filter(number=number).first() if 0 < number < MAX_NUMBER else None
    if version is None:
        raise NotFound("There is no such version.")
    return version


def find_effective_version(sop: Sop, at: datetime) -> SopVersion | None:
    """The one that holds at this moment; None for what has ended, or has not begun."""
    if sop.is_ended(at):
        return None
    return sop.versions.filter(effective_from__lte=at).order_by("-number").first()


@dataclass(frozen=True, slots=True)
class EffectiveSop:
    """A version that holds now. `broken` says what is wrong with its seal, "" when it is whole."""

    sop: Sop
    version: SopVersion
    broken: str

    @property
    def procedure(self) -> Procedure:
        """What a skill file is written from."""
        version = self.version
        return Procedure(
            slug=version.slug,
            name=version.name,
            description=version.description,
            content=version.content,
            version=version.number,
            content_hash=version.content_hash,
            signature=version.signature,
            key_id=version.key_id,
        )


def list_effective_sops(team: Team, at: datetime) -> tuple[EffectiveSop, ...]:
    """What holds for a team at a moment, by slug, each with its seal looked at. In three queries.

    One whose seal is broken is among them, so that whoever renders can say so; it must not be rendered.
    """
    from procedures.domain.seals import SealChecker

    holds = Q(state=SopState.LIVE) | Q(state=SopState.SUPERSEDED, superseded_from__gt=at)
    newest = SopVersion.objects.filter(sop=OuterRef("pk"), effective_from__lte=at).order_by("-number")
    sops = Sop.objects.filter(holds, team=team).annotate(effective_id=Subquery(newest.values("pk")[:1]))
    rows = list(sops.select_related("team").order_by("slug", "state", "pk"))
    versions = SopVersion.objects.in_bulk([row.effective_id for row in rows if row.effective_id])
    # Of one slug the live one counts: it sorts before one that still holds until its successor does.
    by_slug: dict[str, tuple[Sop, SopVersion]] = {}
    for row in rows:
        if row.effective_id:
            by_slug.setdefault(row.slug, (row, versions[row.effective_id]))
    checker = SealChecker()
    return tuple(
        EffectiveSop(sop, version, checker.explain_broken(version)) for sop, version in by_slug.values()
    )
