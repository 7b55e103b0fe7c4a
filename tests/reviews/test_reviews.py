"""Reviews: opened, changed, withdrawn; what can't begin, and what the database holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.domain.team_retirement import retire_team
from accounts.enums import Role
from accounts.models import ApiToken, User
from accounts.principal import Principal
from events.actors import Door, Subject
from events.changes import changes
from events.errors import Conflict, Invalid, NotFound, Refused, TooLarge
from events.models import AuditEntry, Event
from reviews.domain.comments import comment_on_review
from reviews.domain.policies import Terms, change_terms
from reviews.domain.reviews import MAX_CONTENT_BYTES, open_review, withdraw_review, withdraw_reviews_of
from reviews.domain.voting import approve_review
from reviews.models import Review, ReviewComment, ReviewPolicy
from reviews.queries import get_review, list_reviews
from tests.factories import make_owner, make_principal, make_service, make_team, make_token, make_user
from tests.reviews.things import KIND, Things, ask_review, revise

pytestmark = pytest.mark.django_db

THING = Subject("thing", "thing0000000001")


# Opening --------------------------------------------------------------------------------------------------


def test_a_review_says_who_wants_what_why_and_by_when(things: Things) -> None:
    team = make_team()
    make_user(team)
    requester = make_user(team, Role.EDITOR, name="Ada")
    review = ask_review(requester, team, subject=THING, title="  A thing ", content={"size": "1"})
    stored = Review.objects.get(pk=review.pk)
    assert (stored.title, stored.reason, stored.content, stored.base, stored.state) == (
        "A thing",
        "We need it.",
        {"size": "1"},
        None,
        "open",
    )
    assert (stored.requested_by_kind, stored.requested_by_id, stored.requested_by_label) == (
        "user",
        requester.pk,
        "Ada",
    )
    assert (stored.author_ids, stored.revision, stored.approvals) == ([requester.pk], 1, 0)
    hours = [
        None if moment is None else round((moment - stored.created_at).total_seconds() / 3600)
        for moment in (stored.remind_at, stored.escalate_at, stored.due_at, stored.expires_at)
    ]
    assert hours == [24, 48, 72, 720]
    entry = AuditEntry.objects.get(verb="review.open")
    assert entry.after == {
        "kind": KIND,
        "about": {"kind": "thing", "id": THING.id},
        "content_hash": stored.content_hash,
        "approvals_needed": 1,
        "approver_role": "approver",
        "author_ids": [requester.pk],
    }
    event = Event.objects.get(kind="review.opened")
    assert (event.topic, event.audience) == ("reviews", f"team:{team.pk}")
    assert "A thing" not in str(event.words)
    assert "size" not in str(entry.text)


def test_the_hash_is_over_everything_an_approval_is_for(things: Things) -> None:
    team = make_team()
    make_user(team)
    requester = make_user(team, Role.EDITOR)
    ids = [f"thing000000000{number}" for number in range(5)]
    things.live[ids[3]] = {"size": "1"}
    reviews = [
        ask_review(requester, team, subject=Subject("thing", ids[0])),
        ask_review(requester, team, subject=Subject("thing", ids[1])),
        ask_review(requester, team, subject=Subject("thing", ids[2]), title="Another"),
        ask_review(requester, team, subject=Subject("thing", ids[3])),
        ask_review(requester, team, subject=Subject("thing", ids[4]), content={"size": "2"}),
        ask_review(requester, team, subject=Subject("gizmo", ids[0])),
    ]
    assert len({review.content_hash for review in reviews}) == len(reviews)


def test_one_review_of_a_thing_is_open_at_a_time(things: Things) -> None:
    team = make_team()
    make_user(team)
    requester = make_user(team, Role.EDITOR)
    first = ask_review(requester, team, subject=THING)
    with pytest.raises(Conflict) as caught:
        ask_review(requester, team, subject=THING)
    assert (caught.value.code, caught.value.facts) == ("already_open", {"review": first.pk})
    withdraw_review(principal=make_principal(requester), review_id=first.pk)
    assert ask_review(requester, team, subject=THING).is_open


@pytest.mark.parametrize(
    ("role", "approvals_needed", "others", "possible"),
    [
        (Role.APPROVER, 1, [], 0),
        (Role.ADMIN, 1, [Role.VIEWER, Role.EDITOR], 0),
        (Role.APPROVER, 2, [Role.APPROVER], 1),
        (Role.EDITOR, 3, [Role.APPROVER, Role.ADMIN, Role.EDITOR], 2),
    ],
)
def test_what_nobody_could_approve_is_refused_at_once(
    things: Things, role: Role, approvals_needed: int, others: list[Role], possible: int
) -> None:
    team = make_team()
    requester = make_user(team, role)
    for other in others:
        make_user(team, other)
    make_user(make_team(), Role.ADMIN)
    make_service(requester, team)
    ReviewPolicy.objects.create(team=team, kind=KIND, approvals_needed=approvals_needed)
    with pytest.raises(Conflict) as caught:
        ask_review(requester, team)
    assert (caught.value.code, caught.value.facts) == (
        "unsatisfiable",
        {"approvals_needed": approvals_needed, "possible": possible},
    )
    assert not Review.objects.exists()


def test_backups_that_will_be_asked_count_and_others_do_not(things: Things) -> None:
    team = make_team()
    requester, viewer = make_user(team), make_user(team, Role.VIEWER)
    policy = ReviewPolicy.objects.create(
        team=team, kind=KIND, approvals_needed=1, backup_ids=[viewer.pk], escalate_after_h=None
    )
    with pytest.raises(Conflict):
        ask_review(requester, team)
    policy.escalate_after_h = 1
    policy.save()
    assert ask_review(requester, team).backup_ids == [viewer.pk]


def test_people_whom_the_kind_keeps_out_do_not_count(things: Things) -> None:
    team = make_team()
    things.refused_voters.add(make_user(team).pk)
    with pytest.raises(Conflict) as caught:
        ask_review(make_user(team, Role.EDITOR), team)
    assert caught.value.code == "unsatisfiable"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"title": ""}, Invalid),
        ({"title": "x" * 201}, Invalid),
        ({"title": "two\nlines"}, Invalid),
        ({"title": "a\u202eb"}, Invalid),
        ({"reason": "x" * 4001}, Invalid),
        ({"reason": "\0"}, Invalid),
        ({"content": {"text": "x" * MAX_CONTENT_BYTES}}, TooLarge),
        ({"content": {"number": 0.5}}, ValueError),
    ],
)
def test_what_can_not_be_shown_honestly_is_not_opened(
    things: Things, values: dict[str, object], error: type[Exception]
) -> None:
    team = make_team()
    make_user(team)
    with pytest.raises(error):
        ask_review(make_user(team, Role.EDITOR), team, **values)
    assert not Review.objects.exists()


def test_a_kind_that_nobody_registered_is_invalid() -> None:
    team = make_team()
    make_user(team)
    with pytest.raises(Invalid):
        ask_review(make_user(team, Role.EDITOR), team)


# Changing -------------------------------------------------------------------------------------------------


def test_a_change_raises_the_revision_and_names_its_author(things: Things) -> None:
    team = make_team()
    make_user(team)
    requester, editor = make_user(team, Role.EDITOR), make_user(team, Role.EDITOR)
    review = ask_review(requester, team)
    old_hash = review.content_hash
    revised = revise(editor, review, {"size": "2"}, title="Another", reason="Smaller.")
    stored = Review.objects.get(pk=review.pk)
    assert (stored.revision, stored.content, stored.title, stored.reason, stored.author_ids) == (
        2,
        {"size": "2"},
        "Another",
        "Smaller.",
        [requester.pk, editor.pk],
    )
    entry = AuditEntry.objects.get(verb="review.revise")
    assert (entry.before, entry.after) == (
        {"content_hash": old_hash, "revision": 1},
        {"content_hash": stored.content_hash, "revision": 2, "author_ids": [requester.pk, editor.pk]},
    )
    assert Event.objects.get(kind="review.revised").words["revision"] == 2
    assert revised.requested_by_id == requester.pk


def test_a_change_that_leaves_nobody_to_approve_is_refused(things: Things) -> None:
    team = make_team()
    only = make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    with pytest.raises(Conflict) as caught:
        revise(only, review, {"size": "2"})
    assert caught.value.code == "unsatisfiable"
    assert (Review.objects.get(pk=review.pk).revision, Review.objects.get(pk=review.pk).content) == (
        1,
        {"size": "1"},
    )


def test_an_ended_review_is_not_changed(things: Things) -> None:
    team = make_team()
    make_user(team)
    requester = make_user(team, Role.EDITOR)
    review = ask_review(requester, team)
    withdraw_review(principal=make_principal(requester), review_id=review.pk)
    for content in ({"size": "2"}, {"size": "1"}):
        with pytest.raises(Conflict) as caught:
            revise(requester, review, content)
        assert caught.value.code == "already_decided"


def test_a_service_account_changes_only_what_it_asked_for(things: Things) -> None:
    team = make_team()
    make_user(team)
    person = make_user(team, Role.EDITOR)
    service = make_service(person, team)
    theirs, own = ask_review(person, team), ask_review(service, team)
    with pytest.raises(NotFound):
        revise(service, theirs, {"size": "2"})
    assert revise(service, own, {"size": "2"}).author_ids == [service.pk, person.pk]


# Withdrawing ----------------------------------------------------------------------------------------------


def test_who_asked_withdraws_it_and_the_kind_hears_of_it(things: Things) -> None:
    team = make_team()
    make_user(team)
    requester = make_user(team, Role.EDITOR)
    review = ask_review(requester, team)
    withdraw_review(principal=make_principal(requester), review_id=review.pk, reason="Not needed.")
    stored = Review.objects.get(pk=review.pk)
    assert (stored.state, stored.decided_by_id, stored.decision_reason) == (
        "withdrawn",
        requester.pk,
        "Not needed.",
    )
    assert things.ended == [(review.pk, "withdrawn")]
    assert Event.objects.filter(kind="review.withdrawn").count() == 1


def test_who_answers_for_a_service_account_withdraws_what_it_asked_for(things: Things) -> None:
    team = make_team()
    make_user(team)
    person = make_user(team, Role.EDITOR)
    review = ask_review(make_service(person, team), team)
    withdraw_review(principal=make_principal(person), review_id=review.pk)
    assert Review.objects.get(pk=review.pk).state == "withdrawn"


def test_nobody_else_withdraws_it(things: Things) -> None:
    team = make_team()
    admin = make_user(team, Role.ADMIN)
    requester = make_user(team, Role.EDITOR)
    review = ask_review(requester, team)
    make_token(requester, "reviews:read")
    weak = Principal(requester, Door.API, ApiToken.objects.get(user=requester))
    for principal in (make_principal(admin), make_principal(make_owner()), weak):
        with pytest.raises(Refused):
            withdraw_review(principal=principal, review_id=review.pk)
    with pytest.raises(NotFound):
        withdraw_review(principal=make_principal(make_user(make_team())), review_id=review.pk)
    assert Review.objects.get(pk=review.pk).is_open


def test_a_subject_that_goes_away_takes_its_review_along(things: Things) -> None:
    team = make_team()
    make_user(team)
    requester, admin = make_user(team, Role.EDITOR), make_user(team, Role.ADMIN)
    review, other = ask_review(requester, team, subject=THING), ask_review(requester, team)
    with changes(make_principal(admin).actor) as change:
        assert withdraw_reviews_of(change=change, subject=THING, reason="It is gone.") == 1
    stored = Review.objects.get(pk=review.pk)
    assert (stored.state, stored.decided_by_id) == ("withdrawn", admin.pk)
    assert Review.objects.get(pk=other.pk).is_open


# Comments -------------------------------------------------------------------------------------------------


def test_people_of_the_team_comment_also_after_the_end_and_the_log_has_no_text(things: Things) -> None:
    team = make_team()
    make_user(team)
    requester, viewer = make_user(team, Role.EDITOR), make_user(team, Role.VIEWER)
    review = ask_review(requester, team)
    withdraw_review(principal=make_principal(requester), review_id=review.pk)
    comment = comment_on_review(principal=make_principal(viewer), review_id=review.pk, text=" Pity, truly. ")
    assert ReviewComment.objects.get().text == "Pity, truly."
    entry = AuditEntry.objects.get(verb="review.comment")
    assert entry.after == {"comment_id": comment.pk}
    assert Event.objects.get(kind="review.commented").words["comment"] == comment.pk
    assert "Pity" not in entry.text


def test_nobody_else_comments(things: Things) -> None:
    team = make_team()
    person = make_user(team)
    service = make_service(person, team)
    make_user(team, Role.ADMIN)
    review, own = ask_review(make_user(team, Role.EDITOR), team), ask_review(service, team)
    for principal, which, error in (
        (make_principal(make_owner()), review, Refused),
        (make_principal(service), own, Refused),
        (make_principal(make_user(make_team())), review, NotFound),
    ):
        with pytest.raises(error):
            comment_on_review(principal=principal, review_id=which.pk, text="Hm.")
    for text in ("", " ", "x" * 4001):
        with pytest.raises(Invalid):
            comment_on_review(principal=make_principal(person), review_id=review.pk, text=text)
    assert not ReviewComment.objects.exists()


# Seeing ---------------------------------------------------------------------------------------------------


def test_who_sees_which_reviews(things: Things) -> None:
    team, elsewhere = make_team(), make_team()
    member, editor, outsider = make_user(team), make_user(team, Role.EDITOR), make_user(elsewhere)
    service = make_service(editor, team)
    ours, made = ask_review(editor, team), ask_review(service, team)
    make_user(elsewhere)
    theirs = ask_review(make_user(elsewhere, Role.EDITOR), elsewhere)

    def seen(user: User) -> set[str]:
        principal = make_principal(user)
        listed = set(list_reviews(principal).values_list("pk", flat=True))
        for review in (ours, theirs, made):
            try:
                got = get_review(principal, review.pk).pk in listed
            except NotFound:
                got = review.pk not in listed
            assert got, "the list and the look agree"
        return listed

    assert seen(member) == seen(editor) == {ours.pk, made.pk}
    assert seen(service) == {made.pk}
    assert seen(outsider) == {theirs.pk}
    assert seen(make_owner()) == {ours.pk, made.pk, theirs.pk}
    assert seen(make_user()) == set()
    make_token(member, "requests:read")
    token = ApiToken.objects.get(user=member)
    assert not list_reviews(Principal(member, Door.API, token)).exists()


# What the database holds ----------------------------------------------------------------------------------


def test_a_team_with_open_reviews_is_not_retired(things: Things) -> None:
    team = make_team()
    make_user(team)
    requester = make_user(team, Role.EDITOR)
    review = ask_review(requester, team)
    owner = make_principal(make_owner())
    with pytest.raises(Conflict, match="1 open review"):
        retire_team(principal=owner, team=team)
    withdraw_review(principal=make_principal(requester), review_id=review.pk)
    retire_team(principal=owner, team=team)


@pytest.mark.parametrize(
    "values",
    [
        {"content": {"size": "9"}},
        {"title": "Other"},
        {"base": {"size": "9"}},
        {"content_hash": "0" * 64},
        {"revision": 3},
        {"requested_by_id": "somebody"},
        {"approvals_needed": 0},
        {"approver_role": "admin"},
        {"backup_ids": ["somebody"]},
        {"subject_id": "other"},
        {"expires_at": None},
        {"state": "approved", "decided_at": timezone.now(), "decided_by_id": "x", "decision_door": "api"},
        {"state": "rejected"},
    ],
)
def test_an_open_review_changes_only_in_the_ways_it_may(things: Things, values: dict[str, object]) -> None:
    team = make_team()
    make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.filter(pk=review.pk).update(**values)


def test_an_ended_review_never_changes(things: Things) -> None:
    team = make_team()
    approver = make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    approve_review(principal=make_principal(approver), review_id=review.pk, fingerprint=review.content_hash)
    now = timezone.now()
    for values in ({"state": "open"}, {"decision_reason": "x"}, {"approvals": 5}, {"escalated_at": now}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Review.objects.filter(pk=review.pk).update(**values)


def test_a_review_is_never_born_decided(things: Things) -> None:
    team = make_team()
    make_user(team)
    review = ask_review(make_user(team, Role.EDITOR), team)
    for values in ({"state": "approved"}, {"approvals": 1}, {"revision": 2}):
        copy = Review.objects.get(pk=review.pk)
        copy.pk, copy.subject_id = "x" * 15, "other"
        for name, value in values.items():
            setattr(copy, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save(force_insert=True)


def test_terms_without_time_never_end(things: Things) -> None:
    team = make_team()
    make_user(team)
    never = replace(
        Terms(), remind_after_h=None, escalate_after_h=None, due_after_h=None, expire_after_h=None
    )
    change_terms(principal=make_principal(make_owner()), team=team, kind=KIND, terms=never)
    review = ask_review(make_user(team, Role.EDITOR), team)
    assert [review.remind_at, review.escalate_at, review.due_at, review.expires_at] == [None] * 4


def test_what_is_opened_in_a_block_that_fails_is_not_there(things: Things) -> None:
    team = make_team()
    make_user(team)
    principal = make_principal(make_user(team, Role.EDITOR))

    def open_and_fail() -> None:
        with changes(principal.actor) as change:
            open_review(
                change=change, principal=principal, team=team, kind=KIND, subject=THING, title="T", content={}
            )
            raise Invalid("No.")

    with pytest.raises(Invalid):
        open_and_fail()
    assert not Review.objects.exists()
    assert not Event.objects.filter(kind="review.opened").exists()
