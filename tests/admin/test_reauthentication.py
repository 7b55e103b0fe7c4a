"""The password asked for again: before secrets are made, without losing what one was about to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.domain.login_links import create_login_link
from accounts.domain.users import set_password
from accounts.enums import Role
from accounts.models import ApiToken, Invitation, LoginLink, Team, User
from events.models import AuditEntry
from tests.admin.doors import Page, address, enter, open_page, read
from tests.factories import ACTOR, PASSWORD, make_owner, make_team, make_user

pytestmark = pytest.mark.django_db

ASK = reverse("admin:reauthenticate")
TOKEN_FORM = reverse("admin:accounts_apitoken_add")
FIELD = "_password_again"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def bob(team: Team) -> User:
    user = make_user(team, Role.ADMIN, username="bob")
    set_password(actor=ACTOR, user=user, password=PASSWORD)
    return user


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def client(bob: User, clock: Any) -> Client:
    """Of somebody whose login is 15 minutes old."""
    client = enter(bob)
    clock.shift(timedelta(minutes=15))
    return client


def carried(page: Page) -> dict[str, list[str]]:
    """The fields that a page carries along, hidden; the form's own token apart."""
    fields: dict[str, list[str]] = {}
    for field in page.find("input", type="hidden"):
        if field["name"] != "csrfmiddlewaretoken":
            fields.setdefault(field["name"], []).append(field["value"])
    return fields


def test_a_login_of_under_15_minutes_is_asked_nothing(bob: User, clock: Any) -> None:
    client = enter(bob)
    clock.shift(timedelta(minutes=14, seconds=59))
    assert client.get(TOKEN_FORM).status_code == 200


def test_a_login_through_a_link_counts(bob: User, clock: Any) -> None:
    client = Client()
    link = create_login_link(actor=ACTOR, user=bob)
    data = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    client.post(reverse("login-link", args=[link.secret]), data)
    assert client.get(TOKEN_FORM).status_code == 200


