"""Named predicates: `can_<verb>(principal, obj)`. They list nothing and change nothing."""

from __future__ import annotations

from accounts.enums import Role
from accounts.models import ApiToken, Team, User
from accounts.principal import Principal


def can_see_team(principal: Principal, team: Team) -> bool:
    return principal.user.is_superuser or team.pk in principal.team_ids


def can_manage_team(principal: Principal, team: Team) -> bool:
    """Settings and memberships: its admins and owners, in a session of their own."""
    if principal.token is not None or principal.user.is_service:
        return False
    return principal.user.is_superuser or principal.has_role(team.pk, Role.managing())


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


def can_read_audit(principal: Principal) -> bool:
    """The whole chain: owners, in a session. Others read the history of what they may see."""
    return principal.user.is_superuser and principal.token is None
