"""Coming in: the login page, the one-use link, the password; and the pages for what goes wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.domain.login_links import create_login_link
from accounts.domain.retirement import retire_user
from accounts.domain.users import set_password
from accounts.models import LoginLink, Team, User
from events.models import AuditEntry
from tests.admin.doors import enter, open_page, read
from tests.factories import ACTOR, PASSWORD, make_owner, make_principal, make_service, make_team, make_user

pytestmark = pytest.mark.django_db

INDEX = "/admin/"


@pytest.fixture
def team() -> Team:
    return make_team()


def make_link(user: User) -> str:
    """The path of a fresh login link."""
    return reverse("login-link", args=[create_login_link(actor=ACTOR, user=user).secret])


def set_new_password(client: Client, path: str, first: str = PASSWORD, second: str = PASSWORD) -> Any:
    return client.post(path, {"new_password1": first, "new_password2": second})


# The link -----------------------------------------------------------------------------------------


def test_opening_a_link_spends_nothing(team: Team) -> None:
    path = make_link(make_user(team, name="Bob"))
    client = Client()
    for _ in range(3):
        page = open_page(client, path)
        assert "Welcome, Bob" in page.text
    assert LoginLink.objects.get().used_at is None
    assert client.get(INDEX).status_code == 302


def test_a_password_set_through_it_logs_in(team: Team) -> None:
    bob = make_user(team)
    client = Client()
    response = set_new_password(client, make_link(bob))
    assert (response.status_code, response.url) == (302, INDEX)
    assert client.get(INDEX).status_code == 200
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)
    verbs = list(AuditEntry.objects.order_by("-n").values_list("verb", "actor_id", "door")[:2])
    assert verbs == [("login_link.spend", bob.pk, "admin"), ("user.set_password", bob.pk, "admin")]


def test_a_link_works_once(team: Team) -> None:
    bob = make_user(team)
    path = make_link(bob)
    set_new_password(Client(), path)
    thief = Client()
    for response in (thief.get(path), set_new_password(thief, path, "another long one", "another long one")):
        assert response.status_code == 410
        assert "This link no longer works" in response.content.decode()
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)
    assert thief.get(INDEX).status_code == 302


def test_a_link_ends_after_15_minutes(team: Team) -> None:
    path = make_link(make_user(team))
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1), tick=False):
        assert [Client().get(path).status_code, set_new_password(Client(), path).status_code] == [410, 410]


def test_a_newer_link_ends_the_older_one(team: Team) -> None:
    bob = make_user(team)
    older, newer = make_link(bob), make_link(bob)
    assert [Client().get(path).status_code for path in (older, newer)] == [410, 200]


def test_a_retired_persons_link_is_gone(team: Team) -> None:
    bob = make_user(team)
    path = make_link(bob)
    retire_user(principal=make_principal(make_owner()), user=bob)
    assert Client().get(path).status_code == 410


@pytest.mark.parametrize("secret", ["x", "x" * 5000, "%00", "../admin"])
def test_nonsense_is_gone_or_not_found(secret: str) -> None:
    assert Client().get(f"/login/{secret}/").status_code in {404, 410}


@pytest.mark.parametrize(
    ("first", "second"),
    [("short", "short"), ("123456789012", "123456789012"), (PASSWORD, "something else"), ("", "")],
)
def test_a_poor_password_is_refused_and_spends_nothing(team: Team, first: str, second: str) -> None:
    path = make_link(make_user(team))
    response = set_new_password(Client(), path, first, second)
    assert (response.status_code, "errorlist" in response.content.decode()) == (400, True)
    assert Client().get(path).status_code == 200


def test_the_link_needs_the_forms_token(team: Team) -> None:
    path = make_link(make_user(team))
    assert set_new_password(Client(enforce_csrf_checks=True), path).status_code == 403
    assert LoginLink.objects.get().used_at is None


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_405(team: Team, method: str) -> None:
    assert getattr(Client(), method)(make_link(make_user(team))).status_code == 405


def test_the_address_leaks_nowhere(team: Team) -> None:
    response = Client().get(make_link(make_user(team)))
    # Not "no-referrer": a browser would then post the form with the origin "null", which is refused.
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in response.headers["Cache-Control"]


# The login page -----------------------------------------------------------------------------------


def log_in(client: Client, username: str, password: str = PASSWORD, **data: str) -> Any:
    return client.post(reverse("admin:login"), {"username": username, "password": password, **data})


def test_logging_in_and_out(team: Team) -> None:
    bob = make_user(team, username="bob")
    set_password(actor=ACTOR, user=bob, password=PASSWORD)
    client = Client()
    assert log_in(client, "bob", next="/admin/engines/engine/").url == "/admin/engines/engine/"
    assert client.get(INDEX).status_code == 200
    page = read(client.post(reverse("admin:logout")))
    assert "You are logged out" in page.text
    assert client.get(INDEX).status_code == 302


def test_logging_out_by_a_link_does_nothing(team: Team) -> None:
    client = enter(make_user(team))
    assert client.get(reverse("admin:logout")).status_code == 405
    assert client.get(INDEX).status_code == 200


def test_a_foreign_address_is_no_place_to_go_next(team: Team) -> None:
    bob = make_user(team, username="bob")
    set_password(actor=ACTOR, user=bob, password=PASSWORD)
    assert log_in(Client(), "bob", next="https://evil.example/").url == INDEX


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_password_stays_outside(team: Team, password: str) -> None:
    bob = make_user(team, username="bob")
    set_password(actor=ACTOR, user=bob, password=PASSWORD)
    client = Client()
    response = log_in(client, "bob", password)
    assert response.status_code == 200
    assert "errornote" in response.content.decode() or "errorlist" in response.content.decode()
    assert client.get(INDEX).status_code == 302


def test_a_service_account_can_not_log_in(team: Team) -> None:
    service = make_service(make_user(team), team)
    User.objects.filter(pk=service.pk).update(password=make_password_hash())
    client = Client()
    log_in(client, service.username)
    assert client.get(INDEX).status_code == 302


def make_password_hash() -> str:
    person = make_user()
    set_password(actor=ACTOR, user=person, password=PASSWORD)
    return person.password


def test_a_person_without_a_team_is_told_so() -> None:
    bob = make_user(username="bob")
    client = Client()
    set_new_password(client, make_link(bob))
    page = read(client.get(INDEX, follow=True))
    assert "but belong to no team, so there is nothing here for you yet." in page.text


# The password -------------------------------------------------------------------------------------


def change_password(client: Client, old: str, new: str) -> Any:
    data = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post(reverse("admin:password_change"), data)


def test_changing_ones_password_is_audited_and_keeps_the_session(team: Team) -> None:
    bob = make_user(team)
    set_password(actor=ACTOR, user=bob, password=PASSWORD)
    client, elsewhere = enter(bob), enter(bob)
    assert change_password(client, PASSWORD, "an even longer one").status_code == 302
    bob.refresh_from_db()
    assert bob.check_password("an even longer one")
    assert [client.get(INDEX).status_code, elsewhere.get(INDEX).status_code] == [200, 302]
    entries = AuditEntry.objects.order_by("-n").values_list("verb", "actor_id", "door")[:2]
    assert list(entries) == [("session.end", bob.pk, "admin"), ("user.set_password", bob.pk, "admin")]


@pytest.mark.parametrize(("old", "new"), [("wrong", "an even longer one"), (PASSWORD, "short")])
def test_a_wrong_change_changes_nothing(team: Team, old: str, new: str) -> None:
    bob = make_user(team)
    set_password(actor=ACTOR, user=bob, password=PASSWORD)
    assert change_password(enter(bob), old, new).status_code == 200
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


# Pages for what goes wrong ------------------------------------------------------------------------


def test_a_page_that_is_not_there(team: Team) -> None:
    response = enter(make_user(team)).get("/admin/nothing/here/")
    assert (response.status_code, "There is nothing here" in response.content.decode()) == (404, True)


def test_a_form_without_its_token_says_what_to_do(team: Team) -> None:
    client = enter(make_user(team), enforce_csrf_checks=True)
    response = client.post(reverse("admin:logout"))
    assert (response.status_code, "reload the page" in response.content.decode()) == (403, True)