def test_an_older_one_is_asked_before_the_form_and_comes_back(client: Client) -> None:
    asked = client.get(f"{TOKEN_FORM}?for=x")
    assert urlsplit(asked.headers["Location"]).path == ASK
    assert parse_qs(urlsplit(asked.headers["Location"]).query) == {"next": [f"{TOKEN_FORM}?for=x"]}
    page = open_page(client, asked.headers["Location"])
    data = {name: values[0] for name, values in carried(page).items()}
    assert client.post(ASK, {**data, FIELD: "wrong"}).status_code == 403
    answer = client.post(ASK, {**data, FIELD: PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{TOKEN_FORM}?for=x")
    assert client.get(TOKEN_FORM).status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", ""]
)
def test_it_leads_to_no_other_site(client: Client, target: str) -> None:
    answer = client.post(f"{ASK}?next=/admin/", {"next": target, FIELD: PASSWORD})
    assert answer.headers["Location"] == reverse("admin:index")
    page = open_page(client, ASK, data={"next": target})
    assert carried(page) == {"next": [reverse("admin:index")]}


def test_a_form_that_was_sent_too_late_is_not_lost(bob: User, clock: Any) -> None:
    client = enter(bob)
    page = open_page(client, TOKEN_FORM)
    once = page.find("input", name="once")[0]["value"]
    data = {
        "once": once,
        "user": bob.pk,
        "name": 'CI "nightly"',
        "scopes": ["requests:create", "requests:read"],
        "lifetime_days": "30",
    }
    clock.shift(timedelta(minutes=15))
    asked = client.post(TOKEN_FORM, data)
    assert (asked.status_code, "no-store" in asked.headers["Cache-Control"]) == (403, True)
    kept = carried(read(asked))
    assert kept == {name: value if isinstance(value, list) else [value] for name, value in data.items()}
    assert read(asked).find("form", action=TOKEN_FORM)
    assert not ApiToken.objects.exists()
    # A wrong password keeps it too, and stands nowhere in the page.
    wrong = client.post(TOKEN_FORM, {**kept, FIELD: "not my password"})
    assert (wrong.status_code, carried(read(wrong))) == (403, kept)
    assert "not my password" not in wrong.content.decode()
    made = client.post(TOKEN_FORM, {**kept, FIELD: PASSWORD})
    assert (made.status_code, len(read(made).find("input", id="secret"))) == (200, 1)
    assert list(ApiToken.objects.values_list("name", "scopes")) == [(data["name"], data["scopes"])]
    assert PASSWORD not in made.content.decode()


def test_the_page_can_not_be_sent_by_another_site(bob: User, clock: Any) -> None:
    client = enter(bob, enforce_csrf_checks=True)
    clock.shift(timedelta(minutes=15))
    assert client.post(ASK, {FIELD: PASSWORD}).status_code == 403
    assert client.get(TOKEN_FORM).status_code == 302


def test_guessing_is_counted_like_a_login(client: Client, bob: User) -> None:
    assert [client.post(ASK, {FIELD: "wrong"}).status_code for _ in range(5)] == [403] * 5
    refused = client.post(ASK, {FIELD: PASSWORD})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    assert "Too many failed attempts. Try again in 15 minutes." in refused.content.decode()
    # The same count as at the login page, and the other way round.
    login = Client().post(reverse("admin:login"), {"username": "bob", "password": PASSWORD})
    assert login.status_code == 429


def test_who_is_not_logged_in_is_sent_to_the_login_page(bob: User) -> None:
    for answer in (Client().get(ASK), Client().post(ASK, {FIELD: PASSWORD})):
        assert (answer.status_code, urlsplit(answer.headers["Location"]).path) == (302, "/admin/login/")


def press(client: Client, url: str) -> Any:
    """Press a stale button, and then answer the page that asks."""
    asked = client.post(url)
    assert asked.status_code == 403, url
    assert read(asked).find("form", action=url)
    return client.post(url, {FIELD: PASSWORD})


def test_links_and_invitations_ask_too(clock: Any, team: Team, bob: User) -> None:
    owner = make_owner()
    set_password(actor=ACTOR, user=owner, password=PASSWORD)
    client = enter(owner)
    invite = address("accounts_invitation", "add")
    page = open_page(client, invite)
    data = {"once": page.find("input", name="once")[0]["value"], "username": "eve", "role": "viewer"}
    assert client.post(invite, data).status_code == 200
    invitation = Invitation.objects.get()
    pages = [
        open_page(client, address("accounts_user", "change", bob.pk)),
        open_page(client, address("accounts_invitation", "change", invitation.pk)),
    ]
    urls = [
        form["action"]
        for page in pages
        for form in page.find("form")
        if "reset-password" in form.get("action", "") or "new-link" in form.get("action", "")
    ]
    assert len(urls) == 2
    for url in urls:
        clock.shift(timedelta(minutes=15))
        count = LoginLink.objects.count()
        assert client.post(url).status_code == 403
        assert LoginLink.objects.count() == count
        assert read(press(client, url)).find("input", id="secret")
        assert LoginLink.objects.count() == count + 1
    clock.shift(timedelta(minutes=15))
    assert client.get(invite).status_code == 302


def test_exporting_the_audit_chain_asks_too(clock: Any) -> None:
    owner = make_owner()
    set_password(actor=ACTOR, user=owner, password=PASSWORD)
    client, export = enter(owner), f"{reverse('admin:events_auditentry_changelist')}export/"
    clock.shift(timedelta(minutes=15))
    asked = client.post(export, {"format": "jsonl"})
    assert (asked.status_code, carried(read(asked))) == (403, {"format": ["jsonl"]})
    assert not AuditEntry.objects.filter(verb="audit.export").exists()
    answer = client.post(export, {"format": "jsonl", FIELD: PASSWORD})
    assert (answer.status_code, "attachment" in answer.headers["Content-Disposition"]) == (200, True)


def test_who_may_not_do_it_is_not_asked_for_a_password(clock: Any, bob: User) -> None:
    stranger = enter(make_user(make_team(), Role.ADMIN))
    clock.shift(timedelta(minutes=15))
    assert stranger.post(address("accounts_user", "reset-password", bob.pk)).status_code == 404


def test_the_api_makes_no_token_for_an_old_login(client: Client) -> None:
    wish = {
        "name": "t",
        "scopes": ["requests:read"],
        "expires_at": (timezone.now() + timedelta(days=1)).isoformat(),
    }

    def post() -> Any:
        return client.post("/api/v1/tokens/", wish, content_type="application/json")

    refused = post()
    assert (refused.status_code, refused.json()["code"]) == (403, "login_not_recent")
    assert not ApiToken.objects.exists()
    client.post(ASK, {FIELD: PASSWORD})
    assert post().status_code == 201


def test_answering_is_no_entry_of_the_audit(client: Client) -> None:
    entries = AuditEntry.objects.count()
    client.post(ASK, {FIELD: "wrong"})
    client.post(ASK, {FIELD: PASSWORD})
    assert AuditEntry.objects.count() == entries
