"""Who may see, read, edit, move labels of, and protect what is configured."""

from __future__ import annotations

from accounts.enums import Role, Scope
from accounts.models import Team
from accounts.policies import can_manage_team
from accounts.principal import Principal
from configs.enums import KnownLabel
from configs.models import Configured

CONFIG_WRITERS = frozenset({Role.EDITOR, Role.ADMIN})


def can_list_configs(principal: Principal) -> bool:
    """Members of a team, and owners; service accounts too, with the scope."""
    return principal.has_scope(Scope.CONFIGS_READ) and (principal.sees_all_teams or bool(principal.team_ids))


def can_see_config(principal: Principal, row: Configured) -> bool:
    """Its name, versions and labels: the team's members and owners; what is everybody's, every member."""
    if not can_list_configs(principal):
        return False
    return row.team_id is None or principal.sees_all_teams or row.team_id in principal.team_ids


def can_read_config(principal: Principal, row: Configured) -> bool:
    """What it says: members only, owners included only as members; what is everybody's, everybody."""
    if not can_see_config(principal, row):
        return False
    return row.team_id is None or row.team_id in principal.team_ids


def explain_not_editing(principal: Principal, team_id: str | None) -> str:
    """Why this principal may not save or retire things of this team (None: everybody's); "" when they may."""
    if not principal.has_scope(Scope.CONFIGS_WRITE):
        return "This token lacks the scope configs:write."
    if team_id is None:
        if principal.user.is_superuser and not principal.user.is_service:
            return ""
        return "Only owners edit what is everybody's."
    if not principal.has_role(team_id, CONFIG_WRITERS):
        return "Only editors and admins of the team edit what it configures."
    return ""


def can_edit_config(principal: Principal, row: Configured) -> bool:
    return not explain_not_editing(principal, row.team_id)


def explain_not_moving(principal: Principal, team_id: str | None, label: str, *, is_protected: bool) -> str:
    """Why this principal may neither move the label nor, when it is protected, ask for it; "" when they may.

    What is labelled `production` is what engines run: a service account never moves it by itself.
    """
    if refusal := explain_not_editing(principal, team_id):
        return refusal
    if principal.user.is_service and (is_protected or label == KnownLabel.PRODUCTION):
        return "Service accounts save drafts; people move this label."
    return ""


def explain_not_protecting(principal: Principal, team: Team | None) -> str:
    """Why this principal may not say which labels are protected; "" when they may; in a session."""
    if team is None:
        is_owner = principal.token is None and principal.user.is_superuser
        return "" if is_owner else "Only owners protect labels of what is everybody's."
    return "" if can_manage_team(principal, team) else "Only the team's admins and owners protect its labels."
