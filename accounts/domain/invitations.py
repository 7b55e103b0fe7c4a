"""Asking new people in: the account and its membership at once, and a one-use link to set a password with.

Nothing is mailed: whoever invites copies the link and passes it on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.domain.login_links import MadeLink, create_login_link, end_login_links
from accounts.domain.recent_login import require_recent_login
from accounts.domain.teams import add_member
from accounts.domain.users import announce_rights, create_user, subject_of
from accounts.models import Invitation, Membership, Team, User
from accounts.policies import can_invite, can_manage_invitation
from accounts.principal import Principal
from events.changes import changes
from events.errors import Conflict, Invalid, Refused

LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class MadeInvitation:
    """`link.secret` goes into the link's path and can't be read again."""

    invitation: Invitation
    link: MadeLink


def invite_person(
    *,
    principal: Principal,
    username: str,
    name: str = "",
    email: str = "",
    team: Team | None = None,
    role: str = "",
    is_owner: bool = False,
) -> MadeInvitation:
    """A new person without a password, a member of `team` with `role`; owners may leave the team out."""
    with changes(principal.actor) as change:
        if not can_invite(principal, team=team, is_owner=is_owner):
            raise Refused("Owners invite anybody, team admins into their own teams; only owners make owners.")
        require_recent_login(principal)
        if (team is None) != (not role):
            raise Invalid("A team and a role go together.", field="role" if team else "team")
        user = create_user(
            actor=principal.actor, username=username, name=name, email=email, is_superuser=is_owner
        )
        if team is not None:
            add_member(actor=principal.actor, team=team, user=user, role=role)
        invitation = Invitation.objects.create(user=user, team=team, role=role, invited_by=principal.user)
        change.audit(
            "invitation.create", subject_of(user), after={"team": team.pk if team else None, "role": role}
        )
        return MadeInvitation(
            invitation, create_login_link(actor=principal.actor, user=user, lifetime=LIFETIME)
        )


def renew_invitation(*, principal: Principal, invitation: Invitation) -> MadeLink:
    """A new link with seven days of its own; the one before ends."""
    with changes(principal.actor):
        require_manageable(principal, invitation)
        require_recent_login(principal)
        if not Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).exists():
            raise Conflict("This invitation is no longer open.")
        return create_login_link(actor=principal.actor, user=invitation.user, lifetime=LIFETIME)


def revoke_invitation(*, principal: Principal, invitation: Invitation) -> None:
    """The link ends, and so does the account that nobody has ever entered."""
    with changes(principal.actor) as change:
        require_manageable(principal, invitation)
        now, user = timezone.now(), invitation.user
        if not Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(
            revoked_at=now
        ):
            raise Conflict("This invitation is no longer open.")
        end_login_links(user)
        Membership.objects.filter(user=user, ended_at=None).update(ended_at=now)
        User.objects.filter(pk=user.pk).update(is_active=False)
        change.audit(
            "invitation.revoke", subject_of(user), before={"is_active": True}, after={"is_active": False}
        )
        announce_rights(change, user)


def require_manageable(principal: Principal, invitation: Invitation) -> None:
    if not can_manage_invitation(principal, invitation):
        raise Refused("An invitation is managed by its team's admins and by owners.")
