"""Failed logins are counted by account and address, and nobody learns from it which accounts exist."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
import time_machine
from django.contrib.auth.signals import user_login_failed
from django.core.handlers.asgi import ASGIRequest
from django.core.management import CommandError, call_command
from django.http.request import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.addresses import read_address, read_network
from accounts.domain.login_throttles import (
    TooManyAttempts,
    begin_attempt,
    clear_lock_as,
    drop_spent_counters,
    list_locks,
    take_back,
)
from accounts.domain.users import set_password
from accounts.enums import Role
from accounts.models import LoginSession, LoginThrottle, User
from events.errors import Refused
from events.models import AuditEntry
from portal.proxies import apply_forwarded_headers
from tests.factories import ACTOR, PASSWORD, make_owner, make_principal, make_team, make_user
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

HOME, AWAY = "192.0.2.7", "198.51.100.9"


@pytest.fixture
def bob() -> User:
    user = make_user(make_team(), username="bob")
    set_password(actor=ACTOR, user=user, password=PASSWORD)
    return user


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def log_in(address: str = HOME, username: str = "bob", password: str = PASSWORD) -> Any:
    client = Client(REMOTE_ADDR=address)
    return client.post(reverse("admin:login"), {"username": username, "password": password})


def statuses(count: int, **attempt: str) -> list[int]:
    return [log_in(**attempt).status_code for _ in range(count)]


def test_after_five_failures_even_the_right_password_waits(bob: User, clock: Any) -> None:
    assert statuses(5, password="wrong") == [200] * 5
    refused = log_in()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    assert "Too many failed attempts. Try again in 15 minutes." in refused.content.decode()
    clock.shift(timedelta(minutes=14, seconds=30))
    assert "Try again in a minute." in log_in().content.decode()
    clock.shift(timedelta(seconds=31))
    assert log_in().status_code == 302


def test_trying_during_a_lock_does_not_lengthen_it(bob: User, clock: Any) -> None:
    statuses(5, password="wrong")
    for _ in range(20):
        clock.shift(timedelta(seconds=45))
        log_in(password="wrong")
    assert [log_in().status_code, LoginThrottle.objects.exclude(locked_until=None).count()] == [302, 0]


def test_the_right_password_starts_the_count_afresh(bob: User) -> None:
    for _ in range(4):
        assert [*statuses(4, password="wrong"), log_in().status_code] == [200, 200, 200, 200, 302]


def test_failures_are_forgotten_after_a_while(bob: User, clock: Any) -> None:
    statuses(4, password="wrong")
    clock.shift(timedelta(minutes=15, seconds=1))
    assert statuses(4, password="wrong") == [200] * 4


def test_a_lock_holds_up_nobody_at_another_address(bob: User) -> None:
    statuses(6, password="wrong", address=AWAY)
    assert [log_in(AWAY).status_code, log_in(HOME).status_code] == [429, 302]


def test_accounts_that_exist_and_others_answer_alike(bob: User) -> None:
    def answer(username: str) -> list[tuple[int, str]]:
        pages = [log_in(username=username, password="wrong") for _ in range(7)]
        return [(page.status_code, mask_changing(page.content.decode(), username)) for page in pages]

    assert answer("bob") == answer("eve")


def mask_changing(html: str, username: str) -> str:
    """A page without its form token, its time, and the name that was typed."""
    html = re.sub(r'(csrfmiddlewaretoken" value|server-time" content)="[^"]*"', "", html)
    return html.replace(username, "NAME")


def test_one_address_can_not_try_one_password_on_every_account(bob: User) -> None:
    for number in range(30):
        assert log_in(AWAY, username=f"somebody{number}", password="wrong").status_code == 200
    assert [log_in(AWAY).status_code, log_in(HOME).status_code] == [429, 302]


def test_ones_own_account_does_not_hide_guesses_at_others(bob: User) -> None:
    for number in range(30):
        log_in(AWAY, username=f"somebody{number}", password="wrong")
        if number < 29:
            assert log_in(AWAY).status_code == 302
    assert log_in(AWAY).status_code == 429


def test_many_addresses_lock_an_account_for_new_addresses_alone(bob: User, settings: Settings) -> None:
    """Whoever has logged in from somewhere lately still gets in from there, however many try elsewhere."""
    settings.COUNTERSIGN_LOGIN_FAILURES_PER_ACCOUNT = 10
    assert log_in(HOME).status_code == 302
    for number in range(10):
        assert log_in(f"203.0.113.{number}", password="wrong").status_code == 200
    assert [log_in(AWAY).status_code, log_in(HOME).status_code] == [429, 302]
    # And there too only so many tries.
    assert [*statuses(5, password="wrong"), log_in().status_code] == [200] * 5 + [429]


def test_a_household_of_ipv6_addresses_counts_as_one(bob: User) -> None:
    assert [log_in(f"2001:db8:0:1::{n}", password="wrong").status_code for n in range(6)] == [200] * 5 + [429]
    assert log_in("2001:db8:0:2::1").status_code == 302


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1:aaaa::1", "2001:db8:0:1::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(address: str, network: str) -> None:
    assert read_network(address) == network


@pytest.mark.parametrize(
    ("remote", "address"), [("::ffff:192.0.2.7", "192.0.2.7"), ("nonsense", ""), (None, ""), ("::1", "::1")]
)
def test_the_address_of_a_request(remote: str | None, address: str) -> None:
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = remote
    assert read_address(request) == address


def test_behind_our_proxy_the_address_is_what_the_proxy_saw() -> None:
    """What the client wrote into the header before does not count: it could be new each time."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "scheme": "http",
        "client": ["127.0.0.1", 4711],
        "headers": [(b"x-forwarded-for", b"1.2.3.4, 203.0.113.5")],
    }
    assert read_address(ASGIRequest(scope, BytesIO())) == "127.0.0.1"
    assert read_address(ASGIRequest(apply_forwarded_headers(scope), BytesIO())) == "203.0.113.5"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_no_more_tries_than_one_after_the_other() -> None:
    def attempt() -> str:
        try:
            begin_attempt(username="bob", address=HOME)
        except TooManyAttempts:
            return "refused"
        return "looked at"

    assert Counter(run_together([attempt] * 12)) == {"looked at": 5, "refused": 7}


