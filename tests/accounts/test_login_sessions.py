"""Where people are logged in: listed without the session's key, ended at once."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.domain import login_sessions
from accounts.domain.login_links import create_login_link, reset_password
from accounts.domain.login_sessions import digest_key, drop_ended_sessions, end_session, end_sessions_as
from accounts.domain.retirement import retire_user
from accounts.domain.users import set_password
from accounts.enums import Role
from accounts.models import LoginSession, User
from events.errors import Conflict, Refused
from events.models import AuditEntry, Event
from live.enums import CredentialKind
from live.rights import Credential, read_rights
from tests.admin.doors import address, enter, open_page
from tests.factories import (
    ACTOR,
    PASSWORD,
    make_owner,
    make_principal,
    make_service,
    make_team,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
INDEX = reverse("admin:index")
LIST = reverse("admin:accounts_loginsession_changelist")


@pytest.fixture
def bob() -> User:
    user = make_user(make_team(), username="bob", name="Bob")
    set_password(actor=ACTOR, user=user, password=PASSWORD)
    return user


def log_in(user: User, *, browser: str = FIREFOX, at: str = "192.0.2.7") -> Client:
    """Through the login page, as a browser does."""
    client = Client(HTTP_USER_AGENT=browser, REMOTE_ADDR=at)
    data = {"username": user.username, "password": PASSWORD}
    assert client.post(reverse("admin:login"), data).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return bool(client.get(INDEX).status_code == 200)


def test_a_login_is_noted_without_its_key(bob: User) -> None:
    key = log_in(bob).session.session_key
    assert key is not None
    row = LoginSession.objects.get()
    assert (row.user, row.browser, row.address, row.ended_at) == (bob, "Firefox on Linux", "192.0.2.7", None)
    assert row.digest == digest_key(key)
    assert key not in f"{list(LoginSession.objects.values())}"


def test_logging_out_ends_it(bob: User) -> None:
    client = log_in(bob)
    client.post(reverse("admin:logout"))
    assert LoginSession.objects.get().ended_at is not None


def test_a_person_ends_one_of_their_logins(bob: User) -> None:
    here, there = log_in(bob), log_in(bob, at="198.51.100.9")
    login = LoginSession.objects.get(address="198.51.100.9")
    assert here.post(address("accounts_loginsession", "end", login.pk)).status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)
    assert Session.objects.count() == 1
    entry = AuditEntry.objects.order_by("-n")[0]
    assert (entry.verb, entry.subject_id, entry.before) == ("session.end", bob.pk, {"count": 1})


def test_ending_it_ends_its_websockets(bob: User) -> None:
    """Listeners' rights are read from the session's row, and are read again when this event comes."""
    key = log_in(bob).session.session_key
    assert key is not None
    credential = Credential(CredentialKind.SESSION, key, bob.pk)
    assert credential in read_rights([credential])
    end_session(principal=make_principal(bob), session=LoginSession.objects.get())
    assert read_rights([credential]) == {}
    event = Event.objects.order_by("-seq")[0]
    assert (event.kind, event.audience) == ("user.rights_changed", f"user:{bob.pk}")


def test_ending_this_very_login_leads_to_the_login_page(bob: User) -> None:
    client = log_in(bob)
    response = client.post(address("accounts_loginsession", "end", LoginSession.objects.get().pk))
    assert (response.status_code, response.headers["Location"]) == (302, reverse("admin:login"))
    assert not is_in(client)


def test_an_ended_login_can_not_be_ended_again(bob: User) -> None:
    log_in(bob)
    login = LoginSession.objects.get()
    end_session(principal=make_principal(bob), session=login)
    with pytest.raises(Conflict):
        end_session(principal=make_principal(bob), session=login)


def test_everywhere_else_is_everywhere_but_here(bob: User) -> None:
    here, *elsewhere = [log_in(bob) for _ in range(3)]
    other = enter(make_user(bob.memberships.get().team))
    here.post(reverse("admin:accounts_loginsession_end-others"))
    assert [is_in(client) for client in (here, *elsewhere, other)] == [True, False, False, True]


def test_only_owners_see_and_end_the_logins_of_others(bob: User) -> None:
    client = log_in(bob)
    login = LoginSession.objects.get()
    admin = make_user(bob.memberships.get().team, Role.ADMIN)
    url = address("accounts_loginsession", "end", login.pk)
    assert "192.0.2.7" not in enter(admin).get(f"{LIST}?whose=everybody").content.decode()
    assert enter(admin).post(url).status_code == 404
    with pytest.raises(Refused):
        end_session(principal=make_principal(admin), session=login)
    assert is_in(client)
    owner = enter(make_owner())
    assert "192.0.2.7" not in owner.get(LIST).content.decode()
    assert "192.0.2.7" in owner.get(f"{LIST}?whose=everybody").content.decode()
    assert "192.0.2.7" in owner.get(f"{LIST}?whose={bob.pk}").content.decode()
    owner.post(url)
    assert not is_in(client)


def test_a_token_ends_no_logins(bob: User) -> None:
    client = log_in(bob)
    make_token(bob, "teams:read")
    principal = make_principal(bob)
    object.__setattr__(principal, "token", bob.api_tokens.get())
    with pytest.raises(Refused):
        end_sessions_as(principal=principal, user=bob)
    assert is_in(client)


def test_the_list_says_which_one_is_here(bob: User) -> None:
    here = log_in(bob)
    log_in(bob, browser="curl/8", at="198.51.100.9")
    page = open_page(here, LIST)
    assert page.text.count(" here ") == 1
    assert ("Firefox on Linux" in page.text, "An unknown program" in page.text) == (True, True)


def test_a_changed_password_keeps_this_login_and_ends_the_others(bob: User) -> None:
    here, there = log_in(bob), log_in(bob)
    old_key = here.session.session_key
    new = "an even longer one"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post(reverse("admin:password_change"), data).status_code == 302
    assert here.session.session_key != old_key
    assert [is_in(here), is_in(there)] == [True, False]
    # The login goes on under its new key, and can still be ended.
    [row] = LoginSession.objects.filter(ended_at=None)
    assert row.digest == digest_key(str(here.session.session_key))
    end_session(principal=make_principal(bob), session=row)
    assert not is_in(here)


def test_a_reset_ends_every_login_at_once_and_again_with_the_link(bob: User) -> None:
    client = log_in(bob)
    made = reset_password(principal=make_principal(make_owner()), user=bob)
    assert not is_in(client)
    again = log_in(bob)
    data = {"new_password1": "an even longer one", "new_password2": "an even longer one"}
    by_link = Client()
    assert by_link.post(reverse("login-link", args=[made.secret]), data).status_code == 302
    assert [is_in(again), is_in(by_link)] == [False, True]
    assert LoginSession.objects.filter(ended_at=None).count() == 1


def test_a_login_through_a_link_is_noted_too(bob: User) -> None:
    made = create_login_link(actor=ACTOR, user=bob)
    client = Client()
    client.post(
        reverse("login-link", args=[made.secret]), {"new_password1": PASSWORD, "new_password2": PASSWORD}
    )
    assert LoginSession.objects.get().digest == digest_key(str(client.session.session_key))


def test_a_retired_person_is_logged_in_nowhere(bob: User) -> None:
    client = log_in(bob)
    retire_user(principal=make_principal(make_owner()), user=bob)
    assert not is_in(client)
    assert not LoginSession.objects.filter(ended_at=None).exists()
    assert not Session.objects.filter(pk=client.session.session_key).exists()


def test_being_seen_is_written_every_five_minutes_at_most(
    bob: User, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = log_in(bob)
    first = LoginSession.objects.get().last_seen_at
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        client.get(INDEX)
        assert LoginSession.objects.get().last_seen_at == first
    now_s = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now_s + 301)
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        client.get(INDEX)
        assert LoginSession.objects.get().last_seen_at > first


def test_a_session_from_before_is_noted_when_it_is_seen(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = log_in(bob)
    LoginSession.objects.all().delete()
    monkeypatch.setattr(login_sessions, "_stamped_at_s", {})
    client.get(INDEX)
    assert LoginSession.objects.get().user == bob


def test_old_notes_and_expired_sessions_are_dropped(bob: User) -> None:
    log_in(bob)
    now = timezone.now()
    assert (drop_ended_sessions(now=now + timedelta(hours=13)), Session.objects.count()) == (0, 0)
    assert drop_ended_sessions(now=now + timedelta(days=31)) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_logins(
    bob: User, count: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(count):
        enter(make_user(make_team()))
    client = enter(make_owner())
    with django_assert_max_num_queries(9):
        client.get(f"{LIST}?whose=everybody")


def test_services_have_no_logins(bob: User) -> None:
    service = make_service(bob, bob.memberships.get().team)
    page = open_page(enter(bob), address("accounts_user", "change", service.pk))
    assert not page.find("form", action=address("accounts_user", "end-logins", service.pk))
