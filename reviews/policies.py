"""Who may see, read, talk about and withdraw a review. Who may vote: `reviews.seats`."""

from __future__ import annotations

from accounts.enums import Scope
from accounts.models import Team
from accounts.policies import can_manage_team
from accounts.principal import Principal
from reviews.models import Delegation, Review


def is_author(principal: Principal, review: Review) -> bool:
    """Asked for it or changed it, themselves or through a service account they own or owned then."""
    authors = set(review.author_ids)
    return principal.user.pk in authors or not authors.isdisjoint(principal.service_account_ids)


def can_see_review(principal: Principal, review: Review) -> bool:
    """That it exists and how it stands: the team's members and owners; service accounts their own alone."""
    if not (principal.has_scope(Scope.REVIEWS_READ) or principal.has_scope(Scope.REVIEWS_WRITE)):
        return False
    if principal.user.is_service:
        return review.team_id in principal.team_ids and principal.user.pk == review.requested_by_id
    return principal.sees_all_teams or review.team_id in principal.team_ids


def can_read_content(principal: Principal, review: Review) -> bool:
    """What it says, why, and what was said about it: members only, owners included only as members."""
    is_member = review.team_id in principal.team_ids and principal.has_scope(Scope.REVIEWS_READ)
    return is_member and can_see_review(principal, review)


def can_read_comments(principal: Principal, review: Review) -> bool:
    """What people say to each other: members, and no agent."""
    return can_read_content(principal, review) and not principal.user.is_service


def explain_not_commenting(principal: Principal, review: Review) -> str:
    """Why this principal may not comment; "" when they may: people of the team, whatever their role."""
    if principal.user.is_service:
        return "Service accounts do not comment."
    if review.team_id not in principal.team_ids:
        return "Only members of the review's team comment on it."
    if not principal.has_scope(Scope.REVIEWS_WRITE):
        return "This token lacks the scope reviews:write."
    return ""


def explain_not_withdrawing(principal: Principal, review: Review) -> str:
    """Why this principal may not withdraw it; "" when they may: who asked, or answers for who asked."""
    if not principal.has_scope(Scope.REVIEWS_WRITE):
        return "This token lacks the scope reviews:write."
    asked = review.requested_by_id
    if principal.user.pk != asked and asked not in principal.service_account_ids:
        return "Only whoever asked withdraws it; others reject it."
    return ""


def can_delegate(principal: Principal, team: Team) -> bool:
    """Name somebody to stand in for oneself: members, in a session of their own."""
    return principal.token is None and not principal.user.is_service and team.pk in principal.team_ids


def can_delegate_somewhere(principal: Principal) -> bool:
    return principal.token is None and not principal.user.is_service and bool(principal.team_ids)


def can_see_delegation(principal: Principal, delegation: Delegation) -> bool:
    """The team's people and owners: everybody may know who votes for whom."""
    if principal.token is not None or principal.user.is_service:
        return False
    return principal.sees_all_teams or delegation.team_id in principal.team_ids


def can_revoke_delegation(principal: Principal, delegation: Delegation) -> bool:
    """Who gave it, who holds it, and the team's admins and owners; in a session."""
    if principal.token is not None or principal.user.is_service:
        return False
    if principal.user.pk in {delegation.delegator_id, delegation.delegate_id}:
        return True
    return can_manage_team(principal, delegation.team)
