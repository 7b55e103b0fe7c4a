from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.enums import Role
from accounts.models import ApiToken, Invitation, LoginSession, Membership, SshKey, Team, User
from accounts.principal import Principal


def list_teams(principal: Principal) -> QuerySet[Team]:
    teams = Team.objects.filter(retired_at=None)
    return teams if principal.user.is_superuser else teams.filter(pk__in=principal.team_ids)


def list_users(principal: Principal) -> QuerySet[User]:
    """Everybody `can_see_user` lets this principal see."""
    if principal.user.is_superuser:
        return User.objects.all()
    mates = Q(memberships__ended_at=None, memberships__team_id__in=principal.team_ids)
    return User.objects.filter(Q(pk=principal.user.pk) | Q(owner=principal.user) | mates).distinct()


def list_tokens(principal: Principal) -> QuerySet[ApiToken]:
    """One's own and one's service accounts' tokens; owners see all; a token only itself."""
    tokens = ApiToken.objects.select_related("user")
    if principal.token is not None:
        return tokens.filter(pk=principal.token.pk)
    if principal.user.is_superuser:
        return tokens
    return tokens.filter(Q(user=principal.user) | Q(user__owner=principal.user))


def list_open_memberships(principal: Principal) -> QuerySet[Membership]:
    """One's own, in live teams, with their teams, by name."""
    memberships = Membership.objects.filter(user=principal.user, ended_at=None, team__retired_at=None)
    return memberships.select_related("team").order_by("team__name")


def list_members(team: Team) -> QuerySet[Membership]:
    """The open memberships of a team, with their users."""
    return Membership.objects.filter(team=team, ended_at=None).select_related("user")


def list_managed_teams(principal: Principal) -> QuerySet[Team]:
    """The live teams into which this principal may invite."""
    teams = Team.objects.filter(retired_at=None)
    if principal.user.is_superuser:
        return teams
    return teams.filter(pk__in=[team for team, role in principal.roles.items() if role in Role.managing()])


def list_invitations(principal: Principal) -> QuerySet[Invitation]:
    """Owners see all; team admins those into their teams."""
    invitations = Invitation.objects.select_related("user", "team", "invited_by")
    if principal.user.is_superuser:
        return invitations
    return invitations.filter(team__in=list_managed_teams(principal), user__is_superuser=False)


def list_logins(principal: Principal) -> QuerySet[LoginSession]:
    """Where people are logged in now: one's own; owners see everybody's."""
    logins = LoginSession.objects.filter(ended_at=None, expires_at__gt=timezone.now()).select_related("user")
    return logins if principal.user.is_superuser else logins.filter(user=principal.user)


def list_ssh_keys(principal: Principal) -> QuerySet[SshKey]:
    """One's own; owners see everybody's, in a session. Deleted ones stand nowhere."""
    keys = SshKey.objects.filter(deleted_at=None).select_related("user")
    sees_all = principal.user.is_superuser and principal.token is None
    return keys if sees_all else keys.filter(user=principal.user)


def list_admitted_ssh_keys(
    *, now: datetime, team: Team | None = None, user: User | None = None
) -> QuerySet[SshKey]:
    """The keys that let somebody in at this moment, in a steady order.

    Of the active people who hold `ssh` in `team`, or in any live team when it is None; of one user alone
    when one is given.
    """
    holders = Membership.objects.filter(has_ssh=True, ended_at=None, team__retired_at=None)
    if team is not None:
        holders = holders.filter(team=team)
    keys = SshKey.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now),
        is_active=True,
        deleted_at=None,
        user__is_active=True,
        user__in=holders.values("user"),
    )
    return (keys if user is None else keys.filter(user=user)).order_by("user_id", "created_at", "id")


def list_sandbox_teams(user: User) -> QuerySet[Team]:
    """The live teams whose sandbox this user may log in to, given a key."""
    open_ones = Membership.objects.filter(user=user, has_ssh=True, ended_at=None)
    return Team.objects.filter(retired_at=None, pk__in=open_ones.values("team"))


def count_deciders(team: Team) -> int:
    """How many people may decide the team's requests by their role."""
    return list_members(team).filter(role__in=Role.deciding(), user__is_active=True).count()
