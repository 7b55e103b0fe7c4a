"""People review: who may, what counts, what an approval is bound to, and what happens with the last one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.domain.retirement import retire_user
from accounts.domain.teams import add_member, change_role, end_membership
from accounts.enums import Role
from accounts.models import ApiToken, Team, User
from accounts.principal import Principal
from events.actors import Door, Subject
from events.append_only import suspended
from events.errors import Conflict, DomainError, Invalid, NotFound, Refused
from events.models import AuditEntry, Event
from reviews.domain.policies import Terms, change_policy, change_terms
from reviews.domain.reviews import withdraw_review
from reviews.domain.voting import Outcome, approve_review, reject_review
from reviews.models import Review, Vote
from reviews.seats import OWN_REQUEST
from tests.factories import (
    ACTOR,
    make_owner,
    make_principal,
    make_service,
    make_team,
    make_token,
    make_user,
)
from tests.reviews.things import KIND, Things, ask_review, revise

pytestmark = pytest.mark.django_db


def approve(user: User, review: Review, **values: str) -> Outcome:
    values = {"fingerprint": review.content_hash, **values}
    return approve_review(principal=make_principal(user), review_id=review.pk, **values)


def reject(user: User, review: Review, **values: str) -> Outcome:
    values = {"fingerprint": review.content_hash, "reason": "Too wide.", **values}
    return reject_review(principal=make_principal(user), review_id=review.pk, **values)


def verbs_since(n: int) -> list[str]:
    return list(AuditEntry.objects.filter(n__gt=n).order_by("n").values_list("verb", flat=True))


def last_n() -> int:
    return AuditEntry.objects.order_by("-n").values_list("n", flat=True).first() or 0


def need(team: Team, number: int, **terms: object) -> None:
    change_terms(
        principal=make_principal(make_owner()),
        team=team,
        kind=KIND,
        terms=replace(Terms(approvals_needed=number), **terms),  # type: ignore[arg-type]
    )


# The last approval ---------------------------------------------------------------------------------------


def test_the_last_approval_applies_the_content_in_the_same_transaction(things: Things) -> None:
    team = make_team()
    editor, approver = make_user(team, Role.EDITOR), make_user(team, name="Grace")
    review = ask_review(editor, team, content={"size": "7"})
    before, seq = last_n(), Event.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    outcome = approve(approver, review, reason="Looks right.")
    stored = Review.objects.get(pk=review.pk)
    assert outcome.is_decided
    assert (stored.state, stored.approvals, stored.decided_by_label, stored.decision_door) == (
        "approved",
        1,
        "Grace",
        Door.API,
    )
    assert stored.decision_reason == "Looks right."
    assert verbs_since(before) == ["vote.cast", "review.approve", "thing.apply"]
    assert AuditEntry.objects.get(verb="thing.apply").after == {"size": "7"}
    [event] = Event.objects.filter(seq__gt=seq)
    assert (event.kind, event.topic, event.audience, event.subject_id) == (
        "review.approved",
        "reviews",
        f"team:{team.pk}",
        review.pk,
    )
    assert event.words == {
        "state": "approved",
        "kind": KIND,
        "about": {"kind": "thing", "id": review.subject_id},
        "revision": 1,
        "approvals": 1,
        "approvals_needed": 1,
        "decided_by": "Grace",
    }


def test_when_applying_fails_nothing_has_changed(things: Things) -> None:
    team = make_team()
    approver = make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    things.breaks, before = True, last_n()
    with pytest.raises(Conflict) as caught:
        approve(approver, review)
    assert caught.value.code == "thing_broken"
    stored = Review.objects.get(pk=review.pk)
    assert (stored.state, stored.approvals, Vote.objects.count()) == ("open", 0, 0)
    assert verbs_since(before) == []


def test_approvals_below_the_quorum_leave_it_open(things: Things) -> None:
    team = make_team()
    approvers = [make_user(team) for _ in range(3)]
    need(team, 2)
    review = ask_review(make_user(team, Role.EDITOR), team)
    assert not approve(approvers[0], review).is_decided
    assert not AuditEntry.objects.filter(verb="thing.apply").exists()
    voted = Event.objects.get(kind="review.voted")
    assert (voted.words["approvals"], voted.words["state"]) == (1, "open")
    assert approve(approvers[1], review).is_decided
    assert AuditEntry.objects.filter(verb="thing.apply").count() == 1


def test_one_rejection_ends_it_and_tells_the_kind(things: Things) -> None:
    team = make_team()
    first, second = make_user(team), make_user(team, name="Grace")
    need(team, 2)
    review = ask_review(make_user(team, Role.EDITOR), team)
    approve(first, review)
    assert reject(second, review, reason="Too wide.").is_decided
    stored = Review.objects.get(pk=review.pk)
    assert (stored.state, stored.decided_by_label, stored.decision_reason) == (
        "rejected",
        "Grace",
        "Too wide.",
    )
    assert things.ended == [(review.pk, "rejected")]
    assert not AuditEntry.objects.filter(verb="thing.apply").exists()


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_rejection_needs_a_reason(things: Things, reason: str) -> None:
    team = make_team()
    approver = make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    with pytest.raises(Invalid) as caught:
        reject(approver, review, reason=reason)
    assert caught.value.facts == {"field": "reason"}
    assert Review.objects.get(pk=review.pk).is_open


def test_the_loser_is_told_who_won(things: Things) -> None:
    team = make_team()
    early, late = make_user(team, name="Grace"), make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    approve(early, review)
    for act in (approve, reject):
        with pytest.raises(Conflict) as caught:
            act(late, review)
        assert (caught.value.code, caught.value.message, caught.value.facts) == (
            "already_decided",
            "Grace approved it already.",
            {"state": "approved", "decided_by": "Grace"},
        )
    assert Vote.objects.count() == 1


# Nobody reviews their own ---------------------------------------------------------------------------------


def assert_refused(user: User, review: Review, sentence: str, *, principal: Principal | None = None) -> None:
    principal = principal or make_principal(user)
    votes = Vote.objects.count()
    for act, more in ((approve_review, {}), (reject_review, {"reason": "No."})):
        with pytest.raises(Refused) as caught:
            act(
                principal=replace(principal),
                review_id=review.pk,
                fingerprint=review.content_hash,
                **more,
            )
        assert caught.value.message == sentence
    assert Vote.objects.count() == votes
    assert Review.objects.get(pk=review.pk).is_open


@pytest.mark.parametrize("role", Role.values)
def test_nobody_reviews_what_they_asked_for_whatever_their_role(things: Things, role: str) -> None:
    team = make_team()
    make_user(team)
    requester = make_user(team, role)
    assert_refused(requester, ask_review(requester, team), OWN_REQUEST)


@pytest.mark.parametrize("role", [Role.APPROVER, Role.ADMIN])
def test_an_owner_does_not_get_round_it(things: Things, role: str) -> None:
    team, owner = make_team(), make_owner()
    make_user(team)
    add_member(actor=ACTOR, team=team, user=owner, role=role)
    assert_refused(owner, ask_review(owner, team), OWN_REQUEST)


def test_owners_outside_the_team_review_nothing(things: Things) -> None:
    team = make_team()
    make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    assert_refused(make_owner(), review, "Only members of the review's team review it.")


def test_nobody_reviews_what_their_service_account_asked_for(things: Things) -> None:
    team = make_team()
    make_user(team)
    person = make_user(team, Role.ADMIN)
    review = ask_review(make_service(person, team), team)
    assert_refused(person, review, OWN_REQUEST)


def test_who_owned_the_service_account_when_it_asked_stays_an_author(things: Things) -> None:
    team = make_team()
    make_user(team)
    person, heir = make_user(team, Role.ADMIN), make_user(team, Role.ADMIN)
    service = make_service(person, team)
    review = ask_review(service, team)
    User.objects.filter(pk=service.pk).update(owner=heir)
    assert_refused(person, review, OWN_REQUEST)
    assert_refused(heir, review, OWN_REQUEST)


def test_who_changed_it_is_an_author_too(things: Things) -> None:
    team = make_team()
    make_user(team)
    requester, reviser = make_user(team, Role.ADMIN), make_user(team, Role.ADMIN)
    review = revise(reviser, ask_review(requester, team), {"size": "2"})
    assert_refused(requester, review, OWN_REQUEST)
    assert_refused(reviser, review, OWN_REQUEST)


def test_service_accounts_and_tokens_never_vote(things: Things) -> None:
    team = make_team()
    team.tokens_may_decide = True
    team.save()
    approver = make_user(team, Role.ADMIN)
    review = ask_review(make_user(team, Role.EDITOR), team)
    make_token(approver, "requests:decide", "reviews:read", "reviews:write")
    token = ApiToken.objects.get(user=approver)
    principal = Principal(approver, Door.API, token, password_checked_at=timezone.now())
    assert_refused(
        approver, review, "API tokens never vote on reviews; log in for that.", principal=principal
    )
    with pytest.raises(NotFound):
        approve(make_service(approver, team), review)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_only_approvers_review(things: Things, role: str) -> None:
    team = make_team()
    make_user(team)
    sentence = "Only approvers of the team, and who stands in for one, review this."
    assert_refused(make_user(team, role), ask_review(make_user(team, Role.EDITOR), team), sentence)


def test_where_the_policy_wants_admins_an_approver_does_not_do(things: Things) -> None:
    team = make_team()
    admin, approver = make_user(team, Role.ADMIN), make_user(team)
    need(team, 1, approver_role="admin")
    review = ask_review(make_user(team, Role.EDITOR), team)
    sentence = "Only admins of the team, and who stands in for one, review this."
    assert_refused(approver, review, sentence)
    assert approve(admin, review).is_decided


def test_a_kind_may_name_further_people_who_do_not_review(things: Things) -> None:
    team = make_team()
    make_user(team)
    kept_out = make_user(team)
    things.refused_voters.add(kept_out.pk)
    assert_refused(kept_out, ask_review(make_user(team, Role.EDITOR), team), "Not about this thing.")


def test_other_teams_do_not_even_see_it(things: Things) -> None:
    team = make_team()
    make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    for user in (make_user(make_team(), Role.ADMIN), make_user()):
        with pytest.raises(NotFound):
            approve(user, review)


def test_an_approval_needs_a_recent_login_and_a_rejection_does_not(things: Things) -> None:
    team = make_team()
    user = make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    for checked_at in (None, timezone.now() - timedelta(minutes=15, seconds=1)):
        principal = Principal(user, Door.ADMIN, password_checked_at=checked_at)
        with pytest.raises(Refused) as caught:
            approve_review(principal=principal, review_id=review.pk, fingerprint=review.content_hash)
        assert caught.value.code == "login_not_recent"
    principal = Principal(user, Door.ADMIN)
    reject_review(principal=principal, review_id=review.pk, fingerprint=review.content_hash, reason="No.")
    assert Review.objects.get(pk=review.pk).state == "rejected"


# One person counts once -----------------------------------------------------------------------------------


def test_one_person_votes_once_at_every_door(things: Things) -> None:
    team = make_team()
    approver = make_user(team)
    make_user(team)
    need(team, 2)
    review = ask_review(make_user(team, Role.EDITOR), team)
    approve(approver, review)
    for door in Door.values:
        for act, more in ((approve_review, {}), (reject_review, {"reason": "No."})):
            with pytest.raises(Conflict) as caught:
                act(
                    principal=make_principal(approver, door),
                    review_id=review.pk,
                    fingerprint=review.content_hash,
                    **more,
                )
            assert caught.value.code == "already_voted"
    assert Review.objects.get(pk=review.pk).approvals == 1


def lose_role(user: User, team: Team) -> None:
    owner = make_principal(make_owner())
    change_role(principal=owner, membership=user.memberships.get(), role=Role.VIEWER)


def leave(user: User, team: Team) -> None:
    end_membership(principal=make_principal(make_owner()), membership=user.memberships.get())


def retire(user: User, team: Team) -> None:
    retire_user(principal=make_principal(make_owner()), user=user)


@pytest.mark.parametrize("lose", [lose_role, leave, retire])
def test_the_approval_of_who_may_no_longer_review_does_not_count(things: Things, lose: object) -> None:
    team = make_team()
    first, second, third = (make_user(team) for _ in range(3))
    need(team, 2)
    review = ask_review(make_user(team, Role.EDITOR), team)
    approve(first, review)
    lose(first, team)  # type: ignore[operator]
    assert not approve(second, review).is_decided
    assert Review.objects.get(pk=review.pk).approvals == 1
    assert approve(third, review).is_decided


def test_a_voter_who_becomes_an_author_no_longer_counts(things: Things) -> None:
    """Their service account asked, and was theirs only later."""
    team = make_team()
    first, second, third, owner = (make_user(team) for _ in range(4))
    need(team, 2)
    service = make_service(owner, team)
    review = ask_review(service, team)
    approve(first, review)
    User.objects.filter(pk=service.pk).update(owner=first)
    assert not approve(second, review).is_decided
    assert approve(third, review).is_decided


# What an approval is bound to -----------------------------------------------------------------------------


@pytest.mark.parametrize("fingerprint", ["", "0" * 64, "\0", "x" * 100])
def test_an_approval_of_something_else_is_a_conflict(things: Things, fingerprint: str) -> None:
    team = make_team()
    approver = make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    for act in (approve, reject):
        with pytest.raises(Conflict) as caught:
            act(approver, review, fingerprint=fingerprint)
        assert (caught.value.code, caught.value.facts) == (
            "stale_fingerprint",
            {"fingerprint": review.content_hash},
        )
    assert Vote.objects.count() == 0


def test_a_change_makes_the_votes_stale_and_keeps_them_in_the_record(things: Things) -> None:
    team = make_team()
    requester = make_user(team, Role.EDITOR)
    first, second, third = (make_user(team) for _ in range(3))
    need(team, 2)
    review = ask_review(requester, team)
    old_hash = review.content_hash
    approve(first, review)
    review = revise(requester, review, {"size": "2"})
    assert (review.revision, review.approvals) == (2, 0)
    with pytest.raises(Conflict) as caught:
        approve(second, review, fingerprint=old_hash)
    assert caught.value.code == "stale_fingerprint"
    assert not approve(second, review).is_decided
    assert not Review.objects.get(pk=review.pk).approvals > 1
    assert approve(first, review).is_decided, "who voted on the old content votes again"
    assert [(vote.voter_id, vote.revision) for vote in Vote.objects.order_by("at", "id")] == [
        (first.pk, 1),
        (second.pk, 2),
        (first.pk, 2),
    ]
    assert third.pk not in set(Vote.objects.values_list("voter_id", flat=True))


def test_votes_stay_stale_when_the_content_comes_back(things: Things) -> None:
    team = make_team()
    requester, first, second = make_user(team, Role.EDITOR), make_user(team), make_user(team)
    need(team, 2)
    review = ask_review(requester, team, content={"size": "1"})
    approve(first, review)
    review = revise(requester, revise(requester, review, {"size": "2"}), {"size": "1"})
    assert not approve(second, review).is_decided
    assert Review.objects.get(pk=review.pk).approvals == 1


def test_the_same_content_again_changes_nothing(things: Things) -> None:
    team = make_team()
    requester, first = make_user(team, Role.EDITOR), make_user(team)
    make_user(team)
    need(team, 2)
    review = ask_review(requester, team)
    approve(first, review)
    before = last_n()
    assert revise(requester, review, {"size": "1"}).revision == 1
    assert (Review.objects.get(pk=review.pk).approvals, last_n()) == (1, before)


def test_nothing_is_approved_against_a_live_state_that_has_moved_on(things: Things) -> None:
    team = make_team()
    requester, approver = make_user(team, Role.EDITOR), make_user(team)
    things.live["thing0000000001"] = {"size": "1"}
    review = ask_review(requester, team, subject=Subject("thing", "thing0000000001"), content={"size": "2"})
    assert review.base == {"size": "1"}
    things.live["thing0000000001"] = {"size": "5"}
    with pytest.raises(Conflict) as caught:
        approve(approver, review)
    assert caught.value.code == "base_moved"
    review = revise(requester, review, {"size": "2"})
    assert (review.revision, review.base) == (2, {"size": "5"})
    assert approve(approver, review).is_decided


def test_after_its_time_nobody_votes(things: Things) -> None:
    team = make_team()
    approver = make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    with suspended():
        Review.objects.filter(pk=review.pk).update(expires_at=timezone.now())
    for act in (approve, reject):
        with pytest.raises(Conflict) as caught:
            act(approver, review)
        assert caught.value.code == "expired"


def test_a_withdrawn_review_is_decided(things: Things) -> None:
    team = make_team()
    approver, requester = make_user(team), make_user(team, Role.EDITOR, name="Ada")
    review = ask_review(requester, team)
    withdraw_review(principal=make_principal(requester), review_id=review.pk)
    with pytest.raises(Conflict) as caught:
        approve(approver, review)
    assert caught.value.message == "Ada withdrew it already."


def test_an_error_changes_nothing(things: Things) -> None:
    team = make_team()
    make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    before = Review.objects.filter(pk=review.pk).values().get()
    for user in (make_user(team, Role.VIEWER), make_owner()):
        with pytest.raises(DomainError):
            approve(user, review)
    assert Review.objects.filter(pk=review.pk).values().get() == before


def test_the_number_of_approvals_is_that_of_the_opening(things: Things) -> None:
    team = make_team()
    make_user(team)
    approver = make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    change_policy(principal=make_principal(make_owner()), team=team, kind=KIND, approvals_needed=2)
    assert approve(approver, review).is_decided
