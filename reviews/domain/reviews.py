"""Reviews are opened, changed and withdrawn here. Voting is in `voting`, what time brings in `due`.

The kind's own domain function calls these in its transaction, after it has checked that the principal may
want this at all:

    with changes(principal.actor) as change:
        review = open_review(change=change, principal=principal, team=team, kind="whitelist_rule", …)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from events.actors import Subject
from events.canonical import canonical_json
from events.changes import Change, changes
from events.errors import Conflict, Refused, TooLarge
from events.text import read_line, read_lines
from reviews.domain.announce import announce_review
from reviews.domain.policies import count_from, read_terms
from reviews.enums import ReviewState
from reviews.models import Review
from reviews.policies import explain_not_withdrawing
from reviews.queries import get_review
from reviews.registry import find_spec, get_spec
from reviews.seats import count_possible_approvers

MAX_TITLE_LENGTH = 200
MAX_REASON_LENGTH = 4000
MAX_CONTENT_BYTES = 256 * 1024


def open_review(
    *,
    change: Change,
    principal: Principal,
    team: Team,
    kind: str,
    subject: Subject,
    title: str,
    content: dict[str, Any],
    reason: str = "",
    at_least: int = 1,
    author_ids: Sequence[str] = (),
) -> Review:
    """Ask the team for its approval of `content` (plain JSON without secrets) for `subject`.

    `principal` is who wants it, also where a task opens the review for them; `author_ids` are others who
    wrote it: none of them may approve it. `at_least`: so many approvals, whatever the team's policy says.
    Raises Invalid, TooLarge, or Conflict: one is open for the subject already (`already_open`, with its id),
    or not enough people could ever approve it (`unsatisfiable`).
    """
    spec, now = get_spec(kind), timezone.now()
    title = read_line(title, field="title", max_length=MAX_TITLE_LENGTH, is_required=True)
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    base = spec.read_live(subject) if spec.read_live else None
    terms = read_terms(team_id=team.pk, kind=kind)
    review = Review(
        team=team,
        kind=kind,
        subject_kind=subject.kind,
        subject_id=subject.id,
        title=title,
        content=content,
        base=base,
        content_hash=hash_content(kind=kind, subject=subject, title=title, content=content, base=base),
        reason=reason,
        requested_by_kind=principal.actor.kind,
        requested_by_id=principal.user.pk,
        requested_by_label=str(principal.user)[:200],
        author_ids=list(dict.fromkeys([*list_answerable(principal), *author_ids])),
        approvals_needed=max(terms.approvals_needed, at_least),
        approver_role=terms.approver_role,
        backup_ids=terms.backup_ids,
        created_at=now,
        remind_at=count_from(now, terms.remind_after_h),
        escalate_at=count_from(now, terms.escalate_after_h),
        due_at=count_from(now, terms.due_after_h),
        expires_at=count_from(now, terms.expire_after_h),
    )
    require_satisfiable(review)
    insert_review(review)
    change.audit("review.open", review.subject, after=describe_opening(review))
    announce_review(change, review, "opened")
    return review


def require_reviewable(*, principal: Principal, team: Team, kind: str, at_least: int = 1) -> None:
    """As `open_review` would later: raises Conflict (`unsatisfiable`) when nobody could approve it."""
    terms = read_terms(team_id=team.pk, kind=kind)
    asked = Review(
        team=team,
        kind=kind,
        author_ids=list_answerable(principal),
        approvals_needed=max(terms.approvals_needed, at_least),
        approver_role=terms.approver_role,
        backup_ids=terms.backup_ids,
        escalate_at=count_from(timezone.now(), terms.escalate_after_h),
    )
    require_satisfiable(asked)


def describe_opening(review: Review) -> dict[str, Any]:
    return {
        "kind": review.kind,
        "about": {"kind": review.subject_kind, "id": review.subject_id},
        "content_hash": review.content_hash,
        "approvals_needed": review.approvals_needed,
        "approver_role": review.approver_role,
        "author_ids": review.author_ids,
    }


def insert_review(review: Review) -> None:
    """Raises Conflict when one is open for the same thing; the database decides who was first."""
    try:
        with transaction.atomic():
            review.save(force_insert=True)
    except IntegrityError:
        there = find_open_review(kind=review.kind, subject=review.reviewed)
        if there is None:
            raise
        raise Conflict("A review of this is open already.", code="already_open", review=there.pk) from None


def find_open_review(*, kind: str, subject: Subject) -> Review | None:
    return (
        Review.objects.select_related("team")
        .filter(kind=kind, subject_kind=subject.kind, subject_id=subject.id, state=ReviewState.OPEN)
        .first()
    )


def revise_review(
    *,
    change: Change,
    principal: Principal,
    review_id: str,
    content: dict[str, Any],
    title: str = "",
    reason: str = "",
) -> Review:
    """Put another content up for approval. Votes so far stay in the record and no longer count.

    Whoever revises becomes an author: they can't approve it any more. Also called with the same content when
    what is live has moved on. An empty `title` or `reason` keeps what there is. Nothing happens when nothing
    differs. Raises NotFound, Refused, Invalid, TooLarge or Conflict.
    """
    review = get_review(principal, review_id)
    if principal.user.is_service and principal.user.pk != review.requested_by_id:
        raise Refused("A service account changes only what it asked for itself.")
    authors = [*review.author_ids]
    authors += [person for person in list_answerable(principal) if person not in authors]
    return put_content(change, review, content, authors, title=title, reason=reason)


def renew_content(*, change: Change, review: Review, content: dict[str, Any]) -> Review:
    """The kind itself puts another content up for the same people's wish: nobody becomes an author.

    Votes so far no longer count, as after `revise_review`. Raises Conflict or TooLarge.
    """
    return put_content(change, review, content, review.author_ids)


def put_content(
    change: Change,
    review: Review,
    content: dict[str, Any],
    authors: list[str],
    *,
    title: str = "",
    reason: str = "",
) -> Review:
    spec, subject = get_spec(review.kind), review.reviewed
    title = read_line(title, field="title", max_length=MAX_TITLE_LENGTH) or review.title
    base = spec.read_live(subject) if spec.read_live else None
    digest = hash_content(kind=review.kind, subject=subject, title=title, content=content, base=base)
    if digest == review.content_hash and review.is_open:
        return review
    values: dict[str, Any] = {
        "title": title,
        "content": content,
        "base": base,
        "content_hash": digest,
        "reason": read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH) or review.reason,
        "revision": review.revision + 1,
        "author_ids": authors,
        "approvals": 0,
        "revised_at": timezone.now(),
    }
    moved = Review.objects.filter(pk=review.pk, state=ReviewState.OPEN, revision=review.revision)
    if not moved.update(**values):
        raise explain_end(Review.objects.get(pk=review.pk))
    before = {"content_hash": review.content_hash, "revision": review.revision}
    for name, value in values.items():
        setattr(review, name, value)
    require_satisfiable(review)
    after = {"content_hash": digest, "revision": review.revision, "author_ids": authors}
    change.audit("review.revise", review.subject, before=before, after=after)
    announce_review(change, review, "revised")
    return review


def withdraw_review(*, principal: Principal, review_id: str, reason: str = "") -> Review:
    """Take back what one asked for. Raises NotFound, Refused, Invalid or Conflict."""
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    with changes(principal.actor) as change:
        review = get_review(principal, review_id)
        refusal = explain_not_withdrawing(principal, review)
        if refusal:
            raise Refused(refusal, subject_kind="review", subject_id=review.pk)
        lock_subject(review)
        end_review(change, review, state=ReviewState.WITHDRAWN, reason=reason)
    return review


def withdraw_reviews_of(*, change: Change, subject: Subject, reason: str) -> int:
    """What they were about is going away: the kind's domain ends them. Returns how many."""
    reviews = Review.objects.select_related("team").filter(
        subject_kind=subject.kind, subject_id=subject.id, state=ReviewState.OPEN
    )
    rows = list(reviews.order_by("pk"))
    for review in rows:
        end_review(change, review, state=ReviewState.WITHDRAWN, reason=reason)
    return len(rows)


