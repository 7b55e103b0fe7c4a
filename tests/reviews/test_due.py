"""What time alone does: a reminder, the escalation, the end; each once, whoever works the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone
from time_machine import Traveller, travel

from accounts.enums import Role
from accounts.models import Team, User
from events.errors import Conflict, Refused
from events.models import AuditEntry, Event
from reviews.domain.due import is_any_review_due, work_due_reviews
from reviews.domain.reviews import withdraw_review
from reviews.models import Review, ReviewPolicy
from tests.factories import make_principal, make_team, make_user
from tests.reviews.test_voting import approve
from tests.reviews.things import KIND, Things, ask_review
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with travel(timezone.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def backup(team: Team) -> User:
    return make_user(team, Role.VIEWER)


@pytest.fixture
def review(things: Things, team: Team, backup: User) -> Review:
    """Reminded of after 1 hour, escalated after 2, due after 3, over after 4."""
    ReviewPolicy.objects.create(
        team=team,
        kind=KIND,
        backup_ids=[backup.pk],
        remind_after_h=1,
        escalate_after_h=2,
        due_after_h=3,
        expire_after_h=4,
    )
    make_user(team)
    return ask_review(make_user(team, Role.EDITOR), team)


def list_events(review: Review) -> list[str]:
    rows = Event.objects.filter(subject_kind="review", subject_id=review.pk).order_by("seq")
    return [kind.removeprefix("review.") for kind in rows.values_list("kind", flat=True)]


@pytest.mark.usefixtures("things")
def test_each_step_happens_once_and_in_its_time(clock: Traveller, review: Review) -> None:
    told = []
    for _ in range(6):
        for _ in range(2):
            assert is_any_review_due(now=timezone.now()) is (work_due_reviews(now=timezone.now()) > 0)
        told.append(list_events(review))
        clock.shift(HOUR)
    steps = ["opened", "reminded", "escalated", "expired"]
    assert told == [steps[:1], steps[:2], steps[:3], steps[:3], steps, steps]
    assert list(
        AuditEntry.objects.filter(subject_id=review.pk).order_by("n").values_list("verb", "actor_id")
    )[1:] == [("review.remind", "clock"), ("review.escalate", "clock"), ("review.expire", "clock")]


def test_a_clock_that_was_stopped_does_not_remind_of_what_is_over(
    clock: Traveller, things: Things, review: Review
) -> None:
    clock.shift(5 * HOUR)
    assert work_due_reviews(now=timezone.now()) == 1
    assert list_events(review) == ["opened", "expired"]
    assert things.ended == [(review.pk, "expired")]
    stored = Review.objects.get(pk=review.pk)
    assert (stored.state, stored.decided_by_label, stored.decision_reason) == (
        "expired",
        "Countersign clock",
        "Nobody decided it in time.",
    )
    assert work_due_reviews(now=timezone.now()) == 0


def test_what_has_ended_is_left_alone(clock: Traveller, review: Review) -> None:
    requester = User.objects.get(pk=review.requested_by_id)
    withdraw_review(principal=make_principal(requester), review_id=review.pk)
    clock.shift(5 * HOUR)
    assert not is_any_review_due(now=timezone.now())
    assert work_due_reviews(now=timezone.now()) == 0
    assert list_events(review) == ["opened", "withdrawn"]


def test_backups_review_once_it_is_escalated_and_not_before(
    clock: Traveller, backup: User, review: Review
) -> None:
    with pytest.raises(Refused):
        approve(backup, review)
    clock.shift(2 * HOUR)
    with pytest.raises(Refused):
        approve(backup, review)
    work_due_reviews(now=timezone.now())
    assert approve(backup, review).is_decided


def test_a_backup_who_has_left_the_team_does_not_review(
    clock: Traveller, team: Team, backup: User, review: Review
) -> None:
    clock.shift(2 * HOUR)
    work_due_reviews(now=timezone.now())
    backup.memberships.update(ended_at=timezone.now())
    with pytest.raises(Exception, match="There is no such review"):
        approve(backup, review)


def test_a_backup_who_asked_for_it_does_not_review(clock: Traveller, things: Things, team: Team) -> None:
    asker = make_user(team, Role.EDITOR)
    make_user(team)
    ReviewPolicy.objects.create(team=team, kind=KIND, backup_ids=[asker.pk], escalate_after_h=1)
    review = ask_review(asker, team)
    clock.shift(HOUR)
    work_due_reviews(now=timezone.now())
    with pytest.raises(Refused, match="Nobody reviews what they"):
        approve(asker, review)


def test_without_backups_the_owners_are_told(clock: Traveller, things: Things, team: Team) -> None:
    make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    clock.shift(48 * HOUR)
    work_due_reviews(now=timezone.now())
    heard = Event.objects.filter(kind="review.escalated").values_list("audience", "subject_id")
    assert sorted(heard) == sorted([("owners", review.pk), (f"team:{team.pk}", review.pk)])


def test_a_review_whose_kind_fails_holds_up_no_other(
    clock: Traveller, things: Things, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    make_user(team)
    requester = make_user(team, Role.EDITOR)
    first, second = sorted((ask_review(requester, team) for _ in range(2)), key=lambda review: review.pk)
    things.broken_ends.add(first.pk)
    clock.shift(720 * HOUR)
    assert work_due_reviews(now=timezone.now()) == 1
    assert [Review.objects.get(pk=review.pk).state for review in (first, second)] == ["open", "expired"]
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "A due review could not be worked."
    ]


def test_past_its_due_date_it_is_late_and_can_still_be_approved(
    clock: Traveller, team: Team, review: Review
) -> None:
    clock.shift(3 * HOUR)
    assert Review.objects.get(pk=review.pk).is_overdue(timezone.now())
    assert approve(make_user(team), review).is_decided


def test_when_its_time_is_over_nobody_approves_it_even_before_the_clock_has_come(
    clock: Traveller, team: Team, review: Review
) -> None:
    clock.shift(4 * HOUR)
    with pytest.raises(Conflict) as caught:
        approve(make_user(team), review)
    assert caught.value.code == "expired"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hours", [1, 2, 5])
def test_many_clocks_at_once_do_each_step_once(review: Review, hours: int) -> None:
    moment: datetime = timezone.now() + hours * HOUR
    run_together([partial(work_due_reviews, now=moment) for _ in range(4)])
    kinds = list_events(review)
    assert (
        kinds
        == {
            1: ["opened", "reminded"],
            2: ["opened", "escalated", "reminded"],
            5: ["opened", "expired"],
        }[hours]
    )
