from __future__ import annotations

from django.db.models import QuerySet

from accounts.enums import Scope
from accounts.principal import Principal
from events.errors import NotFound
from events.identifiers import is_record_id
from reviews.models import Delegation, Review
from reviews.policies import can_see_review


def list_reviews(principal: Principal) -> QuerySet[Review]:
    """Everything `can_see_review` lets this principal see."""
    reviews = Review.objects.select_related("team")
    if not (principal.has_scope(Scope.REVIEWS_READ) or principal.has_scope(Scope.REVIEWS_WRITE)):
        return reviews.none()
    if principal.user.is_service:
        # A service account never changes another's wish, so what it asked for is all it wrote.
        return reviews.filter(team_id__in=principal.team_ids, requested_by_id=principal.user.pk)
    return reviews if principal.sees_all_teams else reviews.filter(team_id__in=principal.team_ids)


def get_review(principal: Principal, review_id: str) -> Review:
    """Raises NotFound for what does not exist and for what this principal may not see, alike."""
    review = (
        Review.objects.select_related("team").filter(pk=review_id).first()
        if is_record_id(review_id)
        else None
    )
    if review is None or not can_see_review(principal, review):
        raise NotFound("There is no such review.")
    return review


def list_delegations(principal: Principal) -> QuerySet[Delegation]:
    """Everything `can_see_delegation` lets this principal see."""
    delegations = Delegation.objects.select_related("team", "delegator", "delegate")
    if principal.token is not None or principal.user.is_service:
        return delegations.none()
    return delegations if principal.sees_all_teams else delegations.filter(team_id__in=principal.team_ids)
