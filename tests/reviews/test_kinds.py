"""What a kind of review may ask for besides: more people, another content, a typed word; and refuse."""

from __future__ import annotations

import pytest

from accounts.enums import Role
from accounts.models import Team, User
from events.changes import changes
from events.errors import Conflict, Invalid
from reviews.domain.reviews import renew_content, require_reviewable
from reviews.domain.voting import approve_review, reject_review
from reviews.models import Review, ReviewPolicy, Vote
from tests.factories import ACTOR, make_principal, make_service, make_team, make_user
from tests.reviews.things import KIND, Things, ask_review

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


def approve(user: User, review: Review, **values: str) -> bool:
    current = Review.objects.get(pk=review.pk)
    return approve_review(
        principal=make_principal(user), review_id=review.pk, fingerprint=current.content_hash, **values
    ).is_decided


def renew(review: Review, content: dict[str, str]) -> Review:
    with changes(ACTOR) as change:
        return renew_content(change=change, review=review, content=content)


@pytest.mark.parametrize(("policy", "at_least", "needed"), [(1, 2, 2), (3, 2, 3), (2, 1, 2)])
def test_a_kind_raises_the_quorum_of_one_review_and_never_lowers_it(
    things: Things, team: Team, editor: User, policy: int, at_least: int, needed: int
) -> None:
    for _ in range(3):
        make_user(team)
    ReviewPolicy.objects.create(team=team, kind=KIND, approvals_needed=policy)
    assert ask_review(editor, team, at_least=at_least).approvals_needed == needed


def test_what_nobody_could_approve_is_known_before_its_review_opens(
    things: Things, team: Team, editor: User
) -> None:
    approver = make_user(team)
    require_reviewable(principal=make_principal(editor), team=team, kind=KIND)
    impossible = [
        {"principal": make_principal(approver)},
        {"principal": make_principal(make_service(approver, team))},
        {"principal": make_principal(editor), "at_least": 2},
    ]
    for values in impossible:
        with pytest.raises(Conflict) as caught:
            require_reviewable(team=team, kind=KIND, **values)  # type: ignore[arg-type]  # each of its own kind
        assert caught.value.code == "unsatisfiable"
    assert Review.objects.count() == 0


def test_a_content_that_the_kind_renews_makes_votes_stale_and_nobody_an_author(
    things: Things, team: Team, editor: User
) -> None:
    first, second = make_user(team), make_user(team)
    review = ask_review(editor, team, at_least=2)
    assert not approve(first, review)
    renewed = renew(review, {"size": "2"})
    assert (renewed.revision, renewed.approvals, renewed.author_ids) == (2, 0, [editor.pk])
    assert not approve(second, review)
    assert approve(first, review)


def test_the_same_content_again_keeps_the_votes(things: Things, team: Team, editor: User) -> None:
    first, second = make_user(team), make_user(team)
    review = ask_review(editor, team, at_least=2)
    approve(first, review)
    assert renew(Review.objects.get(), {"size": "1"}).revision == 1
    assert approve(second, review)


def test_what_has_ended_is_not_renewed(things: Things, team: Team, editor: User) -> None:
    approver = make_user(team)
    review = ask_review(editor, team)
    stale = Review.objects.get(pk=review.pk)
    approve(approver, review)
    with pytest.raises(Conflict):
        renew(stale, {"size": "2"})


def test_what_a_kind_calls_unapprovable_can_only_be_rejected(
    things: Things, team: Team, editor: User
) -> None:
    approver = make_user(team)
    review = ask_review(editor, team)
    things.unapprovable = "It is broken."
    with pytest.raises(Conflict, match="It is broken") as caught:
        approve(approver, review)
    assert (caught.value.code, Vote.objects.count()) == ("not_approvable", 0)
    assert reject_review(
        principal=make_principal(approver),
        review_id=review.pk,
        fingerprint=review.content_hash,
        reason="Broken.",
    ).is_decided


def test_what_a_kind_has_confirmed_is_typed(things: Things, team: Team, editor: User) -> None:
    approver = make_user(team)
    review = ask_review(editor, team)
    things.confirmation = "thing"
    for typed in ({}, {"confirmation": "Thing"}):
        with pytest.raises(Invalid) as caught:
            approve(approver, review, **typed)
        assert (caught.value.code, caught.value.facts) == (
            "confirmation_needed",
            {"field": "confirmation", "expected": "thing"},
        )
    assert Review.objects.get().approvals == 0
    assert approve(approver, review, confirmation=" thing ")
