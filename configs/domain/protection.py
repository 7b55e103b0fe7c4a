"""Which labels only move with somebody else's approval: `production`, unless the team says otherwise."""

from __future__ import annotations

from django.utils import timezone

from accounts.domain.recent_login import require_recent_login
from accounts.models import Team
from accounts.principal import Principal
from configs.domain.labels import check_label
from configs.models import LabelPolicy
from configs.policies import explain_not_protecting
from configs.queries import list_protected
from events.actors import Subject
from events.changes import changes, lock_rows
from events.errors import Invalid, Refused


def set_protected(
    *,
    principal: Principal,
    team: Team | None,
    label: str,
    is_protected: bool,
    reviewing_team: Team | None = None,
) -> LabelPolicy:
    """Protect a label of the team's things (None: everybody's), or let it move freely.

    `reviewing_team`, for everybody's things alone, says whose approvers review them. What waits for a review
    goes on waiting. Raises Refused (also for a login that is not recent) or Invalid.
    """
    check_label(label)
    if team is not None and reviewing_team is not None:
        raise Invalid("reviewing_team: a team reviews its own things itself.", field="reviewing_team")
    with changes(principal.actor) as change:
        subject = Subject("team", team.pk) if team else Subject("label_policy", label)
        if refusal := explain_not_protecting(principal, team):
            raise Refused(refusal, subject_kind=subject.kind, subject_id=subject.id)
        require_recent_login(principal)
        # Of two at once the second changes the first one's row.
        lock_rows(Team.objects.filter(pk=team.pk) if team else Team.objects.all())
        was = label in list_protected(team.pk if team else None)
        policy, _ = LabelPolicy.objects.update_or_create(
            team=team,
            label=label,
            defaults={
                "is_protected": is_protected,
                "reviewing_team": reviewing_team,
                "changed_at": timezone.now(),
                "changed_by": principal.user,
            },
        )
        after = {
            "label": label,
            "is_protected": is_protected,
            "reviewing_team": reviewing_team.pk if reviewing_team else None,
        }
        change.audit("config.protect", subject, before={"label": label, "is_protected": was}, after=after)
        change.event(
            "config.protection_changed",
            subject,
            topic="configs",
            audience=team.audience if team else "owners",
            words={"label": label, "is_protected": is_protected},
        )
    return policy
