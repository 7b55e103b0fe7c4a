"""The request page: time to read, words to type, pauses, claims, comments, what was decided before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from engines.models import Engine
from governance.domain.claims import claim_request
from governance.domain.decide import approve_request, deny_request
from governance.models import PermissionRequest, RequestComment, RequestSnooze
from reviews.models import Vote
from tests.admin.doors import (
    approve,
    deny,
    enter,
    messages_of,
    open_page,
    opened_earlier,
    press_row,
    read,
    request_url,
)
from tests.factories import make_engine, make_owner, make_principal, make_request, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def alice(team: Team) -> User:
    return make_user(team, name="Alice")


@pytest.fixture
def client(alice: User) -> Client:
    return enter(alice)


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


def read_state(request: PermissionRequest) -> str:
    request.refresh_from_db()
    return request.state


# Time to read -------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["approve", "deny"])
def test_the_page_must_have_been_open_for_a_second(client: Client, engine: Engine, verb: str) -> None:
    request = make_request(engine)
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        page = open_page(client, request_url(request))
        [stamp] = page.find("input", name="opened")
        data = {"fingerprint": request.fingerprint, "opened": stamp["value"], "reason": "my words"}
        clock.shift(0.9)
        early = client.post(request_url(request, verb), data)
        assert early.status_code == 409
        assert "The page was open for less than a second." in read(early).text
        assert ">my words</textarea>" in early.content.decode()
        assert read_state(request) == "pending"
        clock.shift(0.2)
        assert client.post(request_url(request, verb), data).status_code == 302
    assert read_state(request) == {"approve": "approved", "deny": "denied"}[verb]


def test_a_stamp_is_of_one_page_and_one_person(client: Client, team: Team, engine: Engine) -> None:
    request, other = make_request(engine), make_request(engine)
    foreign = opened_earlier(enter(make_user(team)), request.pk)
    good = opened_earlier(client, request.pk)
    stamps = ["", "x", opened_earlier(client, other.pk), opened_earlier(client, "bulk"), foreign, good[:-1]]
    for stamp in stamps:
        for press in (approve, deny):
            response = press(client, request, opened=stamp)
            assert response.status_code == 409
            assert "Open its page first, then decide." in read(response).text
    assert not Vote.objects.exists()


# High risk ----------------------------------------------------------------------------------------


def test_high_risk_says_why_and_asks_for_a_word(client: Client, engine: Engine) -> None:
    page = open_page(client, request_url(make_request(engine, "cd /srv && sudo rm -rf build")))
    assert "sudo : acts with other rights, or changes them" in page.text
    assert "To approve, type sudo" in page.text
    assert "high risk" in page.text
    plain = open_page(client, request_url(make_request(engine, "ls")))
    assert plain.find("input", name="confirmation") == []
    assert "high risk" not in plain.text


@pytest.mark.parametrize("word", ["", "yes", "rm -rf", "r m"])
def test_another_word_approves_nothing(client: Client, engine: Engine, word: str) -> None:
    request = make_request(engine, "rm -rf build")
    response = approve(client, request, confirmation=word, reason="my words")
    assert response.status_code == 400
    assert "To approve what is of high risk, type rm." in read(response).text
    assert ">my words</textarea>" in response.content.decode()
    assert read_state(request) == "pending"


def test_the_word_approves_and_a_denial_needs_none(client: Client, engine: Engine) -> None:
    first, second = make_request(engine, "rm -rf build"), make_request(engine, "rm -rf build")
    assert approve(client, first, confirmation=" RM ").status_code == 302
    assert deny(client, second).status_code == 302
    assert (read_state(first), read_state(second)) == ("approved", "denied")


def test_high_risk_asks_for_the_password_when_the_login_is_old(client: Client, engine: Engine) -> None:
    risky, plain = make_request(engine, "rm -rf build"), make_request(engine, "ls")
    with time_machine.travel(timezone.now() + timedelta(minutes=20), tick=False):
        asked = approve(client, risky, confirmation="rm")
        assert asked.status_code == 403
        assert read_state(risky) == "pending"
        kept = {item["name"]: item["value"] for item in read(asked).find("input") if "value" in item}
        assert (kept["confirmation"], kept["fingerprint"]) == ("rm", risky.fingerprint)
        assert approve(client, plain).status_code == 302
        assert deny(client, risky).status_code == 302


def test_the_list_opens_the_page_for_high_risk(client: Client, engine: Engine) -> None:
    request = make_request(engine, "rm build")
    response = press_row(client, request, "approve", headers={"X-Countersign-Script": "1"})
    assert (response.status_code, response.json()["url"]) == (409, request_url(request))
    assert read_state(request) == "pending"


# A pause ------------------------------------------------------------------------------------------


def approve_ten(client: Client, engine: Engine) -> None:
    for number in range(10):
        assert approve(client, make_request(engine, f"ls {number}")).status_code == 302


def test_the_eleventh_quick_approval_meets_a_pause(client: Client, engine: Engine, settings: Any) -> None:
    settings.COUNTERSIGN_PAUSE_PACE_S = 3600
    approve_ten(client, engine)
    request = make_request(engine, "ls next")
    response = approve(client, request, reason="go on")
    page = read(response)
    assert (response.status_code, read_state(request)) == (409, "pending")
    assert "You have approved 10 requests of this session" in page.text
    assert "ls next" in page.text
    fields = {item["name"]: item["value"] for item in page.find("input", type="hidden")}
    assert (fields["reason"], fields["pause"], fields["fingerprint"]) == ("go on", "yes", request.fingerprint)
    del fields["csrfmiddlewaretoken"]
    assert client.post(request_url(request, "approve"), fields).status_code == 409
    assert read_state(request) == "pending"
    fields["opened"] = opened_earlier(client, request.pk)
    assert client.post(request_url(request, "approve"), fields).status_code == 302
    assert read_state(request) == "approved"


def test_the_list_leads_to_the_page_for_a_pause_and_denies_without_one(
    client: Client, engine: Engine, settings: Any
) -> None:
    settings.COUNTERSIGN_PAUSE_PACE_S = 3600
    approve_ten(client, engine)
    request = make_request(engine, "ls next")
    response = press_row(client, request, "approve")
    assert (response.status_code, response.headers["Location"]) == (302, request_url(request))
    assert messages_of(response)[-1].startswith("You have approved 10 requests")
    assert read_state(request) == "pending"
    press_row(client, request, "deny")
    assert read_state(request) == "denied"


# With the others ----------------------------------------------------------------------------------


def test_claim_take_over_and_let_go(client: Client, team: Team, alice: User, engine: Engine) -> None:
    request = make_request(engine)
    bob = make_user(team, name="Bob")
    claim_request(principal=make_principal(bob), request_id=request.pk)
    page = open_page(client, request_url(request))
    assert "Bob looks at it" in page.text
    [shown] = page.find("input", name="claimed_by")
    late = client.post(request_url(request, "claim"), {"claimed_by": ""})
    assert (late.status_code, messages_of(late)) == (409, ["Bob looks at it."])
    client.post(request_url(request, "claim"), {"claimed_by": shown["value"]})
    request.refresh_from_db()
    assert request.claimed_by_id == alice.pk
    assert "you look at it" in open_page(client, request_url(request)).text
    client.post(request_url(request, "release"))
    request.refresh_from_db()
    assert request.claimed_by_id is None


def test_put_off_and_take_up_again(client: Client, alice: User, engine: Engine) -> None:
    request = make_request(engine)
    response = client.post(request_url(request, "snooze"), {"length": "15m"})
    assert messages_of(response) == ["Hidden from your own tab: 15 minutes."]
    assert list(RequestSnooze.objects.values_list("user_id", "request_id")) == [(alice.pk, request.pk)]
    assert "put off for" in open_page(client, request_url(request)).text
    client.post(request_url(request, "unsnooze"))
    assert not RequestSnooze.objects.exists()
    assert client.post(request_url(request, "snooze"), {"length": "a year"}).status_code == 400


def test_the_lists_buttons_do_the_same(client: Client, alice: User, team: Team, engine: Engine) -> None:
    request = make_request(engine)
    script = {"headers": {"X-Countersign-Script": "1"}}
    assert press_row(client, request, "claim", **script).json()["level"] == "success"
    request.refresh_from_db()
    assert request.claimed_by_id == alice.pk
    other = enter(make_user(team, name="Bob"))
    assert press_row(other, request, "claim", **script).json() == {
        "level": "warning",
        "message": "Alice looks at it.",
        "code": "claimed",
    }
    press_row(other, request, "release")
    press_row(client, request, "snooze")
    request.refresh_from_db()
    assert (request.claimed_by_id, RequestSnooze.objects.count()) == (None, 1)
    press_row(client, request, "unsnooze")
    assert not RequestSnooze.objects.exists()


def test_comments_are_markdown_without_anything_that_acts(
    client: Client, alice: User, engine: Engine
) -> None:
    request = make_request(engine)
    text = "**Careful**: [x](javascript:alert(1)) <script>alert(1)</script>\r\nsecond line"
    assert client.post(request_url(request, "comment"), {"text": text}).status_code == 302
    [comment] = RequestComment.objects.all()
    assert (comment.author_id, comment.text) == (alice.pk, text.replace("\r\n", "\n"))
    html = client.get(request_url(request)).content.decode()
    assert "<strong>Careful</strong>" in html
    assert "<script>alert" not in html
    assert 'href="javascript' not in html
    too_long = client.post(request_url(request, "comment"), {"text": "y" * 4001})
    assert too_long.status_code == 400
    assert "y" * 4001 + "</textarea>" in too_long.content.decode()


def test_who_is_no_member_sees_no_comment_and_no_past(client: Client, alice: User, engine: Engine) -> None:
    past = make_request(engine, "git push past")
    deny_request(
        principal=make_principal(alice),
        request_id=past.pk,
        fingerprint=past.fingerprint,
        reason="not on Friday",
    )
    request = make_request(engine, "git push now")
    client.post(request_url(request, "comment"), {"text": "a plan of ours"})
    seen = ("a plan of ours", "git push past", "not on Friday", "0 approved", "1 denied")
    text = open_page(client, request_url(request)).text
    assert [word for word in seen if word in text] == list(seen)
    text = open_page(enter(make_owner()), request_url(request)).text
    assert [word for word in seen if word in text] == []
    assert enter(make_owner()).post(request_url(request, "comment"), {"text": "x"}).status_code == 403


def test_viewers_comment_but_do_not_claim(team: Team, engine: Engine) -> None:
    request = make_request(engine)
    viewer = enter(make_user(team, Role.VIEWER))
    page = open_page(viewer, request_url(request))
    assert [item["id"] for item in page.find("button") if item.get("id") == "claim"] == []
    assert viewer.post(request_url(request, "comment"), {"text": "I saw it too."}).status_code == 302
    assert viewer.post(request_url(request, "claim")).status_code == 403


def test_after_the_end_only_comments_are_left(client: Client, alice: User, engine: Engine) -> None:
    request = make_request(engine)
    approve_request(principal=make_principal(alice), request_id=request.pk, fingerprint=request.fingerprint)
    page = open_page(client, request_url(request))
    assert page.find("input", name="claimed_by") + page.find("input", name="opened") == []
    assert client.post(request_url(request, "claim")).status_code == 409
    assert client.post(request_url(request, "snooze"), {"length": "1h"}).status_code == 409
    assert client.post(request_url(request, "comment"), {"text": "It worked."}).status_code == 302
