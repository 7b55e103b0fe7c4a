"""What members of the team say to each other about a request, also after its end. No agent hears of it."""

from __future__ import annotations

from accounts.principal import Principal
from events.changes import changes
from events.errors import Invalid, Refused
from events.text import read_lines
from governance.domain.announce import announce_request
from governance.models import RequestComment
from governance.policies import explain_not_commenting
from governance.queries import get_request

MAX_COMMENT_LENGTH = 4000


def comment_on_request(*, principal: Principal, request_id: str, text: str) -> RequestComment:
    """Add a comment, in Markdown. Raises NotFound, Refused or Invalid."""
    text = read_lines(text, field="text", max_length=MAX_COMMENT_LENGTH)
    if not text:
        raise Invalid("text: this may not be empty.", field="text")
    with changes(principal.actor) as change:
        request = get_request(principal, request_id)
        refusal = explain_not_commenting(principal, request)
        if refusal:
            raise Refused(refusal, subject_kind="permission_request", subject_id=request.pk)
        comment = RequestComment.objects.create(request=request, author=principal.user, text=text)
        # The text is content: the log names the comment, it does not repeat it.
        change.audit("permission_request.comment", request.subject, after={"comment_id": comment.pk})
        announce_request(change, request, "commented", comment=comment.pk)
    return comment
