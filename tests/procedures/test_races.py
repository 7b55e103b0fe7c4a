"""Approvals, edits and withdrawals at the same moment: sealed once, and only what was shown."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from accounts.enums import Role
from accounts.models import Team, User
from events.errors import DomainError
from procedures.domain.proposals import request_changes, revise_proposal, withdraw_proposal
from procedures.models import Proposal, ProposalRevision, Sop, SopVersion
from reviews.domain.voting import approve_review
from reviews.models import Review
from tests.factories import make_principal, make_team, make_user
from tests.procedures.making import CONTENT, make_draft, make_sop, make_submitted
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def team() -> Team:
    return make_team()


def try_approve(user: User, review_id: str, fingerprint: str) -> str:
    try:
        approve_review(principal=make_principal(user), review_id=review_id, fingerprint=fingerprint)
    except DomainError as error:
        return error.code
    return "approved"


def try_revise(user: User, proposal: Proposal) -> str:
    draft = make_draft(proposal.slug, content=f"{CONTENT}\nSomething else.\n")
    try:
        revise_proposal(
            principal=make_principal(user), proposal_id=proposal.pk, draft=draft, expected_number=1
        )
    except DomainError as error:
        return error.code
    return "revised"


def try_withdraw(user: User, proposal: Proposal) -> str:
    try:
        withdraw_proposal(principal=make_principal(user), proposal_id=proposal.pk)
    except DomainError as error:
        return error.code
    return "withdrawn"


def try_send_back(user: User, proposal: Proposal, fingerprint: str) -> str:
    try:
        request_changes(
            principal=make_principal(user),
            proposal_id=proposal.pk,
            fingerprint=fingerprint,
            reason="Please.",
        )
    except DomainError as error:
        return error.code
    return "sent back"


def shown(proposal: Proposal) -> tuple[str, str]:
    review = Review.objects.get(pk=proposal.review_id)
    return review.pk, review.content_hash


def test_four_approvals_at_once_seal_it_once(team: Team) -> None:
    approvers = [make_user(team) for _ in range(4)]
    proposal = make_submitted(team)
    results = run_together([partial(try_approve, user, *shown(proposal)) for user in approvers])
    assert Counter(results) == {"approved": 1, "already_decided": 3}
    assert (Sop.objects.count(), SopVersion.objects.count()) == (1, 1)


def test_an_approval_and_an_edit_at_once_never_seal_what_was_not_shown(team: Team) -> None:
    for _ in range(4):
        approver, author = make_user(team), make_user(team, Role.EDITOR)
        proposal = make_submitted(team, author)
        results = run_together(
            [
                partial(try_approve, approver, *shown(proposal)),
                partial(try_revise, author, proposal),
            ]
        )
        proposal.refresh_from_db()
        if proposal.state == "approved":
            assert sorted(results) == ["already_decided", "approved"]
            assert (proposal.sealed_version.content, proposal.number) == (CONTENT, 1)
        else:
            assert sorted(results) == ["revised", "stale_fingerprint"]
            assert (proposal.state, ProposalRevision.objects.filter(proposal=proposal).count()) == (
                "submitted",
                2,
            )
            assert not SopVersion.objects.filter(proposal=proposal).exists()


def test_approval_withdrawal_and_sending_back_at_once_end_in_one_way(team: Team) -> None:
    first, second, author = make_user(team), make_user(team), make_user(team, Role.EDITOR)
    proposal = make_submitted(team, author)
    review_id, fingerprint = shown(proposal)
    run_together(
        [
            partial(try_approve, first, review_id, fingerprint),
            partial(try_withdraw, author, proposal),
            partial(try_send_back, second, proposal, fingerprint),
        ]
    )
    proposal.refresh_from_db()
    review = Review.objects.get(pk=review_id)
    ends = {
        "approved": ("approved", 1),
        "withdrawn": ("withdrawn", 0),
        "changes_requested": ("withdrawn", 0),
    }
    assert (review.state, SopVersion.objects.count()) == ends[proposal.state]


def test_two_proposals_for_one_slug_at_once_make_one_procedure(team: Team) -> None:
    approver = make_user(team)
    proposals = [make_submitted(team, slug="same") for _ in range(2)]
    results = run_together([partial(try_approve, approver, *shown(proposal)) for proposal in proposals])
    assert Counter(results) == {"approved": 1, "base_moved": 1}
    assert (Sop.objects.get().version, SopVersion.objects.count()) == (1, 1)


def test_two_next_versions_at_once_are_one(team: Team) -> None:
    approver = make_user(team)
    sop = make_sop(team, approver)
    proposals = [make_submitted(team, slug=sop.slug, supersedes_id=sop.pk) for _ in range(2)]
    results = run_together([partial(try_approve, approver, *shown(proposal)) for proposal in proposals])
    assert Counter(results) == {"approved": 1, "base_moved": 1}
    assert list(sop.versions.order_by("number").values_list("number", flat=True)) == [1, 2]
