"""Retiring a person: what becomes of their service accounts, their tokens and their links."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.domain.login_links import create_login_link, find_login_link
from accounts.domain.retirement import retire_user
from accounts.domain.tokens import find_token
from accounts.enums import Role
from accounts.models import Team, User
from events.errors import Invalid
from events.models import AuditEntry
from tests.admin.doors import address, enter, messages_of, open_page, read
from tests.factories import ACTOR, make_owner, make_principal, make_service, make_team, make_token, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def bob(team: Team) -> User:
    return make_user(team, username="bob", name="Bob")


@pytest.fixture
def robot(bob: User, team: Team) -> User:
    return make_service(bob, team)


def retire(user: User, **values: Any) -> None:
    retire_user(principal=make_principal(make_owner()), user=user, **values)


def test_service_accounts_are_retired_with_their_person(bob: User, robot: User) -> None:
    secrets = [make_token(user, "requests:read") for user in (bob, robot)]
    retire(bob)
    robot.refresh_from_db()
    assert (robot.is_active, robot.owner) == (False, bob)
    assert [find_token(secret) for secret in secrets] == [None, None]
    entries = AuditEntry.objects.filter(verb="user.retire").values_list("subject_id", flat=True)
    assert set(entries) == {bob.pk, robot.pk}


def test_or_handed_over_without_the_tokens_that_the_person_knows(bob: User, robot: User, team: Team) -> None:
    secret = make_token(robot, "requests:read")
    heir = make_user(team, Role.VIEWER)
    retire(bob, heir=heir)
    robot.refresh_from_db()
    assert (robot.is_active, robot.owner, find_token(secret)) == (True, heir, None)
    entry = AuditEntry.objects.get(verb="service_account.hand_over")
    assert (entry.subject_id, entry.before, entry.after) == (robot.pk, {"owner": bob.pk}, {"owner": heir.pk})


@pytest.mark.parametrize("heir", ["foreign", "service", "retired", "bob"])
def test_nobody_takes_over_who_is_not_an_active_person_of_all_its_teams(
    bob: User, robot: User, team: Team, heir: str
) -> None:
    secret = make_token(robot, "requests:read")
    retired = make_user(team)
    retire(retired)
    retired.refresh_from_db()
    heirs = {
        "foreign": make_user(make_team(), Role.ADMIN),
        "service": make_service(make_user(team), team),
        "retired": retired,
        "bob": bob,
    }
    with pytest.raises(Invalid):
        retire(bob, heir=heirs[heir])
    bob.refresh_from_db()
    robot.refresh_from_db()
    assert (bob.is_active, robot.owner) == (True, bob)
    assert find_token(secret) is not None


def test_a_link_made_before_is_gone_even_if_the_person_came_back(bob: User) -> None:
    made = create_login_link(actor=ACTOR, user=bob)
    retire(bob)
    User.objects.filter(pk=bob.pk).update(is_active=True)
    assert find_login_link(made.secret) is None


# The page -----------------------------------------------------------------------------------------


def press_retire(client: Client, user: User, **data: str) -> Any:
    return client.post(address("accounts_user", "retire", user.pk), data)


def test_the_page_asks_what_becomes_of_the_service_accounts(bob: User, robot: User) -> None:
    client = enter(make_owner())
    asked = press_retire(client, bob)
    page = read(asked)
    assert (asked.status_code, str(robot) in page.text) == (200, True)
    assert [choice["value"] for choice in page.find("input", type="radio")] == ["retire", "hand_over"]
    bob.refresh_from_db()
    assert bob.is_active
    assert press_retire(client, bob, services="retire").status_code == 302
    assert not User.objects.filter(username__in=["bob", robot.username], is_active=True).exists()


def test_handing_over_by_name(bob: User, robot: User, team: Team) -> None:
    heir = make_user(team, username="carol")
    assert press_retire(enter(make_owner()), bob, services="hand_over", heir="carol").status_code == 302
    robot.refresh_from_db()
    assert (robot.owner, robot.is_active) == (heir, True)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"services": "hand_over", "heir": ""}, "There is no active person of this name."),
        ({"services": "hand_over", "heir": "nobody"}, "There is no active person of this name."),
        ({"services": "hand_over", "heir": "stranger"}, "in all of its teams"),
        ({"services": "burn"}, "Select a valid choice"),
    ],
)
def test_a_wrong_choice_changes_nothing(bob: User, robot: User, data: dict[str, str], sentence: str) -> None:
    make_user(make_team(), username="stranger")
    response = press_retire(enter(make_owner()), bob, **data)
    assert sentence in messages_of(response)[0]
    bob.refresh_from_db()
    robot.refresh_from_db()
    assert (bob.is_active, robot.is_active, robot.owner) == (True, True, bob)


def test_without_service_accounts_nothing_is_asked(bob: User) -> None:
    assert press_retire(enter(make_owner()), bob).status_code == 302
    bob.refresh_from_db()
    assert not bob.is_active


def test_a_person_retires_and_renames_the_own_service_account(bob: User, robot: User, team: Team) -> None:
    client, other = enter(bob), enter(make_user(team, Role.ADMIN))
    rename = address("accounts_user", "rename", robot.pk)
    assert other.post(rename, {"name": "Mine"}).status_code == 403
    assert press_retire(other, robot).status_code == 403
    assert client.post(rename, {"name": "Nightly build"}).status_code == 302
    assert "Nightly build" in open_page(client, address("accounts_user", "change", robot.pk)).text
    assert press_retire(client, robot).status_code == 302
    robot.refresh_from_db()
    assert (robot.name, robot.is_active) == ("Nightly build", False)


@pytest.mark.parametrize("name", ["x" * 121, "a\nb", "Ali\u202ece"])
def test_a_name_that_could_fool_a_reader_is_refused(bob: User, name: str) -> None:
    enter(bob).post(address("accounts_user", "rename", bob.pk), {"name": name})
    bob.refresh_from_db()
    assert bob.name == "Bob"
