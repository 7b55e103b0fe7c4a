"""Who may see, write and comment on proposals, and who revokes what came of them.

Who approves is the review engine's matter (`reviews.seats`): never a service account, never an author.
"""

from __future__ import annotations

from accounts.enums import Role, Scope
from accounts.principal import Principal
from procedures.models import Proposal, Sop

WRITERS = frozenset({Role.EDITOR, Role.APPROVER, Role.ADMIN})


def can_list_procedures(principal: Principal) -> bool:
    """Members of a team, and owners; service accounts too, with the scope."""
    return principal.has_scope(Scope.PROCEDURES_READ) and (
        principal.sees_all_teams or bool(principal.team_ids)
    )


def can_see_proposal(principal: Principal, proposal: Proposal) -> bool:
    """That it exists and how it stands: the team's people and owners; service accounts their own alone."""
    if not (principal.has_scope(Scope.PROCEDURES_READ) or principal.has_scope(Scope.PROCEDURES_WRITE)):
        return False
    if principal.user.is_service:
        return proposal.team_id in principal.team_ids and proposal.author_id == principal.user.pk
    return principal.sees_all_teams or proposal.team_id in principal.team_ids


def can_read_proposal(principal: Principal, proposal: Proposal) -> bool:
    """What it says, and what was said about it: members only, owners included only as members."""
    return proposal.team_id in principal.team_ids and can_see_proposal(principal, proposal)


def can_see_sop(principal: Principal, sop: Sop) -> bool:
    """Its name and state: the team's members, agents among them, and owners."""
    return can_list_procedures(principal) and (principal.sees_all_teams or sop.team_id in principal.team_ids)


def can_read_sop(principal: Principal, sop: Sop) -> bool:
    """What it says: members only."""
    return sop.team_id in principal.team_ids and can_see_sop(principal, sop)


def explain_not_writing(principal: Principal, team_id: str) -> str:
    """Why this principal may not propose anything to the team; "" when they may: agents may, too."""
    if not principal.has_scope(Scope.PROCEDURES_WRITE):
        return "This token lacks the scope procedures:write."
    if principal.user.is_service:
        return "" if team_id in principal.team_ids else "Only the team's service accounts write proposals."
    if not principal.has_role(team_id, WRITERS):
        return "Only editors, approvers and admins of the team write proposals."
    return ""


def is_own_proposal(principal: Principal, proposal: Proposal) -> bool:
    """Began it, themselves or through a service account they own."""
    return proposal.author_id == principal.user.pk or proposal.author_id in principal.service_account_ids


def explain_not_revising(principal: Principal, proposal: Proposal) -> str:
    """Why this principal may not change or submit it; "" when they may. Service accounts only their own."""
    if refusal := explain_not_writing(principal, proposal.team_id):
        return refusal
    if principal.user.is_service and proposal.author_id != principal.user.pk:
        return "A service account changes only what it proposed itself."
    return ""


def explain_not_withdrawing(principal: Principal, proposal: Proposal) -> str:
    if refusal := explain_not_writing(principal, proposal.team_id):
        return refusal
    if not is_own_proposal(principal, proposal):
        return "Only whoever proposed it withdraws it; others reject it."
    return ""


def explain_not_commenting(principal: Principal, proposal: Proposal) -> str:
    """Why this principal may not comment or settle a comment; "" when they may: people of the team."""
    if principal.user.is_service:
        return "Service accounts do not comment; they revise what they proposed."
    if proposal.team_id not in principal.team_ids:
        return "Only members of its team comment on a proposal."
    if not principal.has_scope(Scope.PROCEDURES_WRITE):
        return "This token lacks the scope procedures:write."
    return ""


def explain_not_revoking(principal: Principal, sop: Sop) -> str:
    """Why this principal may not revoke it; "" when they may: who decides in the team, in a session."""
    if principal.user.is_service:
        return "Service accounts never revoke a procedure."
    if principal.token is not None:
        return "API tokens do not revoke procedures; log in for that."
    if not principal.has_role(sop.team_id, Role.deciding()):
        return "Only approvers and admins of the team revoke its procedures."
    return ""
