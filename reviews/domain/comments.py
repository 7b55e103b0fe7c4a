"""What members of the team say to each other about a review, also after its end."""

from __future__ import annotations

from accounts.principal import Principal
from events.changes import changes
from events.errors import Invalid, Refused
from events.text import read_lines
from reviews.domain.announce import announce_review
from reviews.models import ReviewComment
from reviews.policies import explain_not_commenting
from reviews.queries import get_review

MAX_COMMENT_LENGTH = 4000


def comment_on_review(*, principal: Principal, review_id: str, text: str) -> ReviewComment:
    """Add a comment, in Markdown. Raises NotFound, Refused or Invalid."""
    text = read_lines(text, field="text", max_length=MAX_COMMENT_LENGTH)
    if not text:
        raise Invalid("text: this may not be empty.", field="text")
    with changes(principal.actor) as change:
        review = get_review(principal, review_id)
        refusal = explain_not_commenting(principal, review)
        if refusal:
            raise Refused(refusal, subject_kind="review", subject_id=review.pk)
        comment = ReviewComment.objects.create(review=review, author=principal.user, text=text)
        # The text is content: the log names the comment, it does not repeat it.
        change.audit("review.comment", review.subject, after={"comment_id": comment.pk})
        announce_review(change, review, "commented", comment=comment.pk)
    return comment
