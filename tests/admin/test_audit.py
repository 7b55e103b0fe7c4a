"""The audit viewer: filters, the diff, checking the chain and taking it out, for owners alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.admin.audit_diff import DiffLine, build_diff, shorten
from accounts.enums import Role
from accounts.models import User
from events.actors import Actor, ActorKind, Door, Subject
from events.append_only import suspended
from events.audit import sign_head
from events.audit_checks import (
    ABANDONED_AFTER,
    find_due_check,
    finish_check,
    start_check,
    step_check,
)
from events.audit_offline import verify_export
from events.audit_reading import Selection, read_audit_page
from events.changes import changes
from events.errors import Conflict
from events.models import AuditCheck, AuditEntry, LogHead
from tests.admin.doors import Page, address, enter, open_page
from tests.factories import make_owner, make_service, make_team, make_user

pytestmark = pytest.mark.django_db

ALICE = Actor(ActorKind.USER, "alice0000000000", Door.ADMIN, "Alice")
CLOCK = Actor(ActorKind.SYSTEM, "clock", Door.TASK, "Clock")
LIST = "/admin/events/auditentry/"
CHECK, EXPORT = f"{LIST}check/", f"{LIST}export/"


@pytest.fixture(autouse=True)
def heads_file(settings: Settings, tmp_path: Path) -> Path:
    settings.COUNTERSIGN_AUDIT_HEADS_FILE = tmp_path / "heads.jsonl"
    return tmp_path / "heads.jsonl"


@pytest.fixture
def owner() -> User:
    return make_owner(name="Olga")


@pytest.fixture
def client(owner: User) -> Client:
    return enter(owner)


def act(actor: Actor, verb: str, subject: str = "thing1", kind: str = "thing", **values: Any) -> AuditEntry:
    with changes(actor) as change:
        change.audit(verb, Subject(kind, subject), **values)
    return AuditEntry.objects.order_by("-n")[0]


def numbers(page: Page) -> list[int]:
    """The entries that a list page shows, in their order."""
    links = [link["href"] for link in page.find("a") if re.search(r"/auditentry/\d+/change/$", link["href"])]
    return [int(link.split("/")[-3]) for link in links]


# The list -------------------------------------------------------------------------------------------


def test_the_list_says_who_did_what_newest_first(client: Client) -> None:
    act(ALICE, "thing.change", before={"state": "new"}, after={"state": "old"})
    page = open_page(client, LIST)
    last = LogHead.objects.get().audit_n
    assert numbers(page) == list(range(last, 0, -1))
    for text in ("Alice (admin)", "thing.change", "thing1", "state: new → old"):
        assert text in page.text


def test_filters_select(client: Client) -> None:
    first = act(ALICE, "thing.change")
    second = act(CLOCK, "thing.prune", "thing2")
    third = act(ALICE, "other.change", "thing2", "other")
    expected = {
        "?actor=alice0000000000": [third.n, first.n],
        "?actor_kind=system": [second.n],
        "?group=thing": [second.n, first.n],
        "?verb=thing.prune": [second.n],
        "?subject=thing2": [third.n, second.n],
        "?subject_kind=other": [third.n],
        "?door=task": [second.n],
        "?group=thing&within=1h": [second.n, first.n],
        "?group=thing&to=2000-01-01": [],
        "?group=thing&from=2000-01-01": [second.n, first.n],
        "?q=thing2": [third.n, second.n],
        "?q=alice0000000000": [third.n, first.n],
        "?q=thing.change": [first.n],
        "?q=nothing": [],
        "?door=nonsense": [],
        "?subject=%00": [],
        "?actor=" + "a" * 1000: [],
    }
    assert {query: numbers(open_page(client, f"{LIST}{query}")) for query in expected} == expected


def test_chips_change_one_filter_and_keep_the_others(client: Client) -> None:
    act(ALICE, "thing.change")
    page = open_page(client, f"{LIST}?group=thing&door=admin&below=100000")
    current = {link["href"] for link in page.find("a", class_="chip", aria_current="true")}
    assert (
        current
        == {
            "?door=admin",
            "?group=thing",
            "?door=admin&group=thing",
        }
        or "?door=admin&group=thing" in current
    )
    links = {link["href"] for link in page.find("a", class_="chip")}
    assert {"?group=thing", "?door=api&group=thing", "?door=admin&group=thing&within=24h"} <= links


def test_a_number_leads_to_its_entry(client: Client) -> None:
    entry = act(ALICE, "thing.change")
    response = client.get(LIST, {"q": str(entry.n)})
    assert (response.status_code, response.headers["Location"]) == (302, f"{LIST}{entry.n}/change/")
    assert numbers(open_page(client, f"{LIST}?q=99999")) == []


def test_pages_follow_each_other(client: Client) -> None:
    for _ in range(60):
        act(ALICE, "thing.change")
    last = LogHead.objects.get().audit_n
    page = open_page(client, f"{LIST}?group=thing")
    assert numbers(page) == list(range(last, last - 50, -1))
    [older] = [link["href"] for link in page.find("a", rel="next")]
    second = open_page(client, f"{LIST}{older}")
    assert numbers(second) == list(range(last - 50, last - 60, -1))
    assert second.find("a", rel="next") == []


def test_a_page_says_how_far_it_has_looked(client: Client) -> None:
    for number in range(10):
        act(ALICE if number else CLOCK, "thing.change")
    last = LogHead.objects.get().audit_n
    page = read_audit_page(Selection(door="task"), below=None, limit=5, window=4)
    assert (page.entries, page.looked_through, page.next_below) == ([], last - 3, last - 3)
    found: list[int] = []
    below: int | None = None
    while True:
        page = read_audit_page(Selection(door="task"), below=below, limit=5, window=4)
        found += [entry.n for entry in page.entries]
        below = page.next_below
        if below is None:
            break
    assert found == [last - 9]


def test_queries_do_not_grow_with_the_entries(client: Client) -> None:
    def count(query: str) -> int:
        client.get(f"{LIST}{query}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{LIST}{query}").status_code == 200
        return len(queries)

    act(ALICE, "thing.change")
    queries = ["", "?group=thing&door=admin", "?within=24h", "?q=thing1"]
    few = {query: count(query) for query in queries}
    for _ in range(30):
        act(ALICE, "thing.change", before={"a": 1}, after={"a": 2})
    assert {query: count(query) for query in queries} == few
    assert max(few.values()) <= 12


@pytest.mark.parametrize(
    "query",
    ["?below=x", "?below=-1", "?below=0", "?below=" + "9" * 30, "?from=x&to=9999-12-31", "?e=1", "?o=-1"],
)
def test_nonsense_in_the_address_is_no_error(client: Client, query: str) -> None:
    assert client.get(f"{LIST}{query}").status_code == 200


# One entry ------------------------------------------------------------------------------------------


def test_before_and_after_stand_key_by_key(client: Client) -> None:
    entry = act(
        ALICE,
        "thing.change",
        before={"state": "new", "gone": "x", "same": 1},
        after={"state": "old", "came": [1], "same": 1},
    )
    page = open_page(client, f"{LIST}{entry.n}/change/")
    for text in ("came – [1] added", "gone x – removed", "state new old changed", "same 1 1 same"):
        assert text in page.text
    assert "The entry has its hash" in page.text
    assert entry.hash in page.text


def test_the_diff_tells_types_apart() -> None:
    assert build_diff({"a": 1, "b": "x"}, {"a": True, "b": "x"}) == [
        DiffLine("a", "1", "true", "changed"),
        DiffLine("b", "x", "x", "same"),
    ]
    assert build_diff({}, {}) == []
    assert build_diff([1], {"a": 1}) == [DiffLine("", "[1]", "", "removed"), DiffLine("a", "", "1", "added")]
    assert shorten({"a": 1}, {"a": "x" * 100, "b": 2, "c": 3}) == f"a: 1 → {'x' * 40}…; b: 2; 1 more"


def test_characters_that_fool_a_reader_are_marked(client: Client) -> None:
    entry = act(ALICE, "thing.change", after={"name": "a\u202eb", "<script>": "<b>"})
    for url in (LIST, f"{LIST}{entry.n}/change/"):
        page = open_page(client, url)
        assert ("⟨U+202E⟩" in page.text, "\u202e" in page.text, page.find("b")) == (True, False, [])


def test_an_entry_that_does_not_hold_says_so(client: Client) -> None:
    entry = act(ALICE, "thing.change")
    with suspended():
        AuditEntry.objects.filter(n=entry.n).update(verb="thing.keep")
    page = open_page(client, f"{LIST}{entry.n}/change/")
    assert "This entry does not hold: edited: the columns do not say what the text says" in page.text


def test_an_entry_leads_to_its_subject_and_its_neighbours(client: Client, owner: User) -> None:
    team = make_team()
    entry = AuditEntry.objects.get(verb="team.create", subject_id=team.pk)
    links = {link["href"] for link in open_page(client, f"{LIST}{entry.n}/change/").find("a")}
    assert address("accounts_team", "change", team.pk) in links
    assert f"{LIST}{entry.n - 1}/change/" in links
    unknown = act(ALICE, "thing.change", "thing1", "user")
    links = {link["href"] for link in open_page(client, f"{LIST}{unknown.n}/change/").find("a")}
    assert address("accounts_user", "change", "thing1") not in links


# Rights -----------------------------------------------------------------------------------------------


def test_owners_alone_read_check_and_export(owner: User) -> None:
    team = make_team()
    entry = act(ALICE, "thing.change")
    for user in (make_user(team, Role.ADMIN), make_user(team, Role.VIEWER)):
        visitor = enter(user)
        assert visitor.get(LIST).status_code == 403
        assert visitor.get(f"{LIST}{entry.n}/change/").status_code == 404
        assert visitor.get(CHECK).status_code == 403
        assert visitor.post(CHECK).status_code == 403
        assert visitor.post(EXPORT, {"format": "csv"}).status_code == 403
    for visitor in (Client(), enter(make_service(owner, team))):
        for url in (LIST, CHECK, EXPORT):
            assert visitor.post(url).status_code == 302
    assert not AuditCheck.objects.exists()
    assert not AuditEntry.objects.filter(verb__startswith="audit.").exists()
    assert AuditEntry.objects.filter(verb="refused").count() == 8


def test_forms_need_their_token(owner: User) -> None:
    client = enter(owner, enforce_csrf_checks=True)
    assert [client.post(url).status_code for url in (CHECK, EXPORT)] == [403, 403]
    assert not AuditCheck.objects.exists()


def test_taking_it_out_is_a_press(client: Client) -> None:
    response = client.get(EXPORT)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert not AuditEntry.objects.filter(verb="audit.export").exists()
    assert client.post(EXPORT, {"format": "exe"}).status_code == 404


# Checking ---------------------------------------------------------------------------------------------


def test_a_check_says_what_it_saw_and_what_it_can_not_tell(client: Client, owner: User) -> None:
    act(ALICE, "thing.change")
    sign_head()
    response = client.post(CHECK)
    assert (response.status_code, response.headers["Location"]) == (302, CHECK)
    check = AuditCheck.objects.get()
    last = LogHead.objects.get().audit_n
    assert (check.state, check.checked_n, check.finding_count) == ("done", last, 0)
    assert (check.table_heads, check.file_heads, check.newest_head_n) == (1, 1, last - 1)
    page = open_page(client, CHECK)
    for text in (
        "The chain holds , as far as can be seen from here.",
        f"1 to {last}",
        "Olga",
        "In the database 1",
        "In the heads file 1",
        f"What was cut off after the newest signed head (entry {last - 1})",
        "manage.py verify_audit --heads COPY",
    ):
        assert text in page.text
    entry = AuditEntry.objects.get(verb="audit.check")
    assert (entry.actor_id, entry.door) == (owner.pk, "admin")
    assert f"entries 1 to {last} hold" in open_page(client, LIST).text


def test_a_check_names_what_is_wrong(client: Client) -> None:
    first, second = act(ALICE, "thing.change"), act(ALICE, "thing.change")
    sign_head()
    with suspended():
        AuditEntry.objects.filter(n=first.n).update(verb="thing.keep")
        AuditEntry.objects.filter(n=second.n).delete()
    client.post(CHECK)
    page = open_page(client, CHECK)
    assert "The chain does not hold" in page.text
    assert f"Entry {first.n} : edited: the columns do not say what the text says" in page.text
    assert f"Entry {second.n} : missing: the next entry is" in page.text
    assert "found" in open_page(client, LIST).text


def test_a_heads_file_that_is_not_there_is_said(client: Client) -> None:
    client.post(CHECK)
    page = open_page(client, CHECK)
    assert "In the heads file not read: there is none here, or it can't be read" in page.text
    assert "The newest names none was signed yet" in page.text


def test_a_cut_tail_is_seen_by_the_heads_file(client: Client) -> None:
    act(ALICE, "thing.change")
    entry = act(ALICE, "thing.change")
    sign_head()
    from events.models import SignedHead

    with suspended():
        AuditEntry.objects.filter(n=entry.n).delete()
        SignedHead.objects.all().delete()
        LogHead.objects.update(audit_n=entry.n - 1, audit_hash=AuditEntry.objects.get(n=entry.n - 1).hash)
    check = start_check(ALICE)
    finish_check(check)
    assert check.findings == [[entry.n, "rewritten: a signed head names another hash"]]


def test_a_long_check_goes_on_in_steps_and_shows_how_far(client: Client) -> None:
    for _ in range(9):
        act(ALICE, "thing.change")
    check = start_check(ALICE)
    step_check(check, rows=3)
    assert (check.is_running, check.checked_n) == (True, 3)
    page = open_page(client, CHECK)
    assert f"Under way : 3 of {check.through_n} entries." in page.text
    assert [script["src"] for script in page.find("script") if "look_again" in script.get("src", "")] != []
    with pytest.raises(Conflict, match="under way"):
        start_check(ALICE)
    assert client.post(CHECK).status_code == 302
    act(ALICE, "thing.change")
    # Its process has ended: another one goes on where it stood.
    AuditCheck.objects.update(stepped_at=timezone.now() - ABANDONED_AFTER - timedelta(seconds=1))
    again = find_due_check(timezone.now())
    assert again is not None
    assert again.checked_n == 3
    finish_check(again)
    assert (again.checked_n, again.finding_count) == (LogHead.objects.get().audit_n, 0)
    assert find_due_check(timezone.now()) is None


def test_of_two_processes_at_the_same_step_one_counts() -> None:
    for _ in range(6):
        act(ALICE, "thing.change")
    start_check(ALICE)
    first, second = AuditCheck.objects.get(), AuditCheck.objects.get()
    with suspended():
        AuditEntry.objects.filter(n=2).update(verb="x.y")
    assert (step_check(first, rows=3), step_check(second, rows=3)) == (True, False)
    assert (second.checked_n, second.finding_count, AuditCheck.objects.get().finding_count) == (3, 1, 1)


def test_steps_find_what_one_run_finds() -> None:
    for _ in range(8):
        act(ALICE, "thing.change")
    with suspended():
        AuditEntry.objects.filter(n=4).delete()
        AuditEntry.objects.filter(n=7).update(after={"x": 1})
    from events.audit import verify_chain

    expected = [[finding.n, finding.problem] for finding in verify_chain()]
    check = start_check(ALICE)
    while check.is_running:
        step_check(check, rows=2)
    assert check.findings == expected


# Taking it out ----------------------------------------------------------------------------------------


def read_stream(response: Any) -> bytes:
    stream: AsyncIterator[bytes] = response.streaming_content

    async def collect() -> bytes:
        return b"".join([part async for part in stream])

    return async_to_sync(collect)()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("export_format", ["jsonl", "csv"])
def test_an_export_verifies_offline(tmp_path: Path, export_format: str) -> None:
    owner = make_owner()
    act(ALICE, "thing.change")
    response = enter(owner).post(EXPORT, {"format": export_format})
    last = LogHead.objects.get()
    assert (response.status_code, response.headers["Content-Disposition"]) == (
        200,
        f'attachment; filename="countersign-audit-chain-{last.audit_n}.{export_format}"',
    )
    path = tmp_path / "export"
    path.write_bytes(read_stream(response))
    report = verify_export(path)
    assert (report.entries, report.findings, report.is_whole) == (last.audit_n, [], True)
    entry = AuditEntry.objects.get(n=last.audit_n)
    assert (entry.verb, entry.actor_id, entry.after) == (
        "audit.export",
        owner.pk,
        {"format": export_format, "selection": {}},
    )


@pytest.mark.django_db(transaction=True)
def test_a_filtered_export_holds_what_the_page_showed(tmp_path: Path) -> None:
    owner = make_owner()
    act(ALICE, "thing.change")
    act(CLOCK, "thing.prune")
    response = enter(owner).post(EXPORT, {"format": "csv", "group": "thing", "door": "task", "q": ""})
    path = tmp_path / "export"
    path.write_bytes(read_stream(response))
    report = verify_export(path)
    assert (report.entries, report.findings, report.is_whole) == (1, [], False)
    assert AuditEntry.objects.get(verb="audit.export").after["selection"] == {
        "group": "thing",
        "door": "task",
    }
