"""The inbox's tabs, chips, search and groups, as the page shows them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from engines.models import Engine
from governance.admin import inbox_list
from governance.admin.inbox_keys import INBOX_KEYS
from governance.domain.decide import approve_request
from governance.models import PermissionRequest, RequestComment, RequestSnooze
from governance.tabs import Tab
from tests.admin.doors import INBOX, Page, enter, open_inbox
from tests.factories import (
    make_engine,
    make_owner,
    make_principal,
    make_request,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team, name="build-01")


@pytest.fixture
def alice(team: Team) -> User:
    return make_user(team, name="Alice")


@pytest.fixture
def client(alice: User) -> Client:
    return enter(alice)


def decide(request: PermissionRequest, user: User) -> None:
    approve_request(principal=make_principal(user), request_id=request.pk, fingerprint=request.fingerprint)


def list_tabs(page: Page) -> dict[str, str]:
    """{tab: its address}."""
    return {link["data-tab"]: link["href"] for link in page.find("a") if "data-tab" in link}


# Tabs ---------------------------------------------------------------------------------------------


def test_tabs_say_how_much_waits_and_keep_the_filters(client: Client, alice: User, engine: Engine) -> None:
    request, asleep = make_request(engine), make_request(engine)
    now = timezone.now()
    RequestSnooze.objects.create(user=alice, request=asleep, until=now + timedelta(hours=1))
    page = open_inbox(client, engine=engine.pk)
    assert list_tabs(page) == {
        "mine": f"?engine={engine.pk}",
        **{
            tab: f"?engine={engine.pk}&tab={tab}"
            for tab in ("pending", "waiting", "decided", "expired", "automatic")
        },
    }
    head = "Mine 1 requests Questions All pending 2 requests Waiting on others 0 requests"
    assert f"{head} Decided Expired Automatic" in page.text
    assert page.row_ids() == [request.pk]


def test_counts_stop_at_their_bound(client: Client, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_list, "COUNTED", 2)
    for _ in range(4):
        make_request(engine)
    page = open_inbox(client)
    assert "Mine 2+ requests" in page.text
    assert len(page.row_ids()) == 4


@pytest.mark.parametrize(
    ("tab", "sentence"),
    [
        ("mine", "Nothing waits for you."),
        ("pending", "Nothing waits for a decision."),
        ("waiting", "Nothing waits on others."),
        ("decided", "Nothing was decided yet."),
        ("expired", "Nothing has expired."),
        ("automatic", "No rule has decided anything."),
        ("all", "Nothing was asked yet."),
        ("nonsense", "Nothing waits for you."),
    ],
)
def test_each_empty_tab_says_what_that_means(client: Client, tab: str, sentence: str) -> None:
    assert sentence in open_inbox(client, tab=tab).text


def test_nothing_found_offers_the_way_out(client: Client, engine: Engine) -> None:
    make_request(engine)
    page = open_inbox(client, q="nowhere", tab="pending", group="session")
    assert "Nothing here matches." in page.text
    assert {"href": "?tab=pending&group=session", "class": "btn small"} in page.find("a")


# Chips --------------------------------------------------------------------------------------------


def test_each_chip_narrows_the_list(client: Client, engine: Engine) -> None:
    now = timezone.now()
    make_session(engine, "ses_p", agent="plan", directory="/srv/docs")
    old = make_request(engine, "ls", now=now - timedelta(minutes=30))
    plain = make_request(engine, "ls", directory="/srv/docs", session_id="ses_p")
    odd = make_request(engine, "cat a\u202eb")
    rm = make_request(engine, "rm -rf build")
    every = {old.pk, plain.pk, odd.pk, rm.pk}
    found = {
        f"{name}={value}": set(open_inbox(client, **{name: value}).row_ids())
        for name, value in [
            ("directory", "/srv/docs"),
            ("agent", plain.agent),
            ("risk", "high"),
            ("risk", "normal"),
            ("findings", "yes"),
            ("findings", "no"),
            ("age", "fresh"),
            ("age", "older"),
            ("age", "day"),
            ("agent", "nobody"),
            ("findings", "perhaps"),
            ("age", "stone"),
            ("risk", "\x00"),
        ]
    }
    assert found == {
        "directory=/srv/docs": {plain.pk},
        "agent=plan": {plain.pk},
        "risk=high": {odd.pk, rm.pk},
        "risk=normal": {old.pk, plain.pk},
        "findings=yes": {odd.pk},
        "findings=no": every - {odd.pk},
        "age=fresh": every - {old.pk},
        "age=older": set(),
        "age=day": every,
        "agent=nobody": set(),
        "findings=perhaps": set(),
        "age=stone": set(),
        "risk=\x00": set(),
    }


def test_a_chosen_chip_can_be_taken_out(client: Client, engine: Engine) -> None:
    make_request(engine)
    page = open_inbox(client, engine=engine.pk, risk="normal", tab="pending", q="ls")
    hrefs = [link["href"] for link in page.find("a", class_="chip chip-on")]
    assert hrefs == [
        "?q=ls&risk=normal&tab=pending",
        f"?engine={engine.pk}&q=ls&tab=pending",
        f"?engine={engine.pk}&risk=normal&tab=pending",
    ]
    assert "?tab=pending" in [link["href"] for link in page.find("a", class_="chip")]


def test_a_project_is_told_to_members_alone(engine: Engine) -> None:
    make_request(engine, directory="/srv/secret-project")
    page = open_inbox(enter(make_owner()), tab="pending")
    assert len(page.row_ids()) == 1
    assert "secret-project" not in page.html
    narrowed = open_inbox(enter(make_owner()), tab="pending", directory="/srv/secret-project")
    assert narrowed.row_ids() == []


# Search -------------------------------------------------------------------------------------------


def test_search_reads_titles_and_ids_of_the_whole_history(
    client: Client, alice: User, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_session(engine, "ses_title", title="Fix the checkout total")
    old = make_request(engine, "git push", session_id="ses_title", engine_request_id="per_old")
    new = make_request(engine, "git fetch", session_id="ses_x")
    for request in (old, new):
        decide(request, alice)
    search = {"tab": "decided"}
    assert open_inbox(client, q="checkout push", **search).row_ids() == [old.pk]
    monkeypatch.setattr(inbox_list, "LOOK_BACK", 1)
    found = {
        term: open_inbox(client, q=term, **search).row_ids()
        for term in ("checkout", "git", "per_old", "ses_title", old.pk)
    }
    assert found == {
        "checkout": [],
        "git": [new.pk],
        "per_old": [old.pk],
        "ses_title": [old.pk],
        old.pk: [old.pk],
    }


def test_a_search_that_stops_early_says_so_and_goes_on(
    client: Client, alice: User, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_list, "LOOK_BACK", 2)
    now = timezone.now()
    requests = [make_request(engine, "git log", now=now - timedelta(minutes=age)) for age in range(5)]
    for request in requests:
        decide(request, alice)
    pages, url = [], "?q=git&tab=decided"
    while url:
        page = Page(client.get(reverse(INBOX) + url).content.decode())
        pages.append(page.row_ids())
        further = [link["href"] for link in page.find("a", class_="further-back")]
        url = further[0] if further and len(pages) < 9 else ""
    ids = [request.pk for request in requests]
    assert pages == [ids[:2], ids[2:4], ids[4:]]


def test_a_search_tells_an_outsider_nothing_of_commands_and_titles(engine: Engine) -> None:
    make_session(engine, "ses_1", title="Quarterly numbers")
    request = make_request(engine, "deploy production", session_id="ses_1")
    owner = enter(make_owner())
    found = {
        term: open_inbox(owner, q=term, tab="pending").row_ids()
        for term in ("deploy", "Quarterly", request.pk, "ses_1")
    }
    assert found == {"deploy": [], "Quarterly": [], request.pk: [request.pk], "ses_1": [request.pk]}
    stranger = enter(make_user(make_team()))
    assert open_inbox(stranger, q=request.pk, tab="all").row_ids() == []


# Order and groups ---------------------------------------------------------------------------------


def test_what_ends_soonest_may_come_first(client: Client, engine: Engine) -> None:
    now = timezone.now()
    late, soon = make_request(engine, now=now - timedelta(minutes=9)), make_request(engine, now=now)
    PermissionRequest.objects.filter(pk=soon.pk).update(expires_at=now + timedelta(minutes=2))
    page = open_inbox(client, order="ending")
    assert page.row_ids() == [soon.pk, late.pk]
    assert "only" in page.text
    assert open_inbox(client).row_ids() == [soon.pk, late.pk]
    assert open_inbox(client, order="nonsense").row_ids() == [soon.pk, late.pk]


def test_one_session_stands_under_one_heading(client: Client, engine: Engine) -> None:
    make_session(engine, "ses_a", title="Fix the build")
    make_session(engine, "ses_b", title="Write the docs")
    now = timezone.now()
    ages = [("ses_a", 4), ("ses_b", 3), ("ses_a", 2), ("ses_b", 1), ("ses_a", 0)]
    rows = [
        make_request(engine, session_id=session, now=now - timedelta(minutes=age)) for session, age in ages
    ]
    page = open_inbox(client, group="session")
    lines = [line["data-id"] for line in page.find("tr") if "data-id" in line]
    assert lines == [
        f"group-{engine.pk}-ses_a",
        *(rows[index].pk for index in (4, 2, 0)),
        f"group-{engine.pk}-ses_b",
        *(rows[index].pk for index in (3, 1)),
    ]
    assert "Fix the build build-01 3 wait: denying one closes all 3" in page.text
    assert "Write the docs build-01 2 wait: denying one closes all 2" in page.text


# Rows ---------------------------------------------------------------------------------------------


def test_a_row_says_who_looks_at_it_who_spoke_and_what_was_put_off(
    client: Client, team: Team, alice: User, engine: Engine
) -> None:
    bob, now = make_user(team, name="Bob Brandt"), timezone.now()
    request = make_request(engine, "rm -rf build")
    PermissionRequest.objects.filter(pk=request.pk).update(claimed_by=bob, claimed_at=now)
    for text in ("why?", "because"):
        RequestComment.objects.create(request=request, author=bob, text=text)
    RequestSnooze.objects.create(user=alice, request=request, until=now + timedelta(minutes=61))
    text = open_inbox(client, tab="pending").text
    for words in ("Bob Brandt looks at it", "put off for 1 h", "2 comments", "high risk"):
        assert words in text, words
    assert "why?" not in text


def test_only_what_one_may_decide_can_be_ticked(client: Client, team: Team, engine: Engine) -> None:
    request = make_request(engine)
    page = open_inbox(client)
    assert [box["value"] for box in page.find("input", name="selected")] == [request.pk]
    viewer = enter(make_user(team, Role.VIEWER))
    assert open_inbox(viewer, tab="pending").find("input", name="selected") == []


def test_the_help_lists_every_key_once() -> None:
    presses = [key.press for group in INBOX_KEYS for key in group.keys]
    assert len(presses) == len(set(presses))
    firsts = {press.split(" ")[0] for press in presses if " " in press}
    assert firsts == {"g"}
    assert firsts.isdisjoint(presses)
    urls = {key.url for group in INBOX_KEYS for key in group.keys if key.act == "tab"}
    assert urls == {tab.value for tab in Tab if tab != Tab.ALL}


# Pages and cost -----------------------------------------------------------------------------------


def test_a_page_beyond_the_bound_is_still_reached(
    client: Client, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_list, "COUNTED", 60)
    monkeypatch.setattr("governance.admin.inbox.COUNTED", 60)
    for _ in range(125):
        make_request(engine)
    pages = [open_inbox(client, p=number) for number in ("1", "2", "3")]
    assert [len(page.row_ids()) for page in pages] == [50, 50, 25]
    assert [[link["href"] for link in page.find("a", rel="next")] for page in pages] == [
        ["?p=2"],
        ["?p=3"],
        [],
    ]
    assert "60+ requests" in pages[0].text
    assert len({pk for page in pages for pk in page.row_ids()}) == 125


def test_several_teams_are_merged_in_order(alice: User, engine: Engine) -> None:
    other_team = make_team()
    other_team.memberships.create(user=alice, role=Role.APPROVER)
    now = timezone.now()
    engines = [engine, make_engine(other_team)]
    requests = [make_request(engines[age % 2], now=now - timedelta(minutes=age)) for age in range(5)]
    for request in requests:
        decide(request, alice)
    foreign = make_request(make_engine(make_team()))
    client = enter(alice)
    ids = [request.pk for request in requests]
    assert open_inbox(client, tab="decided").row_ids() == ids
    assert open_inbox(client, tab="all").row_ids() == ids
    assert foreign.pk not in open_inbox(client, tab="all", q="ls").html


# What every page reads (session, user, memberships twice, waiting count), then engines, recent values, the
# list's count and rows, five related tables, replies, votes, snoozes and comments; where requests wait, also
# service accounts, siblings, similar decisions and the counts of three tabs; of all, the same two
# and its three parts.
QUERIES = {
    **dict.fromkeys(("mine", "pending", "waiting"), 25),
    **dict.fromkeys(("decided", "expired", "automatic"), 19),
    "all": 24,
}


def fill(engine: Engine, tab: str, alice: User, bob: User, count: int) -> None:
    """Rows for a tab; each in a session of its own, asked by a subagent, claimed, commented."""
    now = timezone.now()
    for number in range(count):
        child = make_session(engine, f"ses_{number}_child", make_session(engine, f"ses_{number}"))
        request = make_request(engine, session_id=child)
        RequestComment.objects.create(request=request, author=bob, text="hm")
        rows = PermissionRequest.objects.filter(pk=request.pk)
        rows.update(claimed_by=bob, claimed_at=now)
        if tab == "decided":
            decide(request, alice)
        elif tab == "expired":
            rows.update(state="expired", close_reason="timed_out", decided_at=now)
        elif tab == "automatic":
            rows.update(
                state="approved",
                decided_at=now,
                decided_by_kind="rule",
                decided_by_id="r1",
                decided_by_label="rule 1",
                decision_door="rule",
                rule_id="r1",
                rule_version=1,
            )


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("tab", QUERIES)
def test_the_number_of_queries_is_the_same_for_one_row_and_for_thirty(
    client: Client,
    team: Team,
    alice: User,
    engine: Engine,
    tab: str,
    count: int,
    django_assert_num_queries: Any,
) -> None:
    fill(engine, tab, alice, make_user(team), count)
    with django_assert_num_queries(QUERIES[tab]):
        assert len(open_inbox(client, tab=tab).row_ids()) == count
