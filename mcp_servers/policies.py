"""Who may see, ask for, and stop MCP servers, and who may handle their secrets. "" means: yes.

Who approves a request: `reviews.seats`, as for everything that needs a second person.
"""

from __future__ import annotations

from accounts.enums import Role, Scope
from accounts.principal import Principal
from mcp_servers.models import McpRequest, McpServer

REQUESTING = frozenset({Role.EDITOR, Role.APPROVER, Role.ADMIN})


def can_list_servers(principal: Principal) -> bool:
    """Members of a team, and owners; service accounts too, with the scope."""
    return principal.has_scope(Scope.MCP_READ) and (principal.sees_all_teams or bool(principal.team_ids))


def can_see_server(principal: Principal, server: McpServer) -> bool:
    """Its name and how it stands: the team's members and owners."""
    if not principal.has_scope(Scope.MCP_READ):
        return False
    return principal.sees_all_teams or server.team_id in principal.team_ids


def can_read_server(principal: Principal, server: McpServer) -> bool:
    """What it is run with and what was found: members only, owners included only as members."""
    return can_see_server(principal, server) and server.team_id in principal.team_ids


def explain_not_requesting(principal: Principal, team_id: str) -> str:
    """Editors, approvers and admins of the team, and its service accounts whose token has the scope."""
    if not principal.has_scope(Scope.MCP_REQUEST):
        return "This token lacks the scope mcp:request."
    if principal.user.is_service:
        return "" if team_id in principal.team_ids else "This service account is not of the team."
    if not principal.has_role(team_id, REQUESTING):
        return "Only the team's editors, approvers and admins ask for MCP servers."
    return ""


def explain_not_withdrawing(principal: Principal, request: McpRequest) -> str:
    """Who asked, or answers for the service account that asked.

    Approvers and admins too while it has no open review: nobody could reject it then.
    """
    if not principal.has_scope(Scope.MCP_REQUEST):
        return "This token lacks the scope mcp:request."
    if request.server.team_id not in principal.team_ids:
        return "Only members of the team withdraw its requests."
    asked = request.requested_by_id
    if principal.user.pk == asked or asked in principal.service_account_ids:
        return ""
    is_reviewed = request.review is not None and request.review.is_open
    if is_reviewed or explain_not_managing(principal, request.server.team_id):
        return "Only whoever asked withdraws it; others reject it."
    return ""


def explain_not_checking(principal: Principal, request: McpRequest) -> str:
    """Have everything checked again: whoever may ask for servers of the team."""
    return explain_not_requesting(principal, request.server.team_id)


def explain_not_managing(principal: Principal, team_id: str) -> str:
    """Resume, revoke, switch tools: those who decide, in person."""
    refusal = explain_no_person(principal)
    if not refusal and not principal.has_role(team_id, Role.deciding()):
        return "Only the team's approvers and admins do this."
    return refusal


def explain_not_suspending(principal: Principal, team_id: str) -> str:
    """Stopping is the safe side: editors may do it too."""
    refusal = explain_no_person(principal)
    if not refusal and not principal.has_role(team_id, REQUESTING):
        return "Only the team's editors, approvers and admins suspend MCP servers."
    return refusal


def explain_not_setting_secrets(principal: Principal, team_id: str) -> str:
    refusal = explain_no_person(principal)
    if not refusal and not principal.has_role(team_id, REQUESTING):
        return "Only the team's editors, approvers and admins set secrets."
    return refusal


def explain_not_revealing(principal: Principal, team_id: str) -> str:
    """In a session of an admin; that the login is recent is asked for besides."""
    if principal.token is not None or principal.user.is_service:
        return "Secrets are shown in a session only, never to a token."
    if not principal.has_role(team_id, Role.managing()):
        return "Only the team's admins look at secrets."
    return ""


def explain_no_person(principal: Principal) -> str:
    if principal.user.is_service:
        return "Service accounts ask; people decide."
    if not principal.has_scope(Scope.MCP_MANAGE):
        return "This token lacks the scope mcp:manage."
    return ""
