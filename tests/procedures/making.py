"""Proposals and procedures that tests start from, made through the domain."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from procedures.domain.proposals import create_proposal, submit_proposal
from procedures.drafts import ProposalDraft
from procedures.models import Proposal, Sop
from reviews.domain.voting import approve_review
from reviews.models import Review
from tests.factories import make_principal, make_user

_numbers = itertools.count(1)

CONTENT = "# Deploy the web\n\n## Purpose\n\nEverybody deploys alike.\n\n## Steps\n\n1. Ask.\n2. Deploy.\n"


def make_draft(slug: str = "", **values: Any) -> ProposalDraft:
    """One that the lint finds nothing wrong with."""
    slug = slug or f"procedure-{next(_numbers)}"
    named = {
        "name": slug.replace("-", " ").capitalize(),
        "description": f"How to {slug}.",
        "content": CONTENT,
    }
    review_by = (timezone.now() + timedelta(days=365)).date()
    return ProposalDraft(slug=slug, **{**named, "review_by": review_by, **values})


def make_sop_proposal(team: Team, author: User | None = None, **values: Any) -> Proposal:
    author = author or make_user(team, Role.EDITOR)
    return create_proposal(principal=make_principal(author), team=team, draft=make_draft(**values))


def make_submitted(team: Team, author: User | None = None, **values: Any) -> Proposal:
    author = author or make_user(team, Role.EDITOR)
    proposal = make_sop_proposal(team, author, **values)
    return submit_proposal(principal=make_principal(author), proposal_id=proposal.pk)


def approve(proposal: Proposal, *approvers: User) -> Sop:
    """As each of them would from its review; the last one seals it."""
    for approver in approvers:
        review = Review.objects.get(pk=proposal.review_id)
        approve_review(
            principal=make_principal(approver), review_id=review.pk, fingerprint=review.content_hash
        )
    proposal.refresh_from_db()
    return Sop.objects.get(versions__proposal=proposal)


def make_sop(team: Team, approver: User, **values: Any) -> Sop:
    """Its first version, approved by somebody else."""
    return approve(make_submitted(team, **values), approver)


def make_next_version(sop: Sop, approver: User, **values: Any) -> Sop:
    values = {"supersedes_id": sop.pk, **values}
    return approve(make_submitted(sop.team, slug=sop.slug, **values), approver)
