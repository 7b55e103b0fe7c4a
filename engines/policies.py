from __future__ import annotations

from accounts.enums import Role
from accounts.principal import Principal
from engines.models import Chat, Engine, Subagent


def can_see_engine(principal: Principal, engine: Engine) -> bool:
    """Metadata: the team's members and owners."""
    return principal.sees_all_teams or engine.team_id in principal.team_ids


def can_manage_engine(principal: Principal, engine: Engine) -> bool:
    """Pause, resume, retire: the team's admins and owners, in a session."""
    if principal.token is not None or principal.user.is_service:
        return False
    return principal.user.is_superuser or principal.has_role(engine.team_id, Role.managing())


def can_see_chat(principal: Principal, chat: Chat) -> bool:
    """A chat's title and preview are content: members only."""
    return chat.team_id in principal.team_ids


def can_see_subagent(principal: Principal, subagent: Subagent) -> bool:
    return subagent.team_id in principal.team_ids
