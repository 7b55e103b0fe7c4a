"""Several at once from the list: first a page that shows each whole, then the act; what was lost is named."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from accounts.models import Team, User
from engines.models import Engine
from governance.domain.decide import approve_request
from governance.models import EngineReply, PermissionRequest
from reviews.models import Vote
from tests.admin.doors import INBOX, enter, messages_of, opened_earlier, read
from tests.factories import make_engine, make_owner, make_principal, make_request, make_team, make_user

pytestmark = pytest.mark.django_db(transaction=True)

DENY = "admin:governance_permissionrequest_bulk-deny"
APPROVE = "admin:governance_permissionrequest_bulk-approve"


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


def post(client: Client, name: str, requests: list[PermissionRequest], **values: str) -> Any:
    data: dict[str, Any] = {"selected": [request.pk for request in requests], **values}
    data |= {f"fingerprint-{request.pk}": request.fingerprint for request in requests}
    return client.post(reverse(name), data)


def confirm(client: Client, name: str, requests: list[PermissionRequest], **values: str) -> Any:
    """Press the button of the page that asks, two seconds after it was opened."""
    return post(client, name, requests, confirm="yes", opened=opened_earlier(client, "bulk"), **values)


def list_states() -> list[str]:
    return list(PermissionRequest.objects.order_by("created_at", "pk").values_list("state", flat=True))


def test_approving_first_shows_every_command_whole(client: Client, engine: Engine) -> None:
    requests = [make_request(engine, f"git fetch {word * 30}") for word in ("one", "two")]
    response = post(client, APPROVE, requests, list_query="tab=pending")
    page = read(response)
    assert response.status_code == 200
    assert all(f"git fetch {word * 30}" in page.text for word in ("one", "two"))
    assert [item["value"] for item in page.find("input", name="selected")] == [row.pk for row in requests]
    assert list_states() == ["pending", "pending"]
    response = confirm(client, APPROVE, requests, list_query="tab=pending")
    assert (response.status_code, response.headers["Location"]) == (302, f"{reverse(INBOX)}?tab=pending")
    assert messages_of(response) == ["2 of 2 approved."]
    assert list_states() == ["approved", "approved"]
    assert list(Vote.objects.values_list("door", flat=True)) == ["admin", "admin"]


def test_what_does_not_belong_together_is_refused_before_and_at_the_press(
    client: Client, engine: Engine
) -> None:
    mixed = [make_request(engine, "ls"), make_request(engine, "cat README")]
    for press in (post, confirm):
        response = press(client, APPROVE, mixed)
        assert response.status_code == 302
        refusal = "None was approved. Different programs (ls and cat) are approved one by one."
        assert messages_of(response)[-1] == refusal
    assert list_states() == ["pending", "pending"]


def test_the_page_that_asks_must_have_been_open(client: Client, engine: Engine) -> None:
    requests = [make_request(engine)]
    for name in (APPROVE, DENY):
        response = post(client, name, requests, confirm="yes", reason="no")
        assert messages_of(response)[-1] == "Open its page first, then decide."
    assert list_states() == ["pending"]


def test_denying_needs_one_message_for_all(client: Client, engine: Engine) -> None:
    requests = [make_request(engine, "rm a"), make_request(engine, "cat b")]
    assert "cat b" in read(post(client, DENY, requests)).text
    empty = confirm(client, DENY, requests)
    assert empty.status_code == 400
    assert "Say why: many are denied with one message." in read(empty).text
    assert list_states() == ["pending", "pending"]
    response = confirm(client, DENY, requests, reason="Stop.\r\nAsk first.")
    assert messages_of(response) == ["2 of 2 denied."]
    assert list(EngineReply.objects.values_list("message", flat=True)) == ["Stop.\nAsk first."] * 2


def test_what_somebody_else_decided_meanwhile_is_named(client: Client, team: Team, engine: Engine) -> None:
    requests = [make_request(engine, "ls a"), make_request(engine, "ls b")]
    bob = make_principal(make_user(team, name="Bob"))
    approve_request(principal=bob, request_id=requests[0].pk, fingerprint=requests[0].fingerprint)
    response = confirm(client, DENY, requests, reason="no")
    assert messages_of(response) == ["1 of 2 denied.", "ls a: Bob approved it already."]
    assert list_states() == ["approved", "denied"]


def test_none_chosen_too_many_and_other_s(client: Client, team: Team, engine: Engine) -> None:
    assert messages_of(post(client, DENY, [])) == ["Choose at least one request."]
    many = {"selected": [f"{number:015d}" for number in range(101)]}
    assert messages_of(client.post(reverse(APPROVE), many))[-1] == "At most 100 requests at once."
    foreign = make_request(make_engine(make_team()), "ls secret-of-others")
    assert post(client, APPROVE, [foreign]).status_code == 404
    page = read(post(client, DENY, [foreign]))
    assert "secret-of-others" not in page.html
    response = confirm(client, DENY, [foreign], reason="no")
    assert messages_of(response)[-1] == "One request: There is no such permission request."
    assert list_states() == ["pending"]


def test_who_may_not_decide_does_not(team: Team, engine: Engine) -> None:
    requests = [make_request(engine, "ls")]
    for user in (make_user(team, Role.VIEWER), make_owner()):
        client = enter(user)
        assert confirm(client, APPROVE, requests).status_code == 302
        lost = messages_of(confirm(client, DENY, requests, reason="no"))[-1]
        assert re.search("Only (approvers|members) of the (request's )?team decide", lost)
    owners_page = read(post(enter(make_owner()), DENY, requests))
    assert "for members of" in owners_page.text
    assert list_states() == ["pending"]
    assert not Vote.objects.exists()


def test_only_a_post_reaches_it(client: Client) -> None:
    for name in (APPROVE, DENY):
        assert client.get(reverse(name)).status_code == 405
        assert Client().post(reverse(name)).status_code == 302
