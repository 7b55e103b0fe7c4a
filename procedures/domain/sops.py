"""Procedures: what an approved proposal becomes, and how one ends. The only place that seals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.principal import Principal
from events.actors import actor_columns
from events.changes import Change, changes, lock_rows
from events.errors import Conflict, Invalid, Refused
from events.identifiers import make_id
from events.text import read_lines
from procedures.domain.announce import announce_sop, describe_version
from procedures.domain.seals import seal_version
from procedures.enums import SopState
from procedures.models import Proposal, ProposalRevision, Sop, SopVersion
from procedures.policies import explain_not_revoking
from procedures.queries import get_sop
from reviews.models import Review
from reviews.seats import list_counting_votes

MAX_REASON_LENGTH = 4000


def hold_sops(proposal: Proposal) -> list[Sop]:
    """Everything that its approval could touch, held until the commit."""
    touched = Q(slug=proposal.slug, team_id=proposal.team_id) | Q(pk=proposal.supersedes_id)
    return lock_rows(Sop.objects.filter(touched))


def find_live(team_id: str, slug: str) -> Sop | None:
    return Sop.objects.filter(team_id=team_id, slug=slug, state=SopState.LIVE).first()


def find_touched(proposal: Proposal) -> Sop | None:
    """The live procedure that its approval would move on: that of its slug, else the one it supersedes."""
    same = find_live(proposal.team_id, proposal.slug)
    if same is not None or proposal.supersedes_id is None:
        return same
    return Sop.objects.filter(pk=proposal.supersedes_id, state=SopState.LIVE).first()


def explain_slug_conflict(proposal: Proposal) -> str:
    """Why what it says about a live procedure does not hold; "" when it does."""
    same = find_live(proposal.team_id, proposal.slug)
    if same is not None and proposal.supersedes_id != same.pk:
        return f"A live procedure is called {proposal.slug} already: say that this supersedes it."
    if proposal.supersedes_id is None or (same is not None and proposal.supersedes_id == same.pk):
        return ""
    superseded = Sop.objects.filter(pk=proposal.supersedes_id).first()
    if superseded is None or superseded.team_id != proposal.team_id:
        return "What it supersedes is no procedure of its team."
    if not superseded.is_live:
        return f"What it supersedes, {superseded.slug}, is not live any more."
    return ""


def seal_proposal(
    change: Change, review: Review, proposal: Proposal, revision: ProposalRevision, now: datetime
) -> SopVersion:
    """The approved revision becomes the next version of its procedure. The caller holds the rows.

    Raises Conflict when the procedure that it is about has moved on.
    """
    if conflict := explain_slug_conflict(proposal):
        raise Conflict(conflict, code="base_moved")
    effective_from = max(now, revision.effective_from) if revision.effective_from else now
    sop = find_live(proposal.team_id, proposal.slug)
    number = sop.version + 1 if sop else 1
    version = SopVersion(
        team_id=proposal.team_id,
        number=number,
        slug=proposal.slug,
        name=revision.name,
        description=revision.description,
        area=revision.area,
        content=revision.content,
        content_hash=revision.content_hash,
        proposal=proposal,
        revision=revision.number,
        approvers=list_approvers(review),
        sealed_at=now,
        effective_from=effective_from,
        review_by=revision.review_by,
    )
    seal_version(change, version)
    version.sop = move_sop(sop, version, now) if sop else create_sop(proposal, version, now)
    version.save(force_insert=True)
    change.audit("sop.seal", version.sop.subject, after=describe_version(version))
    announce_sop(change, version.sop, "sealed", proposal=proposal.pk)
    supersede(change, proposal, version)
    return version


def list_approvers(review: Review) -> list[dict[str, str]]:
    """Whose approvals count for this revision of the review, in their order."""
    return [
        {"id": vote.voter_id, "at": vote.at.isoformat()}
        | ({"for": vote.on_behalf_of_id} if vote.on_behalf_of_id else {})
        for vote in list_counting_votes(review)
    ]


def create_sop(proposal: Proposal, version: SopVersion, now: datetime) -> Sop:
    """Raises Conflict when another proposal made one of the same slug meanwhile; the database decides."""
    sop = Sop(
        id=make_id(),
        team=proposal.team,
        slug=proposal.slug,
        name=version.name,
        area=version.area,
        review_by=version.review_by,
        created_at=now,
        changed_at=now,
    )
    try:
        with transaction.atomic():
            sop.save(force_insert=True)
    except IntegrityError:
        if find_live(proposal.team_id, proposal.slug) is None:
            raise
        raise Conflict(explain_slug_conflict(proposal), code="base_moved") from None
    return sop


def move_sop(sop: Sop, version: SopVersion, now: datetime) -> Sop:
    values: dict[str, Any] = {
        "name": version.name,
        "area": version.area,
        "version": version.number,
        "review_by": version.review_by,
        "reminders": 0,
        "changed_at": now,
    }
    rows = Sop.objects.filter(pk=sop.pk, state=SopState.LIVE, version=sop.version)
    return update_sop(rows, sop, values)


def update_sop(rows: Any, sop: Sop, values: dict[str, Any]) -> Sop:
    """The conditional UPDATE of every change; sets the values on `sop` too."""
    if not rows.update(**values):
        raise explain_conflict(Sop.objects.get(pk=sop.pk))
    for name, value in values.items():
        setattr(sop, name, value)
    return sop


def explain_conflict(sop: Sop) -> Conflict:
    if sop.state == SopState.REVOKED:
        who = sop.revoked_by_label or "Somebody"
        return Conflict(f"{who} revoked it already.", code="already", state=sop.state)
    return Conflict("It was changed meanwhile; look at it again.", code="base_moved", state=sop.state)


def supersede(change: Change, proposal: Proposal, version: SopVersion) -> None:
    """Another procedure makes room: it holds until this version takes effect."""
    if proposal.supersedes_id is None or proposal.supersedes_id == version.sop_id:
        return
    old = Sop.objects.select_related("team").get(pk=proposal.supersedes_id)
    values = {
        "state": SopState.SUPERSEDED,
        "superseded_by": version.sop,
        "superseded_from": version.effective_from,
        "changed_at": version.sealed_at,
    }
    update_sop(Sop.objects.filter(pk=old.pk, state=SopState.LIVE), old, values)
    after = {"state": old.state, "by": version.sop_id, "from": version.effective_from.isoformat()}
    change.audit("sop.supersede", old.subject, before={"state": SopState.LIVE}, after=after)
    announce_sop(change, old, "superseded", by=version.sop_id)


def revoke_sop(*, principal: Principal, sop_id: str, reason: str) -> Sop:
    """It holds no more, at once; its versions stay. Raises NotFound, Refused, Invalid or Conflict."""
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    with changes(principal.actor) as change:
        sop = get_sop(principal, sop_id)
        if refusal := explain_not_revoking(principal, sop):
            raise Refused(refusal, subject_kind="sop", subject_id=sop.pk)
        if not reason:
            raise Invalid("Say why: whoever relied on it reads it.", field="reason")
        before = sop.state
        now = timezone.now()
        values = {
            "state": SopState.REVOKED,
            "revoked_at": now,
            "revoked_reason": reason,
            "changed_at": now,
            **actor_columns(principal.actor, "revoked_by"),
        }
        update_sop(Sop.objects.filter(pk=sop.pk).exclude(state=SopState.REVOKED), sop, values)
        change.audit(
            "sop.revoke", sop.subject, before={"state": before}, after={"state": sop.state, "reason": reason}
        )
        announce_sop(change, sop, "revoked")
    return sop
