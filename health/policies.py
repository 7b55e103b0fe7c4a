from __future__ import annotations

from accounts.enums import Scope
from accounts.principal import Principal
from health.models import HealthCheck


def can_list_health(principal: Principal) -> bool:
    """Members of a team, and owners; tokens with the scope."""
    return principal.has_scope(Scope.HEALTH_READ) and (principal.sees_all_teams or bool(principal.team_ids))


def can_see_check(principal: Principal, check: HealthCheck) -> bool:
    """State words: a team's members see what is the team's, owners everything."""
    if not principal.has_scope(Scope.HEALTH_READ):
        return False
    return principal.sees_all_teams or check.team_id in principal.team_ids
