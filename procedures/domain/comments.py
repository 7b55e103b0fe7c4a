"""What people of the team say about a proposal, or about one line of it."""

from __future__ import annotations

from django.utils import timezone

from accounts.principal import Principal
from events.changes import changes
from events.errors import Conflict, Invalid, NotFound, Refused
from events.identifiers import is_record_id
from events.text import read_lines
from procedures.domain.announce import announce_proposal
from procedures.models import ProposalComment
from procedures.policies import explain_not_commenting
from procedures.queries import get_proposal, get_revision, list_comments

MAX_COMMENT_LENGTH = 4000


def comment_on_proposal(
    *, principal: Principal, proposal_id: str, text: str, line: int | None = None, number: int | None = None
) -> ProposalComment:
    """Say something, in Markdown, about a revision (`number`, None: the latest) or about one of its lines.

    Lines count from 1. Raises NotFound, Refused or Invalid.
    """
    text = read_lines(text, field="text", max_length=MAX_COMMENT_LENGTH)
    with changes(principal.actor) as change:
        proposal = get_proposal(principal, proposal_id)
        if refusal := explain_not_commenting(principal, proposal):
            raise Refused(refusal, subject_kind="proposal", subject_id=proposal.pk)
        if not text:
            raise Invalid("text: this may not be empty.", field="text")
        revision = get_revision(proposal, number)
        if line is not None and not 1 <= line <= count_lines(revision.content):
            raise Invalid("line: the revision has no such line.", field="line")
        comment = ProposalComment.objects.create(
            revision=revision, line=line, text=text, author=principal.user
        )
        # The text is content: the log names the comment, it does not repeat it.
        after = {"comment": comment.pk, "revision": revision.number, "line": line}
        change.audit("proposal.comment", proposal.subject, after=after)
        announce_proposal(change, proposal, "commented", comment=comment.pk)
    return comment


def count_lines(content: str) -> int:
    return len(content.split("\n"))


def resolve_comment(*, principal: Principal, proposal_id: str, comment_id: str) -> ProposalComment:
    """Call it settled. Raises NotFound, Refused or Conflict (settled already)."""
    with changes(principal.actor) as change:
        proposal = get_proposal(principal, proposal_id)
        if refusal := explain_not_commenting(principal, proposal):
            raise Refused(refusal, subject_kind="proposal", subject_id=proposal.pk)
        rows = list_comments(proposal).filter(pk=comment_id)
        comment = rows.first() if is_record_id(comment_id) else None
        if comment is None:
            raise NotFound("There is no such comment.")
        values = {"resolved_at": timezone.now(), "resolved_by": principal.user}
        if not ProposalComment.objects.filter(pk=comment.pk, resolved_at=None).update(**values):
            raise Conflict("It is settled already.", code="already")
        for name, value in values.items():
            setattr(comment, name, value)
        change.audit("proposal.resolve_comment", proposal.subject, after={"comment": comment.pk})
        announce_proposal(change, proposal, "comment_resolved", comment=comment.pk)
    return comment