@pytest.mark.django_db(transaction=True)
def test_right_ones_at_once_all_get_in() -> None:
    def attempt() -> str:
        attempt = begin_attempt(username="bob", address=HOME)
        take_back(attempt)
        return "in"

    assert Counter(run_together([attempt] * 4)) == {"in": 4}
    assert set(LoginThrottle.objects.values_list("failures", "locked_until")) == {(0, None)}


def test_what_was_typed_for_a_name_is_stored_nowhere() -> None:
    """People type passwords there."""
    log_in(username="hunter2 hunter2", password="wrong")
    assert LoginThrottle.objects.count() == 3
    assert "hunter2" not in f"{list(LoginThrottle.objects.values())} {list(AuditEntry.objects.values())}"


def test_anonymous_failures_are_counted_and_no_entries_of_the_audit(bob: User) -> None:
    entries, sent = AuditEntry.objects.count(), []

    def note(**facts: Any) -> None:
        sent.append(facts["credentials"]["username"])

    user_login_failed.connect(note)
    try:
        statuses(7, password="wrong")
    finally:
        user_login_failed.disconnect(note)
    assert (AuditEntry.objects.count(), sent) == (entries, ["bob"] * 7)


def test_changing_the_password_counts_its_old_one(bob: User) -> None:
    client = Client(REMOTE_ADDR=HOME)
    client.force_login(bob)
    data = {
        "old_password": "wrong",
        "new_password1": "an even longer one",
        "new_password2": "an even longer one",
    }
    url = reverse("admin:password_change")
    assert [client.post(url, data).status_code for _ in range(6)] == [200] * 5 + [429]
    assert client.post(url, {**data, "old_password": PASSWORD}).status_code == 429
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


# Clearing -----------------------------------------------------------------------------------------


def make_lock(bob: User) -> LoginThrottle:
    statuses(5, password="wrong")
    [lock] = list_locks(timezone.now())
    return lock


def test_an_owner_clears_a_lock(bob: User) -> None:
    owner = make_owner()
    lock = make_lock(bob)
    clear_lock_as(principal=make_principal(owner), throttle=lock)
    assert log_in().status_code == 302
    entry = AuditEntry.objects.filter(verb="login_lock.clear").get()
    facts = {"kind": "account_address", "address": HOME, "failures": 5}
    assert (entry.actor_id, entry.subject_kind, entry.subject_id, entry.before) == (
        owner.pk,
        "user",
        bob.pk,
        facts,
    )


def test_a_team_admin_clears_none(bob: User) -> None:
    lock = make_lock(bob)
    admin = make_user(bob.memberships.get().team, Role.ADMIN)
    with pytest.raises(Refused):
        clear_lock_as(principal=make_principal(admin), throttle=lock)
    assert log_in().status_code == 429


def clear(*arguments: str) -> str:
    output = StringIO()
    call_command("clear_login_locks", *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.parametrize("which", [("--username", "bob"), ("--address", HOME), ("--all",)])
def test_the_command_lists_and_clears(bob: User, which: tuple[str, ...]) -> None:
    lock = make_lock(bob)
    assert lock.locked_until is not None
    assert clear() == f"account_address bob {HOME} until {lock.locked_until.isoformat(timespec='seconds')}\n"
    assert log_in().status_code == 429
    assert clear(*which) == "Cleared: 1\n"
    assert log_in().status_code == 302
    entry = AuditEntry.objects.filter(verb="login_lock.clear").get()
    assert (entry.actor_kind, entry.actor_id) == ("command", "clear_login_locks")


@pytest.mark.parametrize("which", [("--username", "eve"), ("--address", AWAY)])
def test_the_command_clears_no_others(bob: User, which: tuple[str, ...]) -> None:
    make_lock(bob)
    with pytest.raises(CommandError, match="No such lock stands"):
        clear(*which)
    assert log_in().status_code == 429


def test_spent_counters_are_dropped(bob: User, clock: Any) -> None:
    make_lock(bob)
    assert drop_spent_counters(now=timezone.now()) == 0
    clock.shift(timedelta(minutes=15, seconds=1))
    assert drop_spent_counters(now=timezone.now()) == 3
    assert not LoginThrottle.objects.exists()


def test_a_login_from_a_network_is_remembered_for_thirty_days(bob: User) -> None:
    log_in(HOME)
    assert list(LoginSession.objects.values_list("user", "network")) == [(bob.pk, HOME)]
