"""Throttles: a caller gone wild is told to wait, others are not, and a waiting agent never is."""

from __future__ import annotations

import re
import threading
from collections import Counter
from typing import Any

import pytest
from django.core.cache import cache
from pytest_django import Settings

from accounts.api import rate_limits
from accounts.api.rate_limits import MAX_TRACKED, CacheCount, Rate, RateLimiter, read_network
from accounts.enums import Scope
from accounts.models import Team, User
from events.models import AuditEntry
from events.waiting import Waiting
from governance.models import PermissionRequest
from tests.api.clients import ApiClient, call_as, outcome, sign_in
from tests.factories import make_engine, make_request, make_team, make_token, make_user

pytestmark = pytest.mark.django_db

NOON = 1_800_000_000.0 - 1_800_000_000.0 % 60


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Fresh counts, at the beginning of a minute that does not end."""
    clock = Clock()
    for name in ("callers", "strangers"):
        limiter = RateLimiter(getattr(rate_limits, name).policy, clock=clock)
        monkeypatch.setattr(rate_limits, name, limiter)
    return clock


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team)


def test_a_caller_over_the_limit_is_told_when_to_come_back(
    user: User, clock: Clock, settings: Settings
) -> None:
    settings.COUNTERSIGN_API_CALLS_PER_MINUTE = 3
    client = call_as(user)
    clock.now += 12.5
    answers = [client.read("users/me/") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers["RateLimit"] for answer in answers] == [
        '"caller";r=2;t=48',
        '"caller";r=1;t=48',
        '"caller";r=0;t=48',
        '"caller";r=0;t=48',
        '"caller";r=0;t=48',
    ]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"caller";q=3;w=60'}
    assert (outcome(answers[3]), answers[3].headers["Retry-After"]) == ((429, "throttled"), "48")
    clock.now += 48
    assert client.read("users/me/").status_code == 200


def test_callers_are_counted_apart(user: User, clock: Clock, settings: Settings) -> None:
    settings.COUNTERSIGN_API_CALLS_PER_MINUTE = 1
    first, second, session = call_as(user), call_as(user), sign_in(user)
    clients = [first, second, session, call_as(make_user())]
    assert [client.read("users/me/").status_code for client in clients] == [200] * 4
    assert [client.read("users/me/").status_code for client in clients] == [429] * 4


def test_a_throttled_call_changes_nothing(team: Team, user: User, clock: Clock, settings: Settings) -> None:
    settings.COUNTERSIGN_API_CALLS_PER_MINUTE = 1
    client = call_as(user)
    assert client.write("permission-requests/", {"permission": "x"}).status_code == 201
    before = AuditEntry.objects.count()
    assert outcome(client.write("permission-requests/", {"permission": "x"})) == (429, "throttled")
    assert (PermissionRequest.objects.count(), AuditEntry.objects.count()) == (1, before)


def test_calls_without_the_scope_count_too(user: User, clock: Clock, settings: Settings) -> None:
    settings.COUNTERSIGN_API_CALLS_PER_MINUTE = 2
    client = call_as(user, Scope.TEAMS_READ)
    assert [client.read("engines/").status_code for _ in range(3)] == [403, 403, 429]


def test_whoever_has_no_credential_is_counted_by_address(
    user: User, clock: Clock, settings: Settings
) -> None:
    settings.COUNTERSIGN_API_ANONYMOUS_CALLS_PER_MINUTE = 2
    guesses = [ApiClient(f"csk_0000000{number}_guess") for number in range(4)]
    found = [outcome(client.read("users/me/", REMOTE_ADDR="192.0.2.1")) for client in guesses]
    assert found == [(401, "invalid_token")] * 2 + [(429, "throttled")] * 2
    nobody = ApiClient()
    assert outcome(nobody.read("users/me/", REMOTE_ADDR="192.0.2.1")) == (429, "throttled")
    assert outcome(nobody.read("nothing/", REMOTE_ADDR="192.0.2.1")) == (429, "throttled")
    assert outcome(nobody.read("users/me/", REMOTE_ADDR="192.0.2.2")) == (401, "not_authenticated")
    # Who stands behind the same address with a token of their own goes on.
    assert call_as(user).read("users/me/", REMOTE_ADDR="192.0.2.1").status_code == 200


def test_zero_counts_nothing(user: User, clock: Clock, settings: Settings) -> None:
    settings.COUNTERSIGN_API_CALLS_PER_MINUTE = 0
    settings.COUNTERSIGN_API_ANONYMOUS_CALLS_PER_MINUTE = 0
    client = call_as(user)
    answers = [client.read("users/me/") for _ in range(20)]
    assert {(answer.status_code, "RateLimit" in answer.headers) for answer in answers} == {(200, False)}
    assert {ApiClient().read("users/me/").status_code for _ in range(20)} == {401}


def test_a_wait_counts_once_however_often_it_is_run(
    team: Team, user: User, clock: Clock, settings: Settings
) -> None:
    settings.COUNTERSIGN_API_CALLS_PER_MINUTE = 2
    request = make_request(make_engine(team))
    client = call_as(user)
    path = f"permission-requests/{request.pk}/wait/?timeout=0"
    assert client.read(path).status_code == 200

    again = ApiClient(make_token(user, Scope.REQUESTS_READ))
    assert again.read(path).headers["RateLimit"] == '"caller";r=1;t=60'
    handler: Any = again.handler
    plain = handler.get_response

    def run_again(request: Any) -> Any:
        """As the one-hop handler does after a pause."""
        waiting = Waiting()
        waiting.note(None)
        waiting.attach(request)
        return plain(request)

    handler.get_response = run_again
    clock.now += 20
    answers = [again.read(path) for _ in range(10)]
    assert [answer.status_code for answer in answers] == [200] * 10
    # It says how things stand when it is answered.
    assert {answer.headers["RateLimit"] for answer in answers} == {'"caller";r=1;t=40'}
    clock.now += 60
    assert again.read(path).headers["RateLimit"] == '"caller";r=2;t=40'


def test_a_waiting_agent_never_meets_the_defaults(settings: Settings) -> None:
    """At its most eager: no pause between waits that each end at once, fifty times a second."""
    assert settings.COUNTERSIGN_API_CALLS_PER_MINUTE >= 50 * 60


# The count itself -----------------------------------------------------------------------------------


def test_minutes_begin_anew() -> None:
    clock = Clock()
    limiter = RateLimiter("caller", clock=clock)
    assert [limiter.count("a", 2).is_over for _ in range(3)] == [False, False, True]
    clock.now += 60
    assert limiter.count("a", 2) == Rate("caller", 2, 1, 60, is_over=False)


def test_threads_together_get_exactly_the_limit() -> None:
    limiter, found = RateLimiter("caller", clock=Clock()), Counter[bool]()
    barrier = threading.Barrier(8)

    def call() -> None:
        barrier.wait()
        mine = Counter(limiter.count("a", 1000).is_over for _ in range(500))
        with limiter.lock:
            found.update(mine)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {False: 1000, True: 3000}


def test_many_addresses_do_not_fill_the_memory() -> None:
    limiter = RateLimiter("address", clock=Clock())
    for number in range(MAX_TRACKED + 500):
        limiter.count(str(number), 5)
    assert len(limiter.tallies) == MAX_TRACKED + 1
    # Newcomers share one count; who was there before keeps their own.
    assert (limiter.count("new", 5).is_over, limiter.count("1", 5).is_over) == (True, False)


class Shared:
    """What Redis does for the processes."""

    def __init__(self) -> None:
        self.sums: Counter[str] = Counter()
        self.calls = 0
        self.is_down = False

    def add(self, key: str, calls: int) -> int:
        self.calls += 1
        if self.is_down:
            raise ConnectionError
        self.sums[key] += calls
        return self.sums[key]


def test_processes_share_a_count_and_ask_seldom() -> None:
    shared = Shared()
    processes = [RateLimiter("caller", shared=shared, clock=Clock()) for _ in range(4)]
    passed = [process.count("a", 1000).is_over for _ in range(600) for process in processes].count(False)
    assert passed == 1000
    # A portion is a fiftieth; each process learns once that there is no more.
    assert shared.calls == 50 + 4
    eager = RateLimiter("caller", shared=(fresh := Shared()), clock=Clock())
    for _ in range(900):
        eager.count("b", 1000)
    assert fresh.calls == 45


def test_without_redis_each_process_counts_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    shared, clock = Shared(), Clock()
    shared.is_down = True
    limiter = RateLimiter("caller", shared=shared, clock=clock)
    assert [limiter.count("a", 100).is_over for _ in range(101)] == [False] * 100 + [True]
    assert (shared.calls, [record.message for record in caplog.records]) == (
        1,
        ["calls can't be counted together: ConnectionError"],
    )
    shared.is_down = False
    clock.now += 60
    limiter.count("a", 100)
    assert shared.calls == 2


def test_the_cache_counts(settings: Settings) -> None:
    count = CacheCount()
    assert [count.add("calls:test", 20), count.add("calls:test", 5)] == [20, 25]


@pytest.fixture
def shared_cache(valkey_url: str, settings: Settings) -> None:
    """Django's cache on a real server, as REDIS_URL makes it."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": valkey_url,
            "KEY_PREFIX": "countersign",
        }
    }


