"""Named predicates: `can_<verb>(principal, obj)`. They list nothing and change nothing."""

from __future__ import annotations

from accounts.enums import Role, Scope
from accounts.models import (
    ApiToken,
    Invitation,
    LoginSession,
    LoginThrottle,
    Membership,
    SshKey,
    Team,
    User,
)
from accounts.principal import Principal


def can_see_team(principal: Principal, team: Team) -> bool:
    return principal.user.is_superuser or team.pk in principal.team_ids


def can_manage_team(principal: Principal, team: Team) -> bool:
    """Settings and memberships: its admins and owners, in a session of their own."""
    if principal.token is not None or principal.user.is_service:
        return False
    return principal.user.is_superuser or principal.has_role(team.pk, Role.managing())


def can_retire_team(principal: Principal, team: Team) -> bool:
    """Owners, in a session."""
    return can_create_teams(principal) and team.retired_at is None


def can_create_teams(principal: Principal) -> bool:
    return principal.user.is_superuser and principal.token is None


def can_see_user(principal: Principal, user: User) -> bool:
    """Oneself, one's service accounts, team mates; owners see everybody."""
    if principal.user.is_superuser or principal.user.pk in {user.pk, user.owner_id}:
        return True
    return user.memberships.filter(ended_at=None, team_id__in=principal.team_ids).exists()


def can_manage_users(principal: Principal) -> bool:
    return principal.user.is_superuser and principal.token is None


def can_retire_user(principal: Principal, user: User) -> bool:
    """Owners anybody but themselves; people their own service accounts; in a session."""
    if principal.token is not None or user.pk == principal.user.pk:
        return False
    return can_manage_users(principal) or bool(user.owner_id == principal.user.pk)


def can_rename_user(principal: Principal, user: User) -> bool:
    """What people read: owners anybody's name, people their own and their service accounts'; in a session."""
    if principal.token is not None or principal.user.is_service:
        return False
    return principal.user.is_superuser or principal.user.pk in {user.pk, user.owner_id}


def can_invite(principal: Principal, *, team: Team | None, is_owner: bool = False) -> bool:
    """Owners anybody, and only they other owners; team admins into their own teams, whatever the role."""
    if principal.token is not None or principal.user.is_service:
        return False
    if principal.user.is_superuser:
        return True
    return team is not None and not is_owner and can_manage_team(principal, team)


def can_invite_somewhere(principal: Principal) -> bool:
    if principal.token is not None or principal.user.is_service:
        return False
    return principal.user.is_superuser or any(role in Role.managing() for role in principal.roles.values())


def can_manage_invitation(principal: Principal, invitation: Invitation) -> bool:
    """See, renew, revoke: owners, and for people who are in no other team the admins of their team."""
    if not can_invite(principal, team=invitation.team, is_owner=invitation.user.is_superuser):
        return False
    return principal.user.is_superuser or are_all_teams_managed(principal, invitation.user)


def can_reset_password(principal: Principal, user: User) -> bool:
    """Owners anybody else's; team admins those of people who belong to teams they administer alone.

    Whoever makes the link could use it: nobody gains a team by it, or the rights of an owner.
    """
    if principal.token is not None or principal.user.is_service or user.pk == principal.user.pk:
        return False
    if user.is_service or not user.is_active:
        return False
    if principal.user.is_superuser:
        return True
    return not user.is_superuser and are_all_teams_managed(principal, user)


def are_all_teams_managed(principal: Principal, user: User) -> bool:
    """Whether this principal administers every team of the user, of which there is one at least.

    The teams of the user's service accounts count: whoever is the person makes their tokens.
    """
    open_memberships = Membership.objects.filter(ended_at=None)
    own = set(open_memberships.filter(user=user).values_list("team_id", flat=True))
    answered_for = set(open_memberships.filter(user__owner=user).values_list("team_id", flat=True))
    return bool(own) and all(principal.has_role(team_id, Role.managing()) for team_id in own | answered_for)


