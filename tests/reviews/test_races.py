"""Several people, processes and doors at the same moment: a review ends once and takes effect once."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from accounts.enums import Role
from accounts.models import Team, User
from events.errors import Conflict, DomainError, Refused
from events.models import AuditEntry, Event
from reviews.domain.reviews import withdraw_review
from reviews.domain.voting import approve_review, reject_review
from reviews.models import Review, ReviewPolicy, Vote
from tests.factories import make_principal, make_team, make_user
from tests.reviews.things import KIND, Things, ask_review, revise
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db(transaction=True)


def try_approve(user: User, review: Review) -> str:
    principal = make_principal(user)
    try:
        outcome = approve_review(principal=principal, review_id=review.pk, fingerprint=review.content_hash)
    except DomainError as error:
        return error.code
    return "decided" if outcome.is_decided else "voted"


def try_reject(user: User, review: Review) -> str:
    principal = make_principal(user)
    try:
        reject_review(principal=principal, review_id=review.pk, fingerprint=review.content_hash, reason="No.")
    except DomainError as error:
        return error.code
    return "rejected"


def try_withdraw(user: User, review: Review) -> str:
    try:
        withdraw_review(principal=make_principal(user), review_id=review.pk)
    except DomainError as error:
        return error.code
    return "withdrawn"


def try_revise(user: User, review: Review) -> str:
    try:
        revise(user, review, {"size": "2"})
    except DomainError as error:
        return error.code
    return "revised"


def count_applied() -> int:
    return AuditEntry.objects.filter(verb="thing.apply").count()


@pytest.fixture
def team() -> Team:
    return make_team()


def test_two_last_approvals_at_once_apply_it_once(things: Things, team: Team) -> None:
    approvers = [make_user(team) for _ in range(4)]
    review = ask_review(make_user(team, Role.EDITOR), team)
    results = run_together([partial(try_approve, user, review) for user in approvers])
    assert Counter(results) == {"decided": 1, "already_decided": 3}
    assert (count_applied(), Vote.objects.count()) == (1, 1)
    assert Event.objects.filter(kind="review.approved").count() == 1


def test_a_quorum_reached_at_once_applies_it_once(things: Things, team: Team) -> None:
    approvers = [make_user(team) for _ in range(5)]
    ReviewPolicy.objects.create(team=team, kind=KIND, approvals_needed=3)
    review = ask_review(make_user(team, Role.EDITOR), team)
    results = run_together([partial(try_approve, user, review) for user in approvers])
    assert Counter(results) == {"voted": 2, "decided": 1, "already_decided": 2}
    stored = Review.objects.get(pk=review.pk)
    assert (stored.state, stored.approvals, count_applied()) == ("approved", 3, 1)


def test_one_person_at_many_doors_at_once_counts_once(things: Things, team: Team) -> None:
    approver = make_user(team)
    make_user(team)
    ReviewPolicy.objects.create(team=team, kind=KIND, approvals_needed=2)
    review = ask_review(make_user(team, Role.EDITOR), team)
    results = run_together([partial(try_approve, approver, review) for _ in range(4)])
    assert Counter(results) == {"voted": 1, "already_voted": 3}
    assert Review.objects.get(pk=review.pk).approvals == 1


def test_approval_rejection_and_withdrawal_at_once_end_it_once(things: Things, team: Team) -> None:
    first, second, requester = make_user(team), make_user(team), make_user(team, Role.EDITOR)
    review = ask_review(requester, team)
    results = run_together(
        [
            partial(try_approve, first, review),
            partial(try_reject, second, review),
            partial(try_withdraw, requester, review),
        ]
    )
    assert Counter(results)["already_decided"] == 2
    state = Review.objects.get(pk=review.pk).state
    assert {"decided": "approved"}.get(*[word for word in results if word != "already_decided"] * 2) == state
    assert count_applied() == (1 if state == "approved" else 0)


def test_a_change_and_an_approval_at_once_never_approve_what_was_not_shown(
    things: Things, team: Team
) -> None:
    for _ in range(5):
        approver, requester = make_user(team), make_user(team, Role.EDITOR)
        review = ask_review(requester, team)
        results = run_together(
            [partial(try_approve, approver, review), partial(try_revise, requester, review)]
        )
        assert results in (["decided", "already_decided"], ["stale_fingerprint", "revised"])
        stored = Review.objects.get(pk=review.pk)
        assert (stored.state, stored.content) == (
            ("approved", {"size": "1"}) if results[0] == "decided" else ("open", {"size": "2"})
        )


def test_who_changes_it_at_the_moment_of_approving_does_not_approve_their_own(
    things: Things, team: Team
) -> None:
    both, requester = make_user(team), make_user(team, Role.EDITOR)
    make_user(team)
    review = ask_review(requester, team)
    run_together([partial(try_approve, both, review), partial(try_revise, both, review)])
    stored = Review.objects.get(pk=review.pk)
    if stored.revision == 2:
        assert (stored.state, count_applied()) == ("open", 0)
        with pytest.raises(Refused):
            approve_review(
                principal=make_principal(both), review_id=stored.pk, fingerprint=stored.content_hash
            )
    else:
        assert (stored.state, stored.content, count_applied()) == ("approved", {"size": "1"}, 1)


def test_the_same_thing_asked_for_twice_at_once_opens_one_review(things: Things, team: Team) -> None:
    from events.actors import Subject

    make_user(team)
    requester = make_user(team, Role.EDITOR)
    subject = Subject("thing", "thing0000000001")

    def ask() -> str:
        try:
            ask_review(requester, team, subject=subject)
        except Conflict as conflict:
            return conflict.code
        return "opened"

    results = run_together([ask for _ in range(3)])
    assert Counter(results) == {"opened": 1, "already_open": 2}
    assert Review.objects.count() == 1