def lock_subject(review: Review) -> None:
    """Hold what it is about, where the kind has told how; always before the review's own row."""
    spec = find_spec(review.kind)
    if spec is not None and spec.lock_subject is not None:
        spec.lock_subject(review)


def end_review(change: Change, review: Review, *, state: ReviewState, reason: str) -> None:
    """Close an open review by `change.actor`; the kind hears of it. Raises Conflict when it had ended."""
    actor = change.actor
    values = {
        "state": state,
        "decided_at": timezone.now(),
        "decided_by_kind": actor.kind,
        "decided_by_id": actor.id,
        "decided_by_label": actor.label[:200],
        "decision_door": actor.door,
        "decision_reason": reason,
        "approvals": review.approvals,
    }
    if not Review.objects.filter(pk=review.pk, state=ReviewState.OPEN).update(**values):
        raise explain_end(Review.objects.get(pk=review.pk))
    for name, value in values.items():
        setattr(review, name, value)
    change.audit(
        f"review.{VERBS[state]}",
        review.subject,
        before={"state": ReviewState.OPEN},
        after={
            "state": state,
            "content_hash": review.content_hash,
            "revision": review.revision,
            "approvals": review.approvals,
        },
    )
    announce_review(change, review, state.value)
    spec = find_spec(review.kind)
    if spec is None:
        return
    if state == ReviewState.APPROVED:
        spec.apply(change, review)
    elif spec.on_reject is not None:
        spec.on_reject(change, review)


