"""Who and how many a team asks for one kind of thing, and how long they have."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Membership, Team
from accounts.policies import can_manage_team
from accounts.principal import Principal
from events.actors import Subject
from events.changes import changes, lock_rows
from events.errors import Invalid, Refused
from events.prepared import Prepared
from reviews.enums import ApproverRole, ReviewKind
from reviews.models import ReviewPolicy
from reviews.registry import list_kinds

MAX_APPROVALS = 20
MAX_BACKUPS = 20
# A year; longer is None, which is never.
MAX_HOURS = 8760


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy says. Hours count from the opening of a review; None is never."""

    approvals_needed: int = 1
    approver_role: str = ApproverRole.APPROVER
    backup_ids: list[str] = field(default_factory=list)
    remind_after_h: int | None = 24
    escalate_after_h: int | None = 48
    due_after_h: int | None = 72
    expire_after_h: int | None = 720


# What holds where a team has said nothing.
DEFAULT = Terms()
HOURS = ("remind_after_h", "escalate_after_h", "due_after_h", "expire_after_h")


def required_approvals(*, team_id: str, kind: str) -> int:
    policy = APPROVALS_NEEDED.first(team_id=team_id, kind=kind)
    return policy[0] if policy else 1


APPROVALS_NEEDED: Prepared[tuple[int]] = Prepared(
    lambda team_id, kind: ReviewPolicy.objects.filter(team_id=team_id, kind=kind).values_list(
        "approvals_needed"
    )
)


def read_terms(*, team_id: str, kind: str) -> Terms:
    policy = ReviewPolicy.objects.filter(team_id=team_id, kind=kind).first()
    if policy is None:
        return DEFAULT
    return Terms(**{name: getattr(policy, name) for name in asdict(DEFAULT)})


def count_from(moment: datetime, hours: int | None) -> datetime | None:
    return None if hours is None else moment + timedelta(hours=hours)


def change_policy(*, principal: Principal, team: Team, kind: str, approvals_needed: int) -> None:
    """The number alone; the rest stays as it is."""
    terms = replace(read_terms(team_id=team.pk, kind=kind), approvals_needed=approvals_needed)
    change_terms(principal=principal, team=team, kind=kind, terms=terms)


def change_terms(*, principal: Principal, team: Team, kind: str, terms: Terms) -> None:
    """Applies to what is asked from now on; what waits keeps the terms it came with.

    Raises Refused, or Invalid for terms under which nothing could be approved.
    """
    with changes(principal.actor) as change:
        if not can_manage_team(principal, team):
            raise Refused("Only the team's admins and owners change its review policy.")
        if kind != ReviewKind.PERMISSION_REQUEST and kind not in list_kinds():
            raise Invalid(f"There is no review policy for {kind!r}.", field="kind")
        require_sensible(terms)
        lock_rows(Team.objects.filter(pk=team.pk))
        before = read_terms(team_id=team.pk, kind=kind)
        if before == terms:
            return
        require_backups(team, terms)
        require_satisfiable(team, terms)
        values = asdict(terms)
        ReviewPolicy.objects.update_or_create(team=team, kind=kind, defaults=values)
        change.audit(
            "review_policy.change",
            Subject("team", team.pk),
            before={"kind": kind, **list_differences(before, terms)},
            after={"kind": kind, **list_differences(terms, before)},
        )


def list_differences(terms: Terms, other: Terms) -> dict[str, Any]:
    """What of `terms` the other ones say otherwise."""
    theirs = asdict(other)
    return {name: value for name, value in asdict(terms).items() if value != theirs[name]}


def require_sensible(terms: Terms) -> None:
    if not 1 <= terms.approvals_needed <= MAX_APPROVALS:
        raise Invalid(f"Ask for 1 to {MAX_APPROVALS} approvals.", field="approvals_needed")
    if terms.approver_role not in ApproverRole.values:
        raise Invalid("There is no such role of approvers.", field="approver_role")
    for name in HOURS:
        hours = getattr(terms, name)
        if hours is not None and not 1 <= hours <= MAX_HOURS:
            raise Invalid(f"Give 1 to {MAX_HOURS} hours, or nothing for never.", field=name)
    end = terms.expire_after_h
    for name in HOURS[:-1]:
        hours = getattr(terms, name)
        if end is not None and hours is not None and hours >= end:
            raise Invalid("That would be after the review has ended by itself.", field=name)


def require_backups(team: Team, terms: Terms) -> None:
    if len(terms.backup_ids) != len(set(terms.backup_ids)) or len(terms.backup_ids) > MAX_BACKUPS:
        raise Invalid(f"Name at most {MAX_BACKUPS} backups, each once.", field="backup_ids")
    if list_people(team, terms.backup_ids) != set(terms.backup_ids):
        raise Invalid("A backup is a person of the team.", field="backup_ids")
    if terms.backup_ids and terms.escalate_after_h is None:
        raise Invalid("Say after how many hours the backups are asked.", field="escalate_after_h")


def require_satisfiable(team: Team, terms: Terms) -> None:
    """Whoever asks may be one of those counted here: whether enough others are left shows at the opening."""
    roles = ApproverRole(terms.approver_role).roles
    members = Membership.objects.filter(team=team, ended_at=None, user__is_active=True)
    deciders = set(members.filter(role__in=roles).values_list("user_id", flat=True)) | set(terms.backup_ids)
    if terms.approvals_needed > max(len(deciders), 1):
        sentence = f"Nothing could be approved: {len(deciders)} people of the team may decide."
        raise Invalid(sentence, field="approvals_needed")


def list_people(team: Team, user_ids: list[str]) -> set[str]:
    """Those of the ids that are active people of the team."""
    members = Membership.objects.filter(team=team, ended_at=None, user__is_active=True, user_id__in=user_ids)
    return {
        membership.user_id for membership in members.select_related("user") if not membership.user.is_service
    }
