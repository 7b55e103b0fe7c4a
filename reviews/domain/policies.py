"""How many approvals a team asks for."""

from __future__ import annotations

from accounts.models import Team
from accounts.policies import can_manage_team
from accounts.principal import Principal
from accounts.queries import count_deciders
from events.actors import Subject
from events.changes import changes, lock_rows
from events.errors import Invalid, Refused
from events.prepared import Prepared
from reviews.enums import ReviewKind
from reviews.models import ReviewPolicy

MAX_APPROVALS = 20


def required_approvals(*, team_id: str, kind: str) -> int:
    policy = APPROVALS_NEEDED.first(team_id=team_id, kind=kind)
    return policy[0] if policy else 1


APPROVALS_NEEDED: Prepared[tuple[int]] = Prepared(
    lambda team_id, kind: ReviewPolicy.objects.filter(team_id=team_id, kind=kind).values_list(
        "approvals_needed"
    )
)


def change_policy(*, principal: Principal, team: Team, kind: str, approvals_needed: int) -> None:
    """Applies to what is asked from now on; what waits keeps the number it came with."""
    with changes(principal.actor) as change:
        if not can_manage_team(principal, team):
            raise Refused("Only the team's admins and owners change its review policy.")
        if not 1 <= approvals_needed <= MAX_APPROVALS:
            raise Invalid(f"Ask for 1 to {MAX_APPROVALS} approvals.", field="approvals_needed")
        if kind not in ReviewKind.values:
            raise Invalid(f"There is no review policy for {kind!r}.", field="kind")
        lock_rows(Team.objects.filter(pk=team.pk))
        before = required_approvals(team_id=team.pk, kind=kind)
        if before == approvals_needed:
            return
        deciders = count_deciders(team)
        if approvals_needed > max(deciders, 1):
            sentence = f"Nothing could be approved: {deciders} people of the team may decide."
            raise Invalid(sentence, field="approvals_needed")
        ReviewPolicy.objects.update_or_create(
            team=team, kind=kind, defaults={"approvals_needed": approvals_needed}
        )
        change.audit(
            "review_policy.change",
            Subject("team", team.pk),
            before={"kind": kind, "approvals_needed": before},
            after={"kind": kind, "approvals_needed": approvals_needed},
        )