def can_end_sessions_of(principal: Principal, user: User) -> bool:
    """See and end logins: one's own, in a session; owners everybody's."""
    if principal.token is not None:
        return False
    return principal.user.is_superuser or principal.user.pk == user.pk


def can_see_login(principal: Principal, session: LoginSession) -> bool:
    return can_end_sessions_of(principal, session.user)


def can_see_login_lock(principal: Principal, throttle: LoginThrottle) -> bool:
    return can_manage_users(principal) and throttle.locked_until is not None


def can_take_over(user: User, service: User) -> bool:
    """Who may answer for a service account: an active person who is in every team it is in."""
    if user.is_service or not user.is_active:
        return False
    teams = Membership.objects.filter(ended_at=None, team__retired_at=None)
    own = set(teams.filter(user=user).values_list("team_id", flat=True))
    return bool(own) and own >= set(teams.filter(user=service).values_list("team_id", flat=True))


def can_manage_token(principal: Principal, token: ApiToken) -> bool:
    """Revoke: the token's user, the owner of its service account, and owners; a token only itself."""
    if principal.token is not None:
        return bool(token.pk == principal.token.pk)
    if principal.user.is_superuser or token.user_id == principal.user.pk:
        return True
    return bool(token.user.owner_id == principal.user.pk)


def can_create_token_for(principal: Principal, user: User) -> bool:
    """Tokens are made in a session, never by a token; for oneself or a service account one owns."""
    if principal.token is not None or principal.user.is_service:
        return False
    return user.pk == principal.user.pk or (
        user.is_service and (user.owner_id == principal.user.pk or principal.user.is_superuser)
    )


def can_have_ssh_keys(user: User) -> bool:
    """People alone: whoever logs in to a sandbox is somebody."""
    return user.is_active and not user.is_service


def can_add_ssh_keys(principal: Principal) -> bool:
    """For oneself, always: nobody lets somebody else's key in."""
    return can_have_ssh_keys(principal.user) and principal.has_scope(Scope.SSH_KEYS_WRITE)


def can_see_ssh_key(principal: Principal, key: SshKey) -> bool:
    """One's own; owners see everybody's, in a session."""
    if key.deleted_at is not None:
        return False
    if key.user_id == principal.user.pk:
        return principal.has_scope(Scope.SSH_KEYS_READ) or principal.has_scope(Scope.SSH_KEYS_WRITE)
    return principal.user.is_superuser and principal.token is None


def can_change_ssh_key(principal: Principal, key: SshKey) -> bool:
    """What lets somebody in: one's own."""
    return key.user_id == principal.user.pk and can_add_ssh_keys(principal)


def can_end_ssh_key(principal: Principal, key: SshKey) -> bool:
    """Deactivate and delete: one's own; owners everybody's, in a session."""
    if principal.user.is_superuser and principal.token is None:
        return True
    return key.user_id == principal.user.pk and principal.has_scope(Scope.SSH_KEYS_WRITE)


def can_sync_ssh_keys(principal: Principal, team: Team) -> bool:
    """Read who may log in to the team's sandbox: its service accounts with the scope, its admins, owners."""
    if team.retired_at is not None or not principal.has_scope(Scope.SSH_KEYS_SYNC):
        return False
    if principal.user.is_service:
        return team.pk in principal.team_ids
    return principal.user.is_superuser or principal.has_role(team.pk, Role.managing())


def can_read_audit(principal: Principal) -> bool:
    """The whole chain: owners, in a session or with the scope. Others read the history of what they see."""
    return principal.user.is_superuser and principal.has_scope(Scope.AUDIT_READ)


def can_read_metrics(principal: Principal) -> bool:
    """Numbers of the whole deployment: an owner's token, or that of a service account of an owner's."""
    if principal.token is None or not principal.has_scope(Scope.METRICS_READ):
        return False
    answerable = principal.user.owner or principal.user
    return answerable.is_active and answerable.is_superuser
