"""What a rule's page shows besides its facts: how it reads, its versions, its review, what it decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from accounts.admin.audit_diff import DiffLine, build_diff
from accounts.principal import Principal
from events.text import make_visible
from governance.enums import RuleEffect, RuleMode, RuleState
from governance.models import PermissionRequest, RuleVersion
from governance.queries import list_requests
from governance.rule_drafts import StoredRow, read_draft
from governance.rule_queries import list_versions
from governance.rule_width import explain_second_person, list_warnings, read_in_words

MAX_VERSIONS = 50
MAX_REQUESTS = 10


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version and what it changed."""

    version: RuleVersion
    changes: list[DiffLine]
    is_current: bool


def build_page(principal: Principal, row: StoredRow) -> dict[str, Any]:
    draft = read_draft(row)
    return {
        "row": row,
        "words": read_in_words(draft),
        "warnings": list_warnings(draft),
        "second_person": explain_second_person(row),
        "is_reviewed": row.reviewed_version == row.version,
        "is_allowing": row.effect == RuleEffect.ALLOW,
        "is_observed": row.mode == RuleMode.OBSERVE,
        "is_waiting": row.state == RuleState.IN_REVIEW,
        "review_url": find_review_url(row.review_id),
        "examples": [
            *((make_visible(line), "must be covered") for line in row.should_match),
            *((make_visible(line), "must be left alone") for line in row.must_not_match),
        ],
        "versions": build_versions(row),
        "decided": list_decided(principal, row),
    }


def build_versions(row: StoredRow) -> list[VersionLine]:
    """Newest first, each with what it changed against the one before."""
    versions = list(list_versions(row)[: MAX_VERSIONS + 1])
    older = [*versions[1:], None]
    return [
        VersionLine(version, diff_versions(before, version), version.version == row.version)
        for version, before in zip(versions, older, strict=False)
    ][:MAX_VERSIONS]


def diff_versions(before: RuleVersion | None, version: RuleVersion) -> list[DiffLine]:
    if before is None:
        return []
    return [line for line in build_diff(before.content, version.content) if line.change != "same"]


def list_decided(principal: Principal, row: StoredRow) -> list[PermissionRequest]:
    """The newest requests that it decided, as far as this principal sees them."""
    # The index's own condition too: SQLite takes it only so.
    decided = list_requests(principal).filter(~Q(rule_id=""), rule_id=row.pk)
    return list(decided.order_by("-created_at", "-id")[:MAX_REQUESTS])


def find_review_url(review_id: str) -> str:
    """Empty when it waits for nobody."""
    if not review_id:
        return ""
    try:
        return reverse("admin:reviews_review_change", args=[review_id])
    except NoReverseMatch:
        return ""
