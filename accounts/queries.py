from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.models import ApiToken, Membership, Team, User
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
