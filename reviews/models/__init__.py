from reviews.models.comment import ReviewComment
from reviews.models.delegation import Delegation
from reviews.models.policy import ReviewPolicy
from reviews.models.review import Review
from reviews.models.vote import Vote

__all__ = ["Delegation", "Review", "ReviewComment", "ReviewPolicy", "Vote"]
