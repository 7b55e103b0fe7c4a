"""Reviews over HTTP: read, comment, withdraw with a token; decide in a session alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Team, User
from accounts.reauthentication import SESSION_KEY
from events.actors import Subject
from events.models import AuditEntry
from reviews.models import Delegation, Review, ReviewComment, ReviewPolicy, Vote
from tests.api.clients import ApiClient, call_as, outcome, problem, sign_in, write_signed_in
from tests.factories import make_owner, make_service, make_team, make_user
from tests.reviews.test_voting import approve
from tests.reviews.things import KIND, Things, ask_review, register_things, revise

pytestmark = pytest.mark.django_db

TOKENS = "API tokens never vote on reviews; log in for that."


@pytest.fixture(autouse=True)
def things() -> Iterator[Things]:
    with register_things() as registered:
        yield registered


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, name="Grace")


@pytest.fixture
def review(team: Team, approver: User) -> Review:
    return ask_review(make_user(team, Role.EDITOR, name="Ada"), team)


def decide(client: ApiClient, review: Review, verb: str, **body: str) -> Any:
    body = {"fingerprint": review.content_hash, "reason": "Looked at it.", **body}
    return write_signed_in(client, f"reviews/{review.pk}/{verb}/", body)


def test_a_review_reads_whole(team: Team, approver: User, things: Things) -> None:
    editor = make_user(team, Role.EDITOR, name="Ada")
    things.live["thing0000000001"] = {"size": "1"}
    review = ask_review(
        editor, team, subject=Subject("thing", "thing0000000001"), content={"size": "2"}, reason="Bigger."
    )
    shown = call_as(approver).read(f"reviews/{review.pk}/").json()
    times = {name: shown.pop(name) for name in ("created_at", "due_at", "expires_at")}
    assert None not in times.values()
    assert shown == {
        "id": review.pk,
        "state": "open",
        "kind": KIND,
        "kind_label": "things",
        "about": {"kind": "thing", "id": "thing0000000001"},
        "title": "A thing",
        "team": {"id": team.pk, "name": team.name},
        "fingerprint": review.content_hash,
        "revision": 1,
        "can_review": False,
        "cannot_review_because": TOKENS,
        "my_vote": None,
        "approvals": 0,
        "approvals_needed": 1,
        "approver_role": "approver",
        "requested_by": {"kind": "user", "id": editor.pk, "label": "Ada"},
        "revised_at": None,
        "escalated_at": None,
        "decided_at": None,
        "decided_by": None,
        "decision_reason": "",
        "reason": "Bigger.",
        "content": {"size": "2"},
        "base": {"size": "1"},
        "votes": [],
        "facts": [{"name": "Size", "text": "1 parts", "note": ""}],
    }


def test_an_owner_outside_the_team_reads_no_content(review: Review, approver: User) -> None:
    client = sign_in(approver)
    decide(client, review, "reject", reason="Secret words.")
    shown = call_as(make_owner()).read(f"reviews/{review.pk}/").json()
    assert (shown["state"], shown["title"], shown["decided_by"]["label"]) == ("rejected", "A thing", "Grace")
    hidden = {
        name: shown[name] for name in ("reason", "content", "base", "votes", "facts", "decision_reason")
    }
    assert hidden == {
        "reason": "",
        "content": None,
        "base": None,
        "votes": [],
        "facts": [],
        "decision_reason": "",
    }
    assert outcome(call_as(make_owner()).read(f"reviews/{review.pk}/comments/")) == (403, "refused")


def test_a_token_never_votes_whatever_its_scopes(review: Review, approver: User, team: Team) -> None:
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    client = call_as(approver)
    for verb in ("approve", "reject"):
        answer = client.write(
            f"reviews/{review.pk}/{verb}/", {"fingerprint": review.content_hash, "reason": "Go."}
        )
        assert (outcome(answer), problem(answer)["detail"]) == ((403, "refused"), TOKENS)
    assert (Vote.objects.count(), Review.objects.get(pk=review.pk).state) == (0, "open")


def test_people_decide_in_a_session(review: Review, approver: User) -> None:
    client = sign_in(approver)
    before = client.read(f"reviews/{review.pk}/").json()
    assert (before["can_review"], before["cannot_review_because"]) == (True, "")
    answer = decide(client, review, "approve")
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["state"], shown["decided_by"]["label"], shown["decision_reason"]) == (
        "approved",
        "Grace",
        "Looked at it.",
    )
    assert shown["my_vote"] == shown["votes"][0]
    assert (shown["my_vote"]["verdict"], shown["my_vote"]["on_behalf_of"]) == ("approve", None)
    assert AuditEntry.objects.filter(verb="thing.apply").count() == 1
    late = decide(client, review, "reject")
    assert (outcome(late), problem(late)["decided_by"]) == ((409, "already_decided"), "Grace")


def test_an_approval_needs_a_recent_login(review: Review, approver: User) -> None:
    client = sign_in(approver)
    session = client.session
    session[SESSION_KEY] = int((timezone.now() - timedelta(minutes=16)).timestamp())
    session.save()
    assert outcome(decide(client, review, "approve")) == (403, "login_not_recent")
    assert decide(client, review, "reject").status_code == 200


def test_a_decision_carries_what_was_shown(review: Review, approver: User) -> None:
    client = sign_in(approver)
    requester = User.objects.get(pk=review.requested_by_id)
    revised = revise(requester, review, {"size": "9"})
    for body in ({"reason": "Go."}, {"fingerprint": review.content_hash, "reason": "Go."}):
        for verb in ("approve", "reject"):
            answer = write_signed_in(client, f"reviews/{review.pk}/{verb}/", body)
            assert (outcome(answer), problem(answer)["fingerprint"]) == (
                (409, "stale_fingerprint"),
                revised.content_hash,
            )


def test_a_rejection_says_why(review: Review, approver: User) -> None:
    answer = decide(sign_in(approver), review, "reject", reason=" ")
    assert (outcome(answer), problem(answer)["errors"][0]["field"]) == ((400, "invalid"), "reason")


def test_stale_votes_stay_in_the_record(review: Review, approver: User, team: Team) -> None:
    ReviewPolicy.objects.create(team=team, kind=KIND, approvals_needed=2)
    make_user(team)
    requester = make_user(team, Role.EDITOR)
    review = ask_review(requester, team)
    approve(approver, review)
    revise(requester, review, {"size": "2"})
    shown = sign_in(approver).read(f"reviews/{review.pk}/").json()
    assert (shown["revision"], shown["approvals"], shown["my_vote"], shown["can_review"]) == (
        2,
        0,
        None,
        True,
    )
    assert [(vote["revision"], vote["voter"]["label"]) for vote in shown["votes"]] == [(1, "Grace")]


def test_a_delegated_vote_names_the_seat(review: Review, approver: User, team: Team) -> None:
    viewer = make_user(team, Role.VIEWER, name="Bob")
    now = timezone.now()
    Delegation.objects.create(
        team=team,
        delegator=approver,
        delegate=viewer,
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
        reason="Away.",
    )
    shown = decide(sign_in(viewer), review, "approve").json()
    assert (shown["votes"][0]["voter"]["label"], shown["votes"][0]["on_behalf_of"]["label"]) == (
        "Bob",
        "Grace",
    )


def test_who_asked_withdraws_with_a_token(review: Review) -> None:
    requester = User.objects.get(pk=review.requested_by_id)
    client = call_as(requester, Scope.REVIEWS_WRITE)
    answer = client.write(f"reviews/{review.pk}/withdraw/", {"reason": "Not needed."})
    assert (answer.status_code, answer.json()["state"], answer.json()["content"]) == (200, "withdrawn", None)
    assert outcome(client.write(f"reviews/{review.pk}/withdraw/")) == (409, "already_decided")


def test_comments_are_read_and_made_once(review: Review, approver: User) -> None:
    client = call_as(approver)
    path = f"reviews/{review.pk}/comments/"
    made = [
        client.write(path, {"text": "Why so *wide*?"}, headers={"Idempotency-Key": "one"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in made] == [201, 201]
    assert ReviewComment.objects.count() == 1
    [shown] = client.read(path).json()["results"]
    assert shown == made[0].json()
    assert (shown["text"], shown["author"]["label"]) == ("Why so *wide*?", "Grace")


def test_a_service_account_sees_what_it_asked_for_and_nothing_else(
    review: Review, approver: User, team: Team
) -> None:
    person = make_user(team, Role.EDITOR)
    service = make_service(person, team)
    own = ask_review(service, team, content={"size": "3"})
    client = call_as(service)
    assert [row["id"] for row in client.read("reviews/").json()["results"]] == [own.pk]
    assert client.read(f"reviews/{own.pk}/").json()["content"] == {"size": "3"}
    assert outcome(client.read(f"reviews/{review.pk}/")) == (404, "not_found")
    assert outcome(client.read(f"reviews/{own.pk}/comments/")) == (403, "refused")
    assert client.write(f"reviews/{own.pk}/withdraw/").json()["state"] == "withdrawn"


def test_lists_are_filtered(review: Review, approver: User, team: Team) -> None:
    other = ask_review(make_user(team, Role.EDITOR), team)
    decide(sign_in(approver), other, "reject")
    client = call_as(approver)

    def ids(query: str) -> set[str]:
        return {row["id"] for row in client.read(f"reviews/?{query}").json()["results"]}

    assert ids("state=open") == {review.pk}
    assert ids("state=rejected&state=approved") == {other.pk}
    assert ids(f"kind={KIND}") == ids(f"team={team.pk}") == {review.pk, other.pk}
    assert ids("kind=whitelist_rule") == set()
    assert ids(f"about={other.subject_id}") == {other.pk}
    assert outcome(client.read("reviews/?state=done")) == (400, "invalid")
    assert outcome(client.read("reviews/?stat=open")) == (400, "unknown_parameter")


def test_the_number_of_queries_is_the_same_for_one_review_and_for_five(approver: User, team: Team) -> None:
    make_user(team)
    ReviewPolicy.objects.create(team=team, kind=KIND, approvals_needed=2)
    client, counts = sign_in(make_user(team)), []
    for number in (1, 4):
        for _ in range(number):
            asked = ask_review(make_user(team, Role.EDITOR), team)
            approve(approver, asked)
        client.read("reviews/")
        with CaptureQueriesContext(connection) as queries:
            assert client.read("reviews/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_review_that_has_not_changed_is_304(review: Review, approver: User) -> None:
    client = call_as(approver)
    tag = client.read(f"reviews/{review.pk}/").headers["ETag"]
    assert client.read(f"reviews/{review.pk}/", headers={"If-None-Match": tag}).status_code == 304
