"""The ledger's pages: the tree and its waterfall, what waits for a person, where it is from, the stop."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team
from engines.admin.trees import grow_tree
from engines.domain.delegations import DelegationFacts, record_delegations
from engines.enums import SubagentKind as Kind, SubagentStatus as Status
from engines.models import Chat, Engine, Subagent
from events.actors import RELAY_ACTOR
from relay.domain.ledger import find_misplaced, record_waiting
from tests.admin.doors import address, enter, open_page
from tests.factories import (
    make_cao_server,
    make_engine,
    make_question,
    make_request,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    engine = make_engine(team, name="build host")
    make_session(engine, "ses_1", title="Fix the tests")
    make_session(engine, "ses_a", "ses_1", title="Look around")
    make_session(engine, "ses_b", "ses_a", title="Read a file")
    return engine


@pytest.fixture
def client(team: Team) -> Client:
    return enter(make_user(team, Role.ADMIN))


def find(ref: str) -> Subagent:
    return Subagent.objects.get(source_ref=ref)


def url_of(ref: str) -> str:
    return address("engines_subagent", "change", find(ref).pk)


def tell(team: Team, *facts: DelegationFacts) -> None:
    record_delegations(actor=RELAY_ACTOR, server=make_cao_server(team, name="cao host"), facts=facts, now=AT)


def test_what_waits_is_named_at_its_place_in_the_tree(client: Client, engine: Engine) -> None:
    request = make_request(engine, session_id="ses_b")
    question = make_question(engine, session_id="ses_a")
    record_waiting(rows=find_misplaced(engine=engine), now=timezone.now())
    page = open_page(client, url_of("ses_b"))
    assert "Fix the tests the chat it all began in Look around" in page.text
    links = [
        reverse("admin:governance_permissionrequest_change", args=[request.pk]),
        reverse("admin:governance_question_change", args=[question.pk]),
    ]
    assert [page.html.count(f'class="ask" href="{link}"') for link in links] == [1, 1]
    assert "asks for bash" in page.text


def test_the_filter_shows_who_waits_on_a_human(client: Client, engine: Engine) -> None:
    make_request(engine, session_id="ses_b")
    record_waiting(rows=find_misplaced(engine=engine), now=timezone.now())
    url = address("engines_subagent", "changelist")
    for query, expected in {
        "state=waiting": {"Read a file"},
        "state=open": {"Look around", "Read a file"},
        "state=lost": set(),
        "kind=opencode_task": {"Look around", "Read a file"},
        "kind=cao_assign": set(),
    }.items():
        html = open_page(client, f"{url}?{query}").html
        main = html[html.index("<main") :]
        assert {name for name in ("Look around", "Read a file") if name in main} == expected, query


def test_a_delegation_of_a_cao_server_says_where_it_is_from(client: Client, team: Team) -> None:
    tell(
        team,
        DelegationFacts(Kind.CAO_TERMINAL, "aaaaaaaa", status=Status.RUNNING, agent="supervisor"),
        DelegationFacts(
            Kind.CAO_HANDOFF,
            "bbbbbbbb",
            "aaaaaaaa",
            provider="codex",
            model="large",
            status=Status.COMPLETED,
            result="All <b>done</b>.",
            evidence=("handoff result", "snapshot file"),
        ),
    )
    page = open_page(client, url_of("bbbbbbbb"))
    for words in (
        "cao host",
        "CAO handoff",
        "codex large",
        "denied tools are only asked for in the prompt",
        "handoff result; snapshot file",
        "All <b>done</b>.",
        "Its place in the tree aaaaaaaa supervisor",
    ):
        assert words in page.text.replace("&lt;", "<").replace("&gt;", ">"), words
    assert "<b>done</b>" not in page.html


def test_the_tree_costs_the_same_however_many_its_nodes(
    client: Client, team: Team, django_assert_max_num_queries: Any
) -> None:
    engine = make_engine(team)
    counts = []
    make_session(engine, "ses_1")
    make_session(engine, "a", "ses_1")
    for size in (2, 40):
        for number in range(size):
            make_session(engine, f"a{size}.{number}", "a" if number % 2 else f"a{size}.{number - 1}")
            make_request(engine, session_id=f"a{size}.{number}")
        with django_assert_max_num_queries(30) as captured:
            open_page(client, url_of("a"))
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER, Role.ADMIN])
def test_the_button_stands_for_those_who_may_stop_it(team: Team, engine: Engine, role: Role) -> None:
    html = open_page(enter(make_user(team, role)), url_of("ses_a")).html
    stop = reverse("admin:engines_subagent_stop", args=[find("ses_a").pk])
    assert (f'action="{stop}"' in html) is (role == Role.ADMIN)


def test_stopping_says_first_what_it_will_do(client: Client, engine: Engine) -> None:
    make_request(engine, session_id="ses_b")
    stop = reverse("admin:engines_subagent_stop", args=[find("ses_a").pk])
    asked = client.post(stop)
    assert asked.status_code == 200
    assert "2 agents of 2 in this tree have not ended." in asked.content.decode()
    assert find("ses_a").stop_asked_at is None
    asked = client.post(stop, {"confirm": "1"}, follow=True)
    assert "Stopping 2 agents; closed 1 request." in asked.content.decode()
    assert [find(ref).stop_asked_at is None for ref in ("ses_a", "ses_b")] == [False, False]
    Subagent.objects.update(stop_error="The engine did not answer.")
    page = open_page(client, url_of("ses_a"))
    assert "The engine did not answer. Tried again." in page.text
    assert f'action="{stop}"' not in page.html


def test_who_may_not_stop_it_is_refused(team: Team, engine: Engine) -> None:
    stop = reverse("admin:engines_subagent_stop", args=[find("ses_a").pk])
    for data in ({}, {"confirm": "1"}):
        assert enter(make_user(team, Role.APPROVER)).post(stop, data).status_code == 403
    assert find("ses_a").stop_asked_at is None


# The waterfall, without a page


def build(ref: str, begin_s: float, end_s: float | None, parent: Subagent | None = None) -> Subagent:
    is_open = end_s is None
    return Subagent(
        pk=ref,
        source_ref=ref,
        parent=parent,
        status=Status.RUNNING if is_open else Status.COMPLETED,
        started_at=AT + timedelta(seconds=begin_s),
        ended_at=None if end_s is None else AT + timedelta(seconds=end_s),
    )


def read_spans(rows: list[Subagent], now_s: float) -> list[tuple[str, int, int, int, str]]:
    branches = grow_tree(rows, now=AT + timedelta(seconds=now_s))
    return [(row.subagent.pk, row.level, row.start, row.width, row.took) for row in branches]


def test_the_waterfall_spans_the_trees_whole_time() -> None:
    top = build("top", 0, 100)
    rows = [top, build("late", 50, None, top), build("early", 10, 20, top), build("point", 100, 100)]
    assert read_spans(rows, now_s=200) == [
        ("top", 1, 0, 500, "1 min"),
        ("late", 2, 250, 750, "2 min"),
        ("early", 2, 50, 50, "10 s"),
        ("point", 1, 500, 4, "0 s"),
    ]


@pytest.mark.parametrize(("begin_s", "end_s"), [(0, 0), (10, 0), (500, None)])
def test_times_that_make_no_sense_stay_within_the_picture(begin_s: float, end_s: float | None) -> None:
    [(_, _, start, width, _)] = read_spans([build("a", begin_s, end_s)], now_s=100)
    assert 0 <= start < 1000
    assert 0 < width <= 1000 - start


def test_a_tree_beyond_all_levels_ends() -> None:
    rows = [build("0", 0, 1)]
    for number in range(1, 50):
        rows.append(build(str(number), 0, 1, rows[-1]))
    assert len(grow_tree(rows)) == 32


def test_the_page_of_a_chat_names_its_delegations_too(client: Client, engine: Engine) -> None:
    page = open_page(client, address("engines_chat", "change", Chat.objects.get().pk))
    assert re.search("Look around.*Read a file", page.text)
