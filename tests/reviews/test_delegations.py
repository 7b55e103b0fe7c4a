"""Standing in for one another: for a time, for some kinds, never past the rules about one's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from time_machine import travel

from accounts.domain.retirement import retire_user
from accounts.domain.teams import add_member, change_role, end_membership
from accounts.enums import Role
from accounts.models import ApiToken, Team, User
from accounts.principal import Principal
from events.actors import Door
from events.errors import Conflict, Invalid, NotFound, Refused
from events.models import AuditEntry, Event
from reviews.domain.delegations import Window, create_delegation, revoke_delegation
from reviews.models import Delegation, Review, ReviewPolicy, Vote
from reviews.queries import list_delegations
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
from tests.reviews.test_voting import approve, reject
from tests.reviews.things import KIND, Things, ask_review

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NO_SEAT = "Only approvers of the team, and who stands in for one, review this."


def delegate(
    giver: User, team: Team, to: User, *, start: timedelta = -DAY, end: timedelta = DAY, **values: Any
) -> Delegation:
    now = timezone.now()
    return create_delegation(
        principal=make_principal(giver),
        team=team,
        delegate=to,
        window=Window(now + start, now + end, values.pop("kinds", [])),
        reason=values.pop("reason", "On leave."),
    )


def two_needed(team: Team) -> None:
    ReviewPolicy.objects.create(team=team, kind=KIND, approvals_needed=2)


# What it gives --------------------------------------------------------------------------------------------


def test_a_delegate_votes_in_the_delegators_seat_and_the_vote_says_so(things: Things) -> None:
    team = make_team()
    giver, viewer = make_user(team, name="Ada"), make_user(team, Role.VIEWER, name="Bob")
    review = ask_review(make_user(team, Role.EDITOR), team)
    delegation = delegate(giver, team, viewer)
    assert approve(viewer, review).is_decided
    vote = Vote.objects.get()
    assert (vote.voter_id, vote.on_behalf_of_id, vote.on_behalf_of_label, vote.delegation_id) == (
        viewer.pk,
        giver.pk,
        "Ada",
        delegation.pk,
    )
    entry = AuditEntry.objects.get(verb="vote.cast")
    assert entry.after == {
        "verdict": "approve",
        "fingerprint": review.content_hash,
        "on_behalf_of": giver.pk,
        "delegation": delegation.pk,
    }
    assert Review.objects.get(pk=review.pk).decided_by_label == "Bob"


def test_a_delegate_may_reject_as_well(things: Things) -> None:
    team = make_team()
    giver, viewer = make_user(team), make_user(team, Role.VIEWER)
    review = ask_review(make_user(team, Role.EDITOR), team)
    delegate(giver, team, viewer)
    assert reject(viewer, review).is_decided


@pytest.mark.parametrize(
    ("start", "end", "moment", "counts"),
    [
        (-DAY, DAY, timedelta(0), True),
        (DAY, 2 * DAY, timedelta(0), False),
        (DAY, 2 * DAY, DAY, True),
        (DAY, 2 * DAY, 2 * DAY - timedelta(seconds=1), True),
        (DAY, 2 * DAY, 2 * DAY, False),
    ],
)
def test_it_holds_from_its_beginning_up_to_its_end(
    things: Things, start: timedelta, end: timedelta, moment: timedelta, counts: bool
) -> None:
    with travel(timezone.now().replace(microsecond=0), tick=False) as clock:
        team = make_team()
        giver, viewer = make_user(team), make_user(team, Role.VIEWER)
        review = ask_review(make_user(team, Role.EDITOR), team)
        delegate(giver, team, viewer, start=start, end=end)
        clock.shift(moment)
        if counts:
            assert approve(viewer, review).is_decided
        else:
            with pytest.raises(Refused, match=NO_SEAT):
                approve(viewer, review)


def test_it_is_for_the_kinds_and_the_team_it_names(things: Things) -> None:
    team, other = make_team(), make_team()
    giver, viewer = make_user(team), make_user(team, Role.VIEWER)
    for user, role in ((giver, Role.APPROVER), (viewer, Role.VIEWER)):
        add_member(actor=ACTOR, team=other, user=user, role=role)
    review = ask_review(make_user(team, Role.EDITOR), team)
    delegate(giver, other, viewer, kinds=[KIND])
    Delegation.objects.create(
        team=team,
        delegator=giver,
        delegate=viewer,
        kinds=["something_else"],
        starts_at=timezone.now() - DAY,
        ends_at=timezone.now() + DAY,
        reason="Away.",
    )
    with pytest.raises(Refused, match=NO_SEAT):
        approve(viewer, review)
    delegate(giver, team, viewer, kinds=[KIND])
    assert approve(viewer, review).is_decided


# What it does not give ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_a_delegate_of_the_requester_can_not_approve_for_them(things: Things, role: Role) -> None:
    team = make_team()
    make_user(team)
    requester, friend = make_user(team, Role.ADMIN), make_user(team, role)
    review = ask_review(requester, team)
    delegate(requester, team, friend)
    for act in (approve, reject):
        with pytest.raises(Refused, match=NO_SEAT):
            act(friend, review)
    assert Vote.objects.count() == 0


def test_a_delegate_of_the_owner_of_the_asking_service_account_can_not_either(things: Things) -> None:
    team = make_team()
    make_user(team)
    owner, friend = make_user(team, Role.ADMIN), make_user(team, Role.VIEWER)
    review = ask_review(make_service(owner, team), team)
    delegate(owner, team, friend)
    with pytest.raises(Refused, match=NO_SEAT):
        approve(friend, review)


def test_a_requester_who_stands_in_for_somebody_can_not(things: Things) -> None:
    team = make_team()
    giver, requester = make_user(team), make_user(team, Role.EDITOR)
    review = ask_review(requester, team)
    delegate(giver, team, requester)
    for act in (approve, reject):
        with pytest.raises(Refused, match=OWN_REQUEST):
            act(requester, review)


def test_an_owner_who_asked_and_stands_in_for_somebody_can_not(things: Things) -> None:
    team, owner = make_team(), make_owner()
    giver = make_user(team)
    add_member(actor=ACTOR, team=team, user=owner, role=Role.ADMIN)
    review = ask_review(owner, team)
    delegate(giver, team, owner)
    with pytest.raises(Refused, match=OWN_REQUEST):
        approve(owner, review)


def test_it_is_not_passed_on(things: Things) -> None:
    team = make_team()
    giver, second, third = make_user(team), make_user(team, Role.VIEWER), make_user(team, Role.VIEWER)
    review = ask_review(make_user(team, Role.EDITOR), team)
    delegate(giver, team, second)
    delegate(second, team, third)
    with pytest.raises(Refused, match=NO_SEAT):
        approve(third, review)
    assert approve(second, review).is_decided


def test_one_person_counts_once_as_voter_and_as_delegate(things: Things) -> None:
    team = make_team()
    first, second, third = (make_user(team) for _ in range(3))
    two_needed(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    delegate(second, team, first)
    delegate(third, team, first)
    assert not approve(first, review).is_decided
    for act in (approve, reject):
        with pytest.raises(Conflict) as caught:
            act(first, review)
        assert caught.value.code == "already_voted"
    assert Vote.objects.get().on_behalf_of_id == "", "one's own seat comes first"
    assert Review.objects.get(pk=review.pk).approvals == 1


def test_one_seat_counts_once_whoever_takes_it(things: Things) -> None:
    team = make_team()
    giver = make_user(team)
    other = make_user(team)
    second, third = make_user(team, Role.VIEWER, name="Bob"), make_user(team, Role.VIEWER)
    two_needed(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    delegate(giver, team, second)
    delegate(giver, team, third)
    assert not approve(second, review).is_decided
    for user, words in (
        (third, "The person you stand in for has voted already."),
        (giver, "Bob has voted for you already."),
    ):
        with pytest.raises(Conflict) as caught:
            approve(user, review)
        assert (caught.value.code, caught.value.message) == ("already_voted", words)
    assert approve(other, review).is_decided


def test_after_the_delegators_own_vote_the_delegate_has_no_seat(things: Things) -> None:
    team = make_team()
    giver, second = make_user(team), make_user(team, Role.VIEWER)
    make_user(team)
    two_needed(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    delegate(giver, team, second)
    assert not approve(giver, review).is_decided
    with pytest.raises(Conflict) as caught:
        approve(second, review)
    assert caught.value.code == "already_voted"


def test_who_stands_in_for_two_takes_one_seat(things: Things) -> None:
    team = make_team()
    givers = [make_user(team) for _ in range(2)]
    second = make_user(team, Role.VIEWER)
    two_needed(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    for giver in givers:
        delegate(giver, team, second)
    assert not approve(second, review).is_decided
    with pytest.raises(Conflict):
        approve(second, review)
    assert approve(givers[1], review).is_decided


def take_role(giver: User, delegation: Delegation) -> None:
    change_role(principal=make_principal(make_owner()), membership=giver.memberships.get(), role=Role.VIEWER)


def take_membership(giver: User, delegation: Delegation) -> None:
    end_membership(principal=make_principal(make_owner()), membership=giver.memberships.get())


def take_account(giver: User, delegation: Delegation) -> None:
    retire_user(principal=make_principal(make_owner()), user=giver)


def take_back(giver: User, delegation: Delegation) -> None:
    revoke_delegation(principal=make_principal(giver), delegation_id=delegation.pk)


def take_delegate_out(giver: User, delegation: Delegation) -> None:
    end_membership(principal=make_principal(make_owner()), membership=delegation.delegate.memberships.get())


TAKINGS = [take_role, take_membership, take_account, take_back]
Taking = Callable[[User, Delegation], None]


@pytest.mark.parametrize("take", TAKINGS)
def test_what_the_delegator_no_longer_has_the_delegate_has_not(things: Things, take: Taking) -> None:
    team = make_team()
    giver, viewer = make_user(team), make_user(team, Role.VIEWER)
    make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    take(giver, delegate(giver, team, viewer))
    with pytest.raises(Refused, match=NO_SEAT):
        approve(viewer, review)


@pytest.mark.parametrize("take", [*TAKINGS, take_delegate_out])
def test_a_delegated_approval_counts_only_while_both_are_in_order(things: Things, take: Taking) -> None:
    team = make_team()
    giver, viewer = make_user(team), make_user(team, Role.VIEWER)
    others = [make_user(team) for _ in range(2)]
    two_needed(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    delegation = delegate(giver, team, viewer)
    assert not approve(viewer, review).is_decided
    take(giver, delegation)
    assert not approve(others[0], review).is_decided
    assert approve(others[1], review).is_decided


def test_a_delegated_approval_outlives_the_window_it_was_given_in(things: Things) -> None:
    with travel(timezone.now(), tick=False) as clock:
        team = make_team()
        giver, viewer, other = make_user(team), make_user(team, Role.VIEWER), make_user(team)
        two_needed(team)
        review = ask_review(make_user(team, Role.EDITOR), team)
        delegate(giver, team, viewer)
        assert not approve(viewer, review).is_decided
        clock.shift(2 * DAY)
        assert approve(other, review).is_decided


def test_who_takes_a_delegation_back_votes_themselves(things: Things) -> None:
    team = make_team()
    giver, viewer = make_user(team), make_user(team, Role.VIEWER)
    make_user(team)
    two_needed(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    delegation = delegate(giver, team, viewer)
    approve(viewer, review)
    take_back(giver, delegation)
    assert reject(giver, review).is_decided


# Making and ending ----------------------------------------------------------------------------------------


def test_making_one_is_audited_and_both_hear_of_it(things: Things) -> None:
    team = make_team()
    giver, viewer = make_user(team), make_user(team, Role.VIEWER)
    delegation = delegate(giver, team, viewer, kinds=[KIND], reason="On leave.")
    stored = Delegation.objects.get()
    assert (stored.delegator_id, stored.delegate_id, stored.kinds, stored.reason) == (
        giver.pk,
        viewer.pk,
        [KIND],
        "On leave.",
    )
    entry = AuditEntry.objects.get(verb="delegation.create")
    assert (entry.subject_kind, entry.subject_id, entry.actor_id) == ("delegation", delegation.pk, giver.pk)
    assert "leave" not in entry.text
    heard = Event.objects.filter(kind="delegation.created").values_list("topic", "audience")
    assert sorted(heard) == sorted(("reviews", f"user:{user.pk}") for user in (giver, viewer))


@pytest.mark.parametrize(
    ("start", "end", "values", "field"),
    [
        (DAY, DAY, {}, "ends_at"),
        (2 * DAY, DAY, {}, "ends_at"),
        (-2 * DAY, -DAY, {}, "ends_at"),
        (DAY, 94 * DAY, {}, "ends_at"),
        (-DAY, 93 * DAY, {}, "ends_at"),
        (-DAY, DAY, {"reason": " "}, "reason"),
        (-DAY, DAY, {"kinds": ["permission_request"]}, "kinds"),
        (-DAY, DAY, {"kinds": ["coffee"]}, "kinds"),
    ],
)
def test_a_wrong_delegation_is_not_made(
    things: Things, start: timedelta, end: timedelta, values: dict[str, Any], field: str
) -> None:
    team = make_team()
    giver, viewer = make_user(team), make_user(team, Role.VIEWER)
    with pytest.raises(Invalid) as caught:
        delegate(giver, team, viewer, start=start, end=end, **values)
    assert caught.value.facts == {"field": field}
    assert not Delegation.objects.exists()


def test_a_delegate_is_another_active_person_of_the_team(things: Things) -> None:
    team = make_team()
    giver = make_user(team)
    retired = make_user(team)
    retire_user(principal=make_principal(make_owner()), user=retired)
    for other in (giver, make_service(giver, team), make_user(), make_user(make_team()), retired):
        with pytest.raises(Invalid) as caught:
            delegate(giver, team, other)
        assert caught.value.facts == {"field": "delegate"}


def test_only_people_of_the_team_in_a_session_make_one(things: Things) -> None:
    team = make_team()
    giver, viewer = make_user(team), make_user(team, Role.VIEWER)
    make_token(giver, "reviews:write")
    now = timezone.now()
    token = Principal(giver, Door.API, ApiToken.objects.get(user=giver))
    outsiders = [make_principal(make_owner()), make_principal(make_service(giver, team)), token]
    for principal in outsiders:
        with pytest.raises(Refused):
            create_delegation(
                principal=principal, team=team, delegate=viewer, window=Window(now, now + DAY), reason="No."
            )
    assert not Delegation.objects.exists()


def test_who_gave_it_who_holds_it_and_the_teams_admins_end_it_once(things: Things) -> None:
    team = make_team()
    giver, viewer = make_user(team), make_user(team, Role.VIEWER)
    for ender in (giver, viewer, make_user(team, Role.ADMIN), make_owner()):
        delegation = delegate(giver, team, viewer)
        revoke_delegation(principal=make_principal(ender), delegation_id=delegation.pk)
        assert Delegation.objects.get(pk=delegation.pk).revoked_by_id == ender.pk
        with pytest.raises(Conflict):
            revoke_delegation(principal=make_principal(ender), delegation_id=delegation.pk)
    delegation = delegate(giver, team, viewer)
    with pytest.raises(Refused):
        revoke_delegation(principal=make_principal(make_user(team)), delegation_id=delegation.pk)
    with pytest.raises(NotFound):
        revoke_delegation(principal=make_principal(make_user()), delegation_id=delegation.pk)
    assert Delegation.objects.get(pk=delegation.pk).revoked_at is None
    assert Event.objects.filter(kind="delegation.revoked").count() == 8


def test_who_sees_delegations(things: Things) -> None:
    team = make_team()
    giver, viewer = make_user(team), make_user(team, Role.VIEWER)
    delegate(giver, team, viewer)
    counts = [
        list_delegations(make_principal(user)).count()
        for user in (giver, viewer, make_user(team), make_owner(), make_user(), make_service(giver, team))
    ]
    assert counts == [1, 1, 1, 1, 0, 0]
