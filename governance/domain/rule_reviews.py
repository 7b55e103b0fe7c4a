"""The second person of a wide rule: one review for each rule that waits, about exactly one version of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.principal import Principal
from events.actors import Subject
from events.changes import Change, lock_rows
from events.errors import Conflict
from governance.domain.rule_log import announce_rule, describe_row
from governance.domain.team_rules import bump_rules
from governance.enums import RuleState, StoredRuleKind
from governance.models import RuleVersion, WhitelistAction, WhitelistTarget
from governance.rule_checks import check_draft
from governance.rule_drafts import StoredRow, read_draft, write_content
from governance.rule_width import explain_second_person, list_warnings, read_in_words
from reviews.domain.reviews import find_open_review, open_review, revise_review, withdraw_reviews_of
from reviews.enums import ReviewKind
from reviews.models import Review
from reviews.registry import Fact, ReviewKindSpec, register_kind

MODELS: dict[str, Any] = {"whitelist_action": WhitelistAction, "whitelist_target": WhitelistTarget}


def register_rule_reviews() -> None:
    """Called once, when the app is ready."""
    register_kind(
        ReviewKind.WHITELIST_RULE,
        ReviewKindSpec(
            label="wide rules",
            apply=activate_reviewed,
            on_reject=send_back,
            describe=describe,
            url=find_url,
            lock_subject=lock_row,
            read_live=read_reviewed,
        ),
    )


def request_second_person(change: Change, principal: Principal, row: StoredRow) -> str:
    """Put this version before the team; returns the review's id.

    Raises Conflict when nobody else could approve it.
    """
    content = {"version": row.version, "rule": write_content(read_draft(row))}
    there = find_open_review(kind=ReviewKind.WHITELIST_RULE, subject=row.subject)
    # Whoever may write rules may say what their review is about: its token's other scopes do not matter here.
    author = replace(principal, token=None)
    if there is not None:
        review = revise_review(
            change=change, principal=author, review_id=there.pk, content=content, title=title_of(row)
        )
        return str(review.pk)
    review = open_review(
        change=change,
        principal=author,
        team=row.team,
        kind=ReviewKind.WHITELIST_RULE,
        subject=row.subject,
        title=title_of(row),
        content=content,
        reason=row.reason,
    )
    return str(review.pk)


def read_reviewed(subject: Subject) -> dict[str, Any] | None:
    """The version that was approved last, which a wider one would replace; None for a rule that never was."""
    model = MODELS.get(subject.kind)
    row: StoredRow | None = model.objects.filter(pk=subject.id).first() if model else None
    if row is None or row.reviewed_version is None:
        return None
    version = RuleVersion.objects.get(rule_kind=row.rule_kind, rule_id=row.pk, version=row.reviewed_version)
    return {"version": version.version, "rule": version.content}


def title_of(row: StoredRow) -> str:
    """Also read by people who are not members: the rule's name, not what it covers."""
    word = "Path rule" if row.rule_kind == StoredRuleKind.TARGET else "Rule"
    return f"{word}: {row.name}"


def withdraw_second_person(change: Change, row: StoredRow, reason: str) -> None:
    """The row no longer waits; the caller has written that already."""
    withdraw_reviews_of(change=change, subject=row.subject, reason=reason)


def activate_reviewed(change: Change, review: Review) -> None:
    """The last approval: what was approved applies, if the rule still reads so and waits for this."""
    row = lock_row(review)
    if row is None or row.state != RuleState.IN_REVIEW or row.review_id != review.pk:
        raise Conflict("The rule no longer waits for this review.", code="stale_version")
    if review.content != {"version": row.version, "rule": write_content(read_draft(row))}:
        raise Conflict(
            "The rule was changed since; this review is about another version.", code="stale_version"
        )
    now = timezone.now()
    check_draft(read_draft(row), team=row.team, now=now)
    row.state, row.review_id, row.reviewed_version = RuleState.ACTIVE, "", row.version
    row.activated_by_id, row.activated_at, row.changed_at = review.requested_by_id, now, now
    row.save(
        update_fields=[
            *("state", "review_id", "reviewed_version", "activated_by", "activated_at", "changed_at"),
        ]
    )
    change.audit("whitelist_rule.activate", row.subject, after={**describe_row(row), "review": review.pk})
    announce_rule(change, row, "activated")
    bump_rules(change, row.team_id)


def send_back(change: Change, review: Review) -> None:
    """Rejected, withdrawn or run out: a draft again. A rule that has moved on by itself stays as it is."""
    row = lock_row(review)
    if row is None or row.state != RuleState.IN_REVIEW or row.review_id != review.pk:
        return
    row.state, row.review_id, row.changed_at = RuleState.DRAFT, "", timezone.now()
    row.save(update_fields=["state", "review_id", "changed_at"])
    change.audit("whitelist_rule.send_back", row.subject, after={**describe_row(row), "review": review.pk})
    announce_rule(change, row, "sent_back")


def lock_row(review: Review) -> StoredRow | None:
    model = MODELS.get(review.subject_kind)
    rows = lock_rows(model.objects.select_related("team").filter(pk=review.subject_id)) if model else []
    return rows[0] if rows else None


def find_row(review: Review) -> StoredRow | None:
    model = MODELS.get(review.subject_kind)
    row: StoredRow | None = model.objects.filter(pk=review.subject_id).first() if model else None
    return row


def describe(review: Review) -> list[Fact]:
    """What the reviewer should know besides the content."""
    row = find_row(review)
    if row is None:
        return []
    draft = read_draft(row)
    return [
        Fact("In words", read_in_words(draft)),
        Fact("Why it needs a second person", explain_second_person(draft) or "It was asked for."),
        *(Fact("Mind", warning) for warning in list_warnings(draft)),
    ]


def find_url(review: Review) -> str:
    return reverse(
        f"admin:governance_{review.subject_kind.replace('_', '')}_change", args=[review.subject_id]
    )
