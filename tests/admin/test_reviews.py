"""Reviews in the admin: what waits for whom, what their page shows, deciding there, policies, delegations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from accounts.enums import Role
from accounts.models import Team, User
from accounts.reauthentication import SESSION_KEY
from events.actors import Subject
from events.models import AuditEntry
from reviews.domain.due import work_due_reviews
from reviews.domain.policies import read_terms
from reviews.models import Delegation, Review, ReviewComment, ReviewPolicy, Vote
from tests.admin.doors import Page, address, enter, messages_of, open_page, opened_earlier, own_address, read
from tests.factories import PASSWORD, make_owner, make_team, make_user
from tests.reviews import test_voting
from tests.reviews.things import KIND, Things, ask_review, register_things, revise

pytestmark = pytest.mark.django_db

LIST = "admin:reviews_review_changelist"


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
def requester(team: Team, approver: User) -> User:
    return make_user(team, Role.EDITOR, name="Ada")


@pytest.fixture
def review(team: Team, requester: User) -> Review:
    return ask_review(requester, team)


def url_of(review: Review, view: str = "change") -> str:
    return address("reviews_review", view, review.pk)


def press(client: Client, review: Review, verb: str, **values: str) -> Any:
    opened = opened_earlier(client, review.pk)
    return client.post(url_of(review, verb), {"fingerprint": review.content_hash, "opened": opened, **values})


def confirm_login(client: Client) -> Client:
    """The password was just given."""
    session = client.session
    session[SESSION_KEY] = int(timezone.now().timestamp())
    session.save()
    return client


def listed(user: User, **query: str) -> list[str]:
    """The titles on one tab."""
    response = enter(user).get(reverse(LIST), query)
    assert response.status_code == 200
    return [row.title for row in response.context["cl"].result_list]


# The list -------------------------------------------------------------------------------------------------


def test_what_waits_for_one_stands_first(team: Team, approver: User, requester: User) -> None:
    other = make_user(team, Role.APPROVER)
    viewer = make_user(team, Role.VIEWER)
    ask_review(requester, team, title="From the editor")
    ask_review(approver, team, title="From the approver")
    done = ask_review(requester, team, title="Done")
    test_voting.reject(other, done)
    assert listed(approver) == ["From the editor"]
    assert listed(other) == ["From the approver", "From the editor"]
    assert [listed(user) for user in (requester, viewer, make_owner())] == [[], [], []]
    for user in (approver, viewer, make_owner()):
        assert listed(user, tab="open") == ["From the approver", "From the editor"]
        assert listed(user, tab="decided") == ["Done"]


def test_what_one_has_voted_on_waits_for_others(team: Team, approver: User, requester: User) -> None:
    ReviewPolicy.objects.create(team=team, kind=KIND, approvals_needed=2)
    make_user(team)
    review = ask_review(requester, team)
    test_voting.approve(approver, review)
    assert (listed(approver), listed(approver, tab="open")) == ([], ["A thing"])
    revise(requester, review, {"size": "2"})
    assert listed(approver) == ["A thing"]


def test_who_stands_in_for_somebody_sees_what_waits(team: Team, approver: User, review: Review) -> None:
    viewer = make_user(team, Role.VIEWER)
    assert listed(viewer) == []
    now = timezone.now()
    Delegation.objects.create(
        team=team, delegator=approver, delegate=viewer, starts_at=now, ends_at=now + timedelta(1), reason="x"
    )
    assert listed(viewer) == ["A thing"]


def test_the_list_narrows_to_a_kind(review: Review, approver: User) -> None:
    assert (listed(approver, about=KIND), listed(approver, about="whitelist_rule")) == (["A thing"], [])


def test_the_number_of_queries_is_the_same_for_one_review_and_for_four(
    team: Team, approver: User, requester: User
) -> None:
    viewer = make_user(team, Role.VIEWER)
    now = timezone.now()
    Delegation.objects.create(
        team=team, delegator=approver, delegate=viewer, starts_at=now, ends_at=now + timedelta(1), reason="x"
    )
    client, counts = enter(viewer), []
    for number in (1, 3):
        for _ in range(number):
            ask_review(requester, team)
        client.get(reverse(LIST))
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(reverse(LIST)).context["cl"].result_list) == number + (number > 1)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# The page -------------------------------------------------------------------------------------------------


def test_the_page_shows_all_of_it_beside_what_is_live(
    things: Things, team: Team, approver: User, requester: User
) -> None:
    things.live["thing0000000001"] = {"rule": {"value": "git *", "kind": "pattern"}, "old": "x"}
    review = ask_review(
        requester,
        team,
        subject=Subject("thing", "thing0000000001"),
        title="A rule",
        content={
            "rule": {"value": "git \u202epush" + "y" * 500, "kind": "pattern"},
            "new": [1, 2],
            "moves": [{"to": number} for number in range(1, 11)],
            "none": [],
        },
        reason="We need *this*.",
    )
    response = enter(approver).get(url_of(review))
    lines = [
        (str(line.name), str(line.live), str(line.wanted), line.change)
        for line in response.context["content"].lines
    ]
    marked = 'git <mark class="unseen">⟨U+202E⟩</mark>push' + "y" * 500
    assert lines == [
        *[(f"moves › {number:02} › to", "", str(number), "added") for number in range(1, 11)],
        ("new", "", "[1, 2]", "added"),
        ("old", "x", "", "removed"),
        ("rule › value", "git *", marked, "changed"),
        ("rule › kind", "pattern", "pattern", "same"),
    ]
    assert response.context["content"].empty == ["none"]
    page = read(response)
    assert "<em>this</em>" in page.html
    assert review.content_hash in page.text
    assert "Size 4 parts" in page.text
    assert {form["data-act"] for form in page.find("button") if "data-act" in form} == {"approve", "deny"}


def test_an_owner_outside_the_team_reads_no_content(team: Team, approver: User, requester: User) -> None:
    review = ask_review(requester, team, title="A rule", content={"value": "cat hidden-file"}, reason="hush")
    ReviewComment.objects.create(review=review, author=approver, text="whispered")
    client = enter(make_owner())
    confirm_login(enter(approver))
    test_voting.reject(approver, review, reason="muttered")
    page = open_page(client, url_of(review))
    assert "A rule" in page.text
    for words in ("hidden-file", "hush", "whispered", "muttered"):
        assert words not in page.html
    assert not page.find("form", id="decide")


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        (Role.VIEWER, "Only approvers of the team, and who stands in for one, review this."),
        (Role.EDITOR, "Only approvers of the team, and who stands in for one, review this."),
    ],
)
def test_who_may_not_vote_reads_why(team: Team, review: Review, role: Role, sentence: str) -> None:
    page = open_page(enter(make_user(team, role)), url_of(review))
    assert sentence in page.text
    assert not page.find("form", id="decide")


def test_the_requester_reads_why_and_can_withdraw(requester: User, review: Review) -> None:
    client = enter(requester)
    page = open_page(client, url_of(review))
    assert "Nobody reviews what they, or a service account they own, asked for or changed." in page.text
    asked = client.post(url_of(review, "withdraw"))
    assert (asked.status_code, "Withdraw this?" in read(asked).text) == (200, True)
    assert Review.objects.get(pk=review.pk).is_open
    client.post(url_of(review, "withdraw"), {"confirm": "1"})
    assert Review.objects.get(pk=review.pk).state == "withdrawn"
    assert "withdrawn" in open_page(client, url_of(review)).text


def test_a_delegate_reads_for_whom_they_vote(team: Team, approver: User, review: Review) -> None:
    viewer, now = make_user(team, Role.VIEWER, name="Bob"), timezone.now()
    Delegation.objects.create(
        team=team, delegator=approver, delegate=viewer, starts_at=now, ends_at=now + timedelta(1), reason="x"
    )
    client = confirm_login(enter(viewer))
    assert "You stand in for Grace." in open_page(client, url_of(review)).text
    press(client, review, "approve")
    text = open_page(client, url_of(review)).text
    assert "Bob approved , standing in for Grace" in text or "Bob approved, standing in for Grace" in text


def test_stale_votes_stand_there_as_such(team: Team, approver: User, requester: User) -> None:
    ReviewPolicy.objects.create(team=team, kind=KIND, approvals_needed=2)
    make_user(team)
    review = ask_review(requester, team)
    test_voting.approve(approver, review, reason="Fine.")
    revise(requester, review, {"size": "2"})
    response = enter(approver).get(url_of(review))
    [shown] = response.context["votes"]
    assert (shown.counts, shown.note) == (False, "on revision 1: stale, it no longer counts")
    assert "Ada changed it to revision 2; votes so far are stale" in read(response).text
    assert response.context["seat"] is not None


def test_the_page_warns_when_nobody_is_left_to_approve(team: Team, approver: User, review: Review) -> None:
    approver.memberships.update(role=Role.VIEWER)
    text = open_page(enter(approver), url_of(review)).text
    assert "Only 0 people could approve it now, and it needs 1 more." in text


def test_the_story_is_told(team: Team, approver: User, requester: User) -> None:
    backup = make_user(team, Role.VIEWER, name="Bea")
    ReviewPolicy.objects.create(
        team=team, kind=KIND, backup_ids=[backup.pk], remind_after_h=1, escalate_after_h=2
    )
    review = ask_review(requester, team)
    for hours in (1, 2):
        with travel(timezone.now() + timedelta(hours=hours), tick=False):
            work_due_reviews(now=timezone.now())
    client = confirm_login(enter(approver))
    client.post(url_of(review, "comment"), {"text": "Hm."})
    press(client, review, "reject", reason="Too wide.")
    response = client.get(url_of(review))
    assert [moment.sentence for moment in response.context["moments"]] == [
        "Ada asked for it",
        "Reminded: it still waits",
        "Escalated: the backups may approve it too",
        "Grace commented",
        "Grace rejected",
        "Rejected",
    ]
    text = read(response).text
    assert "Too wide." in text
    assert "Hm." in text


# Deciding -------------------------------------------------------------------------------------------------


def test_approving_asks_for_the_password_and_carries_on(approver: User, review: Review) -> None:
    approver.set_password(PASSWORD)
    approver.save()
    client = enter(approver)
    session = client.session
    session.pop(SESSION_KEY, None)
    session.save()
    asked = press(client, review, "approve", reason="Fine.")
    assert (asked.status_code, "Enter your password again" in read(asked).text) == (403, True)
    assert Review.objects.get(pk=review.pk).is_open
    press(client, review, "approve", reason="Fine.", _password_again=PASSWORD)
    stored = Review.objects.get(pk=review.pk)
    assert (stored.state, stored.decision_reason, stored.decision_door) == ("approved", "Fine.", "admin")


def test_approving_applies_it(approver: User, review: Review) -> None:
    response = press(confirm_login(enter(approver)), review, "approve")
    assert (response.status_code, messages_of(response)) == (302, ["Approved; it has taken effect."])
    assert AuditEntry.objects.filter(verb="thing.apply").count() == 1


def test_more_approvals_are_waited_for(team: Team, approver: User, requester: User) -> None:
    ReviewPolicy.objects.create(team=team, kind=KIND, approvals_needed=3)
    for _ in range(2):
        make_user(team)
    review = ask_review(requester, team)
    response = press(confirm_login(enter(approver)), review, "approve")
    assert messages_of(response) == ["Noted; it waits for 2 more."]


def test_what_could_not_be_applied_is_said_and_nothing_has_changed(
    things: Things, approver: User, review: Review
) -> None:
    things.breaks = True
    response = press(confirm_login(enter(approver)), review, "approve", reason="Fine.")
    assert (response.status_code, messages_of(response)) == (409, ["The thing can't be applied."])
    assert "Fine." in read(response).html
    assert (Review.objects.get(pk=review.pk).state, Vote.objects.count()) == ("open", 0)


def test_a_rejection_without_a_reason_keeps_the_page(approver: User, review: Review) -> None:
    response = press(enter(approver), review, "reject")
    assert (response.status_code, messages_of(response)) == (400, ["Say why: whoever asked reads it."])
    assert own_address(response) == [address("reviews_review", "change", review.pk)]
    assert Review.objects.get(pk=review.pk).is_open


def test_what_was_changed_since_it_was_shown_is_not_decided(
    approver: User, requester: User, review: Review
) -> None:
    revise(requester, review, {"size": "2"})
    client = confirm_login(enter(approver))
    for verb in ("approve", "reject"):
        response = press(client, review, verb, reason="Words typed.")
        assert response.status_code == 409
        assert "Words typed." in read(response).html
    assert Review.objects.get(pk=review.pk).is_open


@pytest.mark.parametrize("opened", ["", "nonsense"])
def test_nobody_decides_what_they_have_not_opened(approver: User, review: Review, opened: str) -> None:
    client = confirm_login(enter(approver))
    for verb in ("approve", "reject"):
        assert press(client, review, verb, reason="x", opened=opened).status_code == 409
    assert Vote.objects.count() == 0


def test_whoever_may_not_vote_is_refused_by_the_buttons_too(
    team: Team, requester: User, review: Review
) -> None:
    for user in (requester, make_user(team, Role.EDITOR), make_owner()):
        client = confirm_login(enter(user))
        for verb in ("approve", "reject"):
            assert press(client, review, verb, reason="x").status_code == 403
    assert (Vote.objects.count(), Review.objects.get(pk=review.pk).state) == (0, "open")


# Policies -------------------------------------------------------------------------------------------------

TERMS = {
    "kind": KIND,
    "approvals_needed": "2",
    "approver_role": "admin",
    "remind_after_h": "4",
    "escalate_after_h": "8",
    "due_after_h": "",
    "expire_after_h": "100",
}


def test_a_teams_admin_sets_the_terms_of_a_kind(team: Team, approver: User) -> None:
    admin, other = make_user(team, Role.ADMIN), make_user(team, Role.ADMIN)
    client = enter(admin)
    response = client.post(
        address("reviews_reviewpolicy", "set-terms", team.pk), {**TERMS, "backup_ids": [approver.pk]}
    )
    assert messages_of(response) == ["Saved. It applies to what is asked from now on."]
    terms = read_terms(team_id=team.pk, kind=KIND)
    assert (terms.approvals_needed, terms.approver_role, terms.backup_ids) == (2, "admin", [approver.pk])
    hours = (terms.remind_after_h, terms.escalate_after_h, terms.due_after_h, terms.expire_after_h)
    assert hours == (4, 8, None, 100)
    entry = AuditEntry.objects.get(verb="review_policy.change")
    assert entry.after == {
        "kind": KIND,
        "approvals_needed": 2,
        "approver_role": "admin",
        "backup_ids": [approver.pk],
        "remind_after_h": 4,
        "escalate_after_h": 8,
        "due_after_h": None,
        "expire_after_h": 100,
    }
    page = open_page(client, address("accounts_team", "change", team.pk))
    assert "Reviews of things: 2 approvals by team admins" in page.text
    shown = open_page(enter(approver), address("accounts_team", "change", team.pk)).text
    assert "Reviews of things: 2 approvals by team admins, once escalated also by Grace." in shown
    assert other.is_active


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"approvals_needed": "9"}, "Nothing could be approved: 2 people of the team may decide."),
        ({"approvals_needed": "x"}, "Give a whole number of approvals."),
        ({"approvals_needed": "0"}, "Ask for 1 to 20 approvals."),
        ({"approver_role": "owner"}, "There is no such role of approvers."),
        ({"due_after_h": "-1"}, "Due after hours: give a whole number, or nothing for never."),
        ({"due_after_h": "99999"}, "Give 1 to 8760 hours, or nothing for never."),
        ({"remind_after_h": "100"}, "That would be after the review has ended by itself."),
        ({"backup_ids": ["nobody"]}, "A backup is a person of the team."),
        ({"kind": "coffee"}, "There are no reviews of this kind."),
        ({"kind": "permission_request"}, "There are no reviews of this kind."),
    ],
)
def test_terms_that_can_not_be_are_refused(
    team: Team, approver: User, wrong: dict[str, Any], sentence: str
) -> None:
    admin = make_user(team, Role.ADMIN)
    make_user(team, Role.ADMIN)
    response = enter(admin).post(address("reviews_reviewpolicy", "set-terms", team.pk), {**TERMS, **wrong})
    assert messages_of(response) == [sentence]
    assert not ReviewPolicy.objects.exists()


def test_only_admins_set_terms(team: Team, approver: User) -> None:
    url = address("reviews_reviewpolicy", "set-terms", team.pk)
    assert enter(approver).post(url, {**TERMS, "approvals_needed": "1"}).status_code == 403
    assert not ReviewPolicy.objects.exists()


# Delegations ----------------------------------------------------------------------------------------------


def fill(team: Team, person: User, **values: str) -> dict[str, Any]:
    return {
        "team": team.pk,
        "delegate": person.username,
        "starts_at": "2031-05-01T08:00",
        "ends_at": "2031-05-08T08:00",
        "reason": "On leave.",
        **values,
    }


def test_one_names_who_stands_in_and_takes_it_back(team: Team, approver: User) -> None:
    viewer = make_user(team, Role.VIEWER, name="Bob")
    client = enter(approver)
    page = open_page(client, address("reviews_delegation", "add"))
    assert page.find("input", name="starts_at", type="datetime-local")
    response = client.post(address("reviews_delegation", "add"), fill(team, viewer, kinds=KIND))
    assert messages_of(response) == ["Bob stands in for you then."]
    stored = Delegation.objects.get()
    assert (stored.delegator_id, stored.delegate_id, stored.kinds, stored.starts_at.isoformat()) == (
        approver.pk,
        viewer.pk,
        [KIND],
        "2031-05-01T08:00:00+00:00",
    )
    shown = open_page(client, address("reviews_delegation", "change", stored.pk)).text
    assert "Bob for Grace" in shown
    assert "to come" in shown
    client.post(address("reviews_delegation", "revoke", stored.pk))
    assert Delegation.objects.get().revoked_by_id == approver.pk
    assert "revoked" in open_page(client, reverse("admin:reviews_delegation_changelist")).text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"delegate": "nobody"}, "There is no active person of this name."),
        ({"ends_at": "2031-04-30T08:00"}, "It has to end after it begins, and not in the past."),
        ({"ends_at": "2032-05-01T08:00"}, "It lasts at most 92 days."),
        ({"ends_at": "soon"}, "Enter a valid date/time."),
        ({"reason": ""}, "This field is required."),
    ],
)
def test_a_wrong_delegation_keeps_the_form(
    team: Team, approver: User, wrong: dict[str, str], sentence: str
) -> None:
    viewer = make_user(team, Role.VIEWER)
    response = enter(approver).post(address("reviews_delegation", "add"), fill(team, viewer, **wrong))
    assert response.status_code == 400
    assert sentence in read(response).text
    assert not Delegation.objects.exists()


def test_another_teams_delegation_can_not_be_made_or_seen(team: Team, approver: User) -> None:
    other = make_team()
    stranger = make_user(other)
    response = enter(stranger).post(address("reviews_delegation", "add"), fill(team, approver))
    assert response.status_code == 400
    assert not Delegation.objects.exists()


def test_an_owner_without_a_team_has_no_form(team: Team) -> None:
    assert enter(make_owner()).get(address("reviews_delegation", "add")).status_code == 403


def test_who_may_not_revoke_sees_no_button(team: Team, approver: User) -> None:
    viewer, other = make_user(team, Role.VIEWER), make_user(team)
    now = timezone.now()
    made = Delegation.objects.create(
        team=team, delegator=approver, delegate=viewer, starts_at=now, ends_at=now + timedelta(1), reason="x"
    )
    url = address("reviews_delegation", "change", made.pk)

    def buttons(user: User) -> int:
        page: Page = open_page(enter(user), url)
        return len([form for form in page.find("form") if form.get("action", "").endswith("/revoke/")])

    assert [buttons(user) for user in (approver, viewer, other)] == [1, 1, 0]
    assert enter(other).post(address("reviews_delegation", "revoke", made.pk)).status_code == 403


def test_the_dashboard_says_what_waits_for_one(approver: User, requester: User, review: Review) -> None:
    words = "1 review waits for your approval"
    shown = [words in open_page(enter(user), reverse("admin:index")).text for user in (approver, requester)]
    assert shown == [True, False]