@pytest.mark.redis
def test_processes_share_a_count_on_a_real_server(shared_cache: None) -> None:
    """Eight at once, each with a connection of its own: no call too many, and none too few."""
    processes = [RateLimiter("caller", shared=CacheCount(), clock=Clock()) for _ in range(8)]
    barrier = threading.Barrier(len(processes))
    passed: Counter[int] = Counter()

    def call(number: int) -> None:
        barrier.wait()
        passed[number] = [processes[number].count("a", 1000).is_over for _ in range(300)].count(False)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(len(processes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed.values()) == 1000
    # The count goes away by itself.
    minute = int(NOON) // 60
    key = cache.make_key(f"calls:caller:a:{minute}")
    client: Any = cache._cache.get_client()  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way to ask
    assert 60 < client.ttl(key) <= 120


@pytest.mark.redis
def test_a_server_that_went_away_stops_nobody(shared_cache: None, settings: Settings) -> None:
    limiter = RateLimiter("caller", shared=CacheCount(), clock=Clock())
    assert limiter.count("c", 100).is_over is False
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    assert [limiter.count("b", 100).is_over for _ in range(101)] == [False] * 100 + [True]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_addresses_of_one_customer_are_one(address: str, network: str) -> None:
    assert read_network(address) == network


def test_headers_are_well_formed() -> None:
    headers = dict(Rate("caller", 6000, 5999, 60, is_over=False).list_headers())
    assert re.fullmatch(r'"caller";q=6000;w=60', headers["RateLimit-Policy"])
    assert re.fullmatch(r'"caller";r=5999;t=60', headers["RateLimit"])
