"""The audit chain over the API: for owners alone, page by page, each entry verifiable by itself."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.enums import Role, Scope
from accounts.models import ApiToken, User
from events.actors import Actor, ActorKind, Door, Subject
from events.audit import sign_head
from events.changes import changes
from events.models import AuditEntry, LogHead
from tests.api.clients import ApiClient, call_as, outcome, problem, sign_in
from tests.factories import make_owner, make_service, make_team, make_user

pytestmark = pytest.mark.django_db

ALICE = Actor(ActorKind.USER, "alice0000000000", Door.ADMIN, "Alice")
CLOCK = Actor(ActorKind.SYSTEM, "clock", Door.TASK, "Clock")


@pytest.fixture
def owner() -> User:
    return make_owner()


@pytest.fixture
def client(owner: User) -> ApiClient:
    return call_as(owner, Scope.AUDIT_READ)


def act(actor: Actor, verb: str, subject: str = "thing1", kind: str = "thing") -> AuditEntry:
    with changes(actor) as change:
        change.audit(verb, Subject(kind, subject), before={"a": 1}, after={"a": 2})
    return AuditEntry.objects.order_by("-n")[0]


def list_numbers(client: ApiClient, query: str) -> list[int]:
    """Of all pages."""
    found: list[int] = []
    cursor = ""
    while True:
        answer = client.read(f"audit/?{query}{cursor}")
        assert answer.status_code == 200, answer.content
        page = answer.json()
        found += [entry["n"] for entry in page["results"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_an_entry_is_told_whole_and_can_be_checked(client: ApiClient) -> None:
    entry = act(ALICE, "thing.change")
    shown = client.read(f"audit/{entry.n}/").json()
    assert shown == {
        "n": entry.n,
        "at": entry.at.isoformat().replace("+00:00", "Z"),
        "actor": {"kind": "user", "id": "alice0000000000", "label": "Alice"},
        "door": "admin",
        "verb": "thing.change",
        "subject": {"kind": "thing", "id": "thing1"},
        "before": {"a": 1},
        "after": {"a": 2},
        "prev_hash": entry.prev_hash,
        "hash": hashlib.sha256(entry.text.encode()).hexdigest(),
        "text": entry.text,
    }
    assert client.read("audit/").json()["results"][0] == shown


def test_pages_hold_every_entry_once_newest_first(client: ApiClient) -> None:
    for number in range(7):
        act(ALICE, "thing.change", f"thing{number}")
    last = LogHead.objects.get().audit_n
    for size in (1, 3, 200):
        assert list_numbers(client, f"page_size={size}") == list(range(last, 0, -1))


def test_filters_select(client: ApiClient) -> None:
    first = act(ALICE, "thing.change")
    second = act(CLOCK, "thing.prune", "thing2")
    third = act(ALICE, "other.change", "thing2", "other")
    expected = {
        "actor=alice0000000000": [third.n, first.n],
        "actor_kind=system": [second.n],
        "group=thing": [second.n, first.n],
        "verb=thing.change": [first.n],
        "subject=thing2": [third.n, second.n],
        "subject_kind=other": [third.n],
        "door=task": [second.n],
        "door=task&group=other": [],
        "subject=thing2&actor=alice0000000000": [third.n],
        "group=thin": [],
    }
    assert {query: list_numbers(client, f"{query}&page_size=1") for query in expected} == expected


def test_times_select(client: ApiClient) -> None:
    entries = [act(ALICE, "thing.change") for _ in range(3)]
    middle = entries[1].at.isoformat().replace("+00:00", "Z")
    assert list_numbers(client, f"group=thing&since={middle}") == [entries[2].n, entries[1].n]
    assert list_numbers(client, f"group=thing&until={middle}") == [entries[0].n]
    assert list_numbers(client, "since=2999-01-01T00:00:00Z") == []
    assert list_numbers(client, "until=2000-01-01T00:00:00Z") == []


def test_the_head_and_its_signature(client: ApiClient, settings: Settings, tmp_path: Path) -> None:
    settings.COUNTERSIGN_AUDIT_HEADS_FILE = tmp_path / "heads"
    entry = act(ALICE, "thing.change")
    assert client.read("audit/head/").json() == {"n": entry.n, "hash": entry.hash, "signed": None}
    signed = sign_head()
    assert signed is not None
    assert client.read("audit/head/").json()["signed"] == {
        "n": entry.n,
        "hash": entry.hash,
        "at": signed.at.isoformat().replace("+00:00", "Z"),
        "key_id": signed.key_id,
        "signature": signed.signature,
    }


PATHS = ("audit/", "audit/1/", "audit/head/")


@pytest.mark.parametrize("path", PATHS)
def test_owners_alone_read_it(owner: User, path: str) -> None:
    team = make_team()
    act(ALICE, "thing.change")
    service = make_service(owner, team)
    forged = call_as(service, Scope.TEAMS_READ)
    ApiToken.objects.filter(user=service).update(scopes=list(Scope.values))
    former = make_owner()
    ended = call_as(former, Scope.AUDIT_READ)
    User.objects.filter(pk=former.pk).update(is_superuser=False)
    admin = make_user(team, Role.ADMIN)
    callers = {
        "owner with the scope": call_as(owner, Scope.AUDIT_READ),
        "owner in a session": sign_in(owner),
        "owner without the scope": call_as(owner, Scope.TEAMS_READ),
        "team admin": call_as(admin, *Scope.values),
        "team admin in a session": sign_in(admin),
        "owner's service account": forged,
        "former owner": ended,
        "nobody": ApiClient(),
    }
    codes = {name: describe(caller.read(path)) for name, caller in callers.items()}
    assert codes == {
        "owner with the scope": "200",
        "owner in a session": "200",
        "owner without the scope": "missing_scope",
        "team admin": "refused",
        "team admin in a session": "refused",
        "owner's service account": "refused",
        "former owner": "refused",
        "nobody": "not_authenticated",
    }


def describe(answer: Any) -> str:
    return "200" if answer.status_code == 200 else str(problem(answer)["code"])


def test_a_refused_look_is_audited() -> None:
    member = make_user(make_team())
    call_as(member, Scope.AUDIT_READ).read("audit/")
    entry = AuditEntry.objects.order_by("-n")[0]
    assert (entry.verb, entry.actor_id, entry.door) == ("refused", member.pk, "api")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("door=window", "door"),
        ("actor_kind=ghost", "actor_kind"),
        ("since=yesterday", "since"),
        ("since=2030-01-01T00:00:00", "since"),
        ("cursor=x", "cursor"),
        ("cursor=0", "cursor"),
        ("cursor=9999999999999999999", "cursor"),
        ("page_size=0", "page_size"),
        ("page_size=201", "page_size"),
        ("verb=" + "a" * 65, "verb"),
        ("verb=%00", "verb"),
        ("verb=", "verb"),
        ("verb=a&verb=b", "verb"),
        ("verbs=a", "verbs"),
    ],
)
def test_what_is_no_filter_is_refused(client: ApiClient, query: str, field: str) -> None:
    answer = client.read(f"audit/?{query}")
    assert (answer.status_code, problem(answer)["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize("n", ["0", "-1", "x", "999999999999999999", "9" * 19, "1.0"])
def test_an_entry_that_is_not_there_is_404(client: ApiClient, n: str) -> None:
    assert outcome(client.read(f"audit/{n}/")) == (404, "not_found")


def test_it_can_only_be_read(client: ApiClient) -> None:
    for path in PATHS:
        assert outcome(client.write(path, {})) == (405, "method_not_allowed")
        for method in ("PUT", "PATCH", "DELETE"):
            assert outcome(client.send(method, path)) == (405, "method_not_allowed")


def count_queries(client: ApiClient, path: str) -> int:
    client.read(path)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.read(path)
    return len(queries)


def test_queries_do_not_grow_with_the_entries(client: ApiClient) -> None:
    since = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    paths = ["audit/", "audit/?door=admin&group=thing", f"audit/?since={since}", "audit/?subject=thing1"]
    act(ALICE, "thing.change")
    few = {path: count_queries(client, path) for path in paths}
    for _ in range(40):
        act(ALICE, "thing.change")
    assert {path: count_queries(client, path) for path in paths} == few
    assert max(few.values()) <= 4