VERBS = {
    ReviewState.APPROVED: "approve",
    ReviewState.REJECTED: "reject",
    ReviewState.WITHDRAWN: "withdraw",
    ReviewState.EXPIRED: "expire",
}


def explain_end(review: Review) -> Conflict:
    """Why an act that needs an open review can't be done on this one."""
    if review.is_open:
        return Conflict("The review was changed meanwhile; look at it again.", code="stale_fingerprint")
    facts = {"state": review.state, "decided_by": review.decided_by_label}
    return Conflict(describe_end(review), code="already_decided", **facts)


def describe_end(review: Review) -> str:
    """Who ended it and how, in one sentence."""
    if review.state == ReviewState.EXPIRED:
        return "Its time has run out; nobody approved it."
    word = "withdrew" if review.state == ReviewState.WITHDRAWN else review.state
    return f"{review.decided_by_label or 'Somebody'} {word} it already."


def require_satisfiable(review: Review) -> None:
    """Raises Conflict when fewer people could approve it than it needs."""
    possible = count_possible_approvers(review)
    if possible < review.approvals_needed:
        raise Conflict(
            f"Nobody could approve this: it needs {review.approvals_needed}, and {possible} people besides "
            "its authors may. Ask the team's admins for another approver or another policy.",
            code="unsatisfiable",
            approvals_needed=review.approvals_needed,
            possible=possible,
        )


def list_answerable(principal: Principal) -> list[str]:
    """Who counts as author of what this principal wants: itself, and who answers for a service account."""
    owner_id = principal.user.owner_id
    return [principal.user.pk, *([owner_id] if owner_id else [])]


def hash_content(
    *, kind: str, subject: Subject, title: str, content: dict[str, Any], base: dict[str, Any] | None
) -> str:
    """SHA-256 over the canonical JSON of everything an approval is for. Raises TooLarge, or ValueError."""
    text = canonical_json(
        {
            "kind": kind,
            "subject": {"kind": subject.kind, "id": subject.id},
            "title": title,
            "content": content,
            "base": base,
        }
    )
    if len(canonical_json(content).encode()) > MAX_CONTENT_BYTES:
        raise TooLarge(f"A review's content has at most {MAX_CONTENT_BYTES // 1024} KB.")
    return hashlib.sha256(text.encode()).hexdigest()
