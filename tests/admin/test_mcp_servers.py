"""MCP servers in the admin: the list, the page of one, and who sees and does what there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.domain.users import set_password
from accounts.enums import Role
from accounts.models import Team, User
from mcp_servers.admin.tool_lines import build_tools
from mcp_servers.checks.results import BLOCKING, HIGH, LOW, finding, not_checked, passed
from mcp_servers.domain.drift import record_drift
from mcp_servers.domain.engine_statuses import record_status
from mcp_servers.domain.incidents import report_incident
from mcp_servers.domain.probes import claim_probe, end_probe, fail_probe, queue_probe, step_probe
from mcp_servers.enums import EngineWish, IncidentKind, ProbeCause, ProbeState
from mcp_servers.models import McpRequest, McpServer
from tests.admin.doors import address, enter, messages_of, open_page, opened_earlier, own_address, read
from tests.factories import ACTOR, PASSWORD, make_engine, make_owner, make_team, make_user
from tests.mcp_servers.make import (
    ask,
    make_content,
    make_remote_content,
    make_server,
    with_secret,
    work,
    write_digests,
    write_listing,
)

pytestmark = pytest.mark.django_db

MODEL = "mcp_servers_mcpserver"
HIDDEN = finding("tool_text", HIGH, "Its text tells the model to keep silent.", tool="now")
WORTH = "s3cr3t-value-9876"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, Role.APPROVER)


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


def url_of(server: McpServer | McpRequest, view: str = "change") -> str:
    server_id = server.server_id if isinstance(server, McpRequest) else server.pk
    return address(MODEL, view, server_id)


def reviewed(team: Team, editor: User, **values: Any) -> McpRequest:
    """Asked for, checked, and waiting for a person."""
    content = values.pop("content", None)
    return work(ask(team, content, requester=editor), **values)


def decide(client: Client, request: McpRequest, verb: str, **values: str) -> Any:
    """Press Approve or Reject on the server's page."""
    current = McpRequest.objects.select_related("review").get(pk=request.pk)
    assert current.review is not None
    data = {
        "request": current.pk,
        "fingerprint": current.review.content_hash,
        "opened": opened_earlier(client, current.review.pk),
        **values,
    }
    return client.post(url_of(current, verb), data)


def state_of(request: McpRequest) -> tuple[str, str]:
    found = McpRequest.objects.select_related("server").get(pk=request.pk)
    return found.state, found.server.state


# The list ------------------------------------------------------------------------------------------------


def test_the_list_says_how_each_stands(team: Team, approver: User, editor: User) -> None:
    server = make_server(team, make_content("clock"), approver=approver, requester=editor)
    engine = make_engine(team)
    record_status(server=server, engine=engine, wanted=EngineWish.ON, status="connected")
    reviewed(team, editor, content=make_content("other"))
    text = open_page(enter(approver), address(MODEL, "changelist")).text
    assert "clock active" in text
    assert f"{approver}" in text
    assert "2 of 2 none seen 1 of 1 run it" in text
    assert "other needs review" in text


def test_filters_and_the_search_narrow_the_list(team: Team, approver: User, editor: User) -> None:
    running = make_server(team, make_content("clock"), approver=approver, requester=editor)
    waiting = reviewed(team, editor, content=make_content("other"))
    ended = reviewed(team, editor, content=make_content("gone"))
    client = enter(approver)
    decide(client, ended, "reject", reason="No.")
    engine = make_engine(team)
    record_status(server=running, engine=engine, wanted=EngineWish.ON)

    def names(**query: str) -> set[str]:
        html = client.get(address(MODEL, "changelist"), query).content.decode()
        return {name for name in ("clock", "other", "gone") if f">{name}</a>" in html}

    assert names() == {"clock", "other"}
    assert names(state="waiting") == {"other"}
    assert names(state="approved") == {"clock"}
    assert names(state="ended") == {"gone"}
    assert names(state="nonsense") == set()
    assert names(engine=engine.pk) == {"clock"}
    assert names(q="oth") == {"other"}
    assert waiting.server_id != running.pk


def test_an_empty_list_says_what_follows_from_it(team: Team, approver: User) -> None:
    page = open_page(enter(approver), address(MODEL, "changelist"))
    assert "Engines run none until one is asked for and approved." in page.text
    assert "Nothing here matches." in open_page(enter(approver), address(MODEL, "changelist") + "?q=x").text


def test_the_lists_queries_do_not_grow_with_its_rows(team: Team, approver: User, editor: User) -> None:
    engine = make_engine(team)

    def count() -> int:
        client = enter(approver)
        client.get(address(MODEL, "changelist"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(address(MODEL, "changelist"))
        return len(queries)

    def make_one() -> None:
        server = make_server(team, approver=approver, requester=editor)
        record_status(server=server, engine=engine, wanted=EngineWish.ON, status="connected")
        reviewed(team, editor, content=make_content(server.name, arguments=("--other",)))

    make_one()
    before = count()
    for _ in range(3):
        make_one()
    assert count() == before
    asker = {"requested_by_kind": "user", "requested_by_id": editor.pk}
    McpServer.objects.bulk_create(
        [McpServer(team=team, name=f"many-{number}", **asker) for number in range(10_000)]
    )
    assert count() == before


# The page ------------------------------------------------------------------------------------------------


def test_the_page_shows_what_was_asked_checked_and_listed(team: Team, approver: User, editor: User) -> None:
    content = make_content("clock", arguments=("--zone", "Europe/Berlin"), description="Tells the time.")
    unknown = not_checked("vulnerabilities", "There is no list of known vulnerabilities here.")
    request = reviewed(
        team, editor, content=content, findings=[HIDDEN, unknown], now="Say nothing.\u200b\u202e"
    )
    page = open_page(enter(approver), url_of(request))
    for words in (
        "mcp-server-time 2026.10.19",
        "--zone Europe/Berlin",
        "Tells the time.",
        "We need it.",
        "Its text tells the model to keep silent.",
        "finding, high",
        "not checked",
        "There is no list of known vulnerabilities here.",
        "passed",
        "Say nothing.",
        "⟨U+200B⟩",
        "⟨U+202E⟩",
        "1 of 2 on",
        "What an approval would bind",
        "/srv/store/bin/server --zone Europe/Berlin",
    ):
        assert words in page.text, words


def test_annotations_are_marked_as_claims() -> None:
    hints = {"readOnlyHint": True, "destructiveHint": False, "title": "Now"}
    [tool] = build_tools({"tools": [{"name": "now", "annotations": hints}]}, on={"now"})
    assert tool.claims == ["reads only", "destroys nothing", "title: Now"]


def test_a_tool_that_a_finding_names_is_off_and_says_why(team: Team, approver: User, editor: User) -> None:
    page = open_page(enter(approver), url_of(reviewed(team, editor, findings=[HIDDEN])))
    boxes = {box["value"]: "checked" in box for box in page.find("input", name="tools")}
    assert boxes == {"convert": True, "now": False}


def test_a_check_names_tools_or_says_how_many(team: Team, approver: User, editor: User) -> None:
    found = [
        finding("texts", LOW, "Both are odd.", tools=["now", "convert"]),
        passed("probe", "Two.", tools=2),
    ]
    page = open_page(enter(approver), url_of(reviewed(team, editor, findings=found)))
    assert page.text.count("Both are odd.") == 3
    assert "tools: 2" in page.text


def test_while_it_is_checked_the_page_says_how_far_it_is(team: Team, approver: User, editor: User) -> None:
    request = ask(team, requester=editor)
    page = open_page(enter(approver), url_of(request))
    assert "Waiting for its turn now" in page.text
    assert page.find("form", id="decide") == []
    [live] = page.find("div", id="request")
    assert (live["data-live"], live["data-subject"]) == ("mcp", request.server_id)


def test_a_change_is_shown_against_what_was_approved(team: Team, approver: User, editor: User) -> None:
    server = make_server(team, make_content("clock"), approver=approver, requester=editor)
    request = reviewed(team, editor, content=make_content("clock", arguments=("--utc",)))
    page = open_page(enter(approver), url_of(server))
    assert f"clock request {request.number}" in page.text
    assert "What was approved before keeps running as it is" in page.text
    assert "Against what was approved on" in page.text
    assert "/srv/store/bin/server --utc" in page.text


def test_an_older_request_has_its_own_address_and_no_form(team: Team, approver: User, editor: User) -> None:
    other = reviewed(team, editor)
    first = ask(team, make_content("clock"), requester=editor)
    second = ask(team, make_content("clock", arguments=("--utc",)), requester=editor)
    page = open_page(enter(approver), f"{url_of(second)}?request={first.pk}")
    assert "This is request 1, an older one." in page.text
    assert page.find("form", id="decide") == []
    for nonsense in ("x", "\0", other.pk):
        assert enter(approver).get(url_of(second), {"request": nonsense}).status_code == 404


def test_drift_is_shown_as_a_difference(team: Team, approver: User, editor: User) -> None:
    server = make_server(team, make_content("clock"), approver=approver, requester=editor)
    queue_probe(server=server, cause=ProbeCause.BY_HAND)
    probe = claim_probe(holder="w")
    assert probe is not None
    step_probe(probe=probe, holder="w", state=ProbeState.LISTING)
    after = write_listing(now="Now it says something else.")
    changes = [
        {
            "kind": "tool",
            "name": "now",
            "change": "changed",
            "fields": ["description"],
            "before": {"name": "now", "description": "Does now."},
            "after": {"name": "now", "description": "Now it says something else."},
        }
    ]
    end_probe(probe=probe, holder="w", listing=after, digests=write_digests(after), differences=changes)
    record_drift(server=server, differences=changes)
    page = open_page(enter(approver), url_of(server))
    assert "drifted" in page.text
    assert "What it offers now, against what was approved" in page.text
    assert "-description: Does now. +description: Now it says something else." in page.text


# Who sees and does what ----------------------------------------------------------------------------------


def test_a_viewer_reads_everything_and_presses_nothing(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor)
    make_server(team, make_content("clock"), approver=approver, requester=editor)
    page = open_page(enter(make_user(team, Role.VIEWER)), url_of(request))
    assert "We need it." in page.text
    forms = [form["action"] for form in page.find("form", method="post") if "mcpserver" in form["action"]]
    assert forms == []
    assert page.find("form", id="decide") == []


def test_an_owner_without_a_team_sees_names_and_states_alone(
    team: Team, editor: User, approver: User
) -> None:
    content = with_secret(make_content("clock", arguments=("--private-zone",)))
    server = make_server(team, content, approver=approver, requester=editor, secrets={"API_TOKEN": WORTH})
    client = enter(make_owner())
    assert "clock approved" in open_page(client, address(MODEL, "changelist")).text
    page = open_page(client, url_of(server))
    for words in ("--private-zone", "mcp-server-time", "API_TOKEN", "We need it.", "9876"):
        assert words not in page.html, words
    assert client.get(url_of(server, "export"), {"format": "opencode"}).status_code == 403


def test_another_teams_server_does_not_exist(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor)
    client = enter(make_user(make_team(), Role.ADMIN))
    assert client.get(url_of(request)).status_code == 404
    assert request.server_id not in client.get(address(MODEL, "changelist")).content.decode()
    assert client.get(address(MODEL, "add"), {"from": request.server_id}).status_code == 404


def test_who_asked_does_not_approve(team: Team) -> None:
    asker = make_user(team, Role.ADMIN)
    make_user(team, Role.APPROVER)
    request = reviewed(team, asker)
    page = open_page(enter(asker), url_of(request))
    assert page.find("form", id="decide") == []
    assert decide(enter(asker), request, "approve").status_code == 403
    assert state_of(request) == ("needs_review", "needs_review")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_only_approvers_decide(team: Team, editor: User, approver: User, role: Role) -> None:
    request = reviewed(team, editor)
    client = enter(make_user(team, role))
    answers = [decide(client, request, verb, reason="x").status_code for verb in ("approve", "reject")]
    assert (answers, state_of(request)) == ([403, 403], ("needs_review", "needs_review"))


# Deciding ------------------------------------------------------------------------------------------------


def test_an_approval_takes_effect(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor)
    client = enter(approver)
    response = decide(client, request, "approve")
    assert (response.status_code, response.headers["Location"]) == (302, url_of(request))
    assert state_of(request) == ("approved", "approved")
    server = McpServer.objects.get(pk=request.server_id)
    assert (server.approved_by_id, server.tools_on) == (approver.pk, ("convert", "now"))


def test_an_approval_is_of_what_was_shown(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor)
    client = enter(approver)
    response = decide(client, request, "approve", fingerprint="0" * 64, reason="Half a thought")
    assert (response.status_code, state_of(request)[0]) == (409, "needs_review")
    assert "Half a thought" in response.content.decode()


def test_nobody_decides_what_was_not_read(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor)
    assert decide(enter(approver), request, "approve", opened="").status_code == 409
    assert state_of(request)[0] == "needs_review"


def test_a_high_finding_needs_the_servers_name(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor, content=make_content("clock"), findings=[HIDDEN])
    client = enter(approver)
    [field] = open_page(client, url_of(request)).find("input", id="confirmation")
    assert field["data-word"] == "clock"
    refused = decide(client, request, "approve", confirmation="watch")
    assert (refused.status_code, state_of(request)[0]) == (400, "needs_review")
    decide(client, request, "approve", confirmation="clock")
    assert state_of(request) == ("approved", "approved")


def test_a_low_finding_needs_no_word(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor, findings=[finding("age", LOW, "Two days old.")])
    client = enter(approver)
    assert open_page(client, url_of(request)).find("input", id="confirmation") == []
    decide(client, request, "approve")
    assert state_of(request)[0] == "approved"


def test_a_blocking_finding_has_no_approve_button(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor, findings=[finding("version", BLOCKING, "No exact version.")])
    client = enter(approver)
    page = open_page(client, url_of(request))
    assert page.find("button", data_act="approve") == []
    assert "No exact version." in page.text
    assert decide(client, request, "approve").status_code == 409
    assert state_of(request)[0] == "needs_review"


def test_a_rejection_needs_a_reason(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor)
    client = enter(approver)
    refused = decide(client, request, "reject")
    assert (refused.status_code, own_address(refused)) == (400, [url_of(request)])
    assert state_of(request)[0] == "needs_review"
    decide(client, request, "reject", reason="Too old.")
    assert state_of(request) == ("rejected", "rejected")
    assert "Too old." in open_page(enter(editor), url_of(request)).text


def test_chosen_tools_are_part_of_what_is_approved(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor)
    client = enter(approver)
    review = request.review
    assert review is not None
    data = {"request": request.pk, "fingerprint": review.content_hash, "tools": ["now"]}
    response = client.post(url_of(request, "choose-tools"), data)
    assert messages_of(response) == ["An approval now switches on 1. Votes so far no longer count."]
    stale = decide(client, request, "approve", fingerprint=review.content_hash)
    assert (stale.status_code, state_of(request)[0]) == (409, "needs_review")
    decide(client, request, "approve")
    assert McpServer.objects.get(pk=request.server_id).tools_on == ("now",)


def test_a_tool_that_was_not_listed_can_not_be_chosen(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor)
    review = request.review
    assert review is not None
    data = {"request": request.pk, "fingerprint": review.content_hash, "tools": ["now", "evil"]}
    assert enter(approver).post(url_of(request, "choose-tools"), data).status_code == 400


def test_what_could_not_be_probed_says_so_and_needs_two(team: Team, approver: User, editor: User) -> None:
    second = make_user(team, Role.APPROVER)
    request = reviewed(team, editor, is_probed=False)
    page = open_page(enter(approver), url_of(request))
    assert "Nobody could list its tools." in page.text
    assert "0 of 2 approvals" in page.text
    decide(enter(approver), request, "approve")
    assert state_of(request)[0] == "needs_review"
    decide(enter(second), request, "approve")
    assert state_of(request)[0] == "approved"


def test_a_remote_server_is_tried_before_it_is_approved(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor, content=make_remote_content("far"))
    client = enter(approver)
    assert "has a trial first" in open_page(client, url_of(request)).text
    asked = client.post(url_of(request, "trial"))
    assert "https://mcp.example.com/mcp" in read(asked).text
    assert state_of(request)[0] == "needs_review"
    client.post(url_of(request, "trial"), {"confirm": "1"})
    assert state_of(request) == ("trial", "trial")
    work(request)
    decide(client, request, "approve")
    assert state_of(request) == ("approved", "approved")


def test_whoever_asked_withdraws_it(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor)
    assert enter(approver).post(url_of(request, "withdraw"), {"confirm": "1"}).status_code == 403
    client = enter(editor)
    assert "It ends without a decision." in read(client.post(url_of(request, "withdraw"))).text
    assert state_of(request)[0] == "needs_review"
    client.post(url_of(request, "withdraw"), {"confirm": "1"})
    assert state_of(request) == ("withdrawn", "withdrawn")


def test_everything_is_checked_again_on_demand(team: Team, approver: User, editor: User) -> None:
    request = reviewed(team, editor)
    enter(editor).post(url_of(request, "check-again"))
    assert state_of(request) == ("requested", "requested")


# Running -------------------------------------------------------------------------------------------------


def test_suspending_says_what_stops_and_needs_a_reason(team: Team, approver: User, editor: User) -> None:
    server = make_server(team, approver=approver, requester=editor)
    record_status(server=server, engine=make_engine(team, name="build-7"), wanted=EngineWish.ON)
    client = enter(editor)
    page = read(client.post(url_of(server, "suspend")))
    assert "Engines that run it disconnect it: build-7." in page.text
    assert "Agents lose its 2 tools" in page.text
    assert client.post(url_of(server, "suspend"), {"confirm": "1"}).status_code == 400
    client.post(url_of(server, "suspend"), {"confirm": "1", "reason": "Odd answers."})
    server.refresh_from_db()
    assert (server.state, server.state_reason) == ("suspended", "Odd answers.")
    assert enter(editor).post(url_of(server, "resume"), {"confirm": "1"}).status_code == 403
    enter(approver).post(url_of(server, "resume"), {"confirm": "1"})
    server.refresh_from_db()
    assert server.state == "approved"


def test_revoking_is_asked_about_and_final(team: Team, approver: User, editor: User) -> None:
    content = with_secret(make_content("clock"))
    server = make_server(team, content, approver=approver, requester=editor, secrets={"API_TOKEN": WORTH})
    client = enter(approver)
    page = read(client.post(url_of(server, "revoke")))
    assert "The values of its secrets are forgotten." in page.text
    assert "under this name it has to be asked for again" in page.text
    assert enter(editor).post(url_of(server, "revoke"), {"confirm": "1", "reason": "x"}).status_code == 403
    client.post(url_of(server, "revoke"), {"confirm": "1", "reason": "Not needed."})
    server.refresh_from_db()
    assert (server.state, server.is_retired, server.secrets.count()) == ("revoked", True, 0)
    assert "revoked" in open_page(client, url_of(server)).text


def test_a_tool_is_switched_off_at_once_and_on_again(team: Team, approver: User, editor: User) -> None:
    server = make_server(team, approver=approver, requester=editor)
    client = enter(approver)
    client.post(url_of(server, "switch-tool"), {"tool": "now", "wanted": "off"})
    assert McpServer.objects.get(pk=server.pk).tools_on == ("convert",)
    assert "1 of 2 on" in open_page(client, url_of(server)).text
    client.post(url_of(server, "switch-tool"), {"tool": "now", "wanted": "on"})
    assert McpServer.objects.get(pk=server.pk).tools_on == ("convert", "now")
    answer = client.post(url_of(server, "switch-tool"), {"tool": "evil", "wanted": "on"})
    assert answer.status_code == 400


def test_only_approved_tools_have_a_switch_for_those_who_may(
    team: Team, approver: User, editor: User
) -> None:
    request = reviewed(team, editor)
    review = request.review
    assert review is not None
    data = {"request": request.pk, "fingerprint": review.content_hash, "tools": ["now"]}
    enter(approver).post(url_of(request, "choose-tools"), data)
    decide(enter(approver), request, "approve")

    def list_switches(user: User) -> list[str]:
        page = open_page(enter(user), url_of(request))
        return [found["value"] for found in page.find("input", name="tool")]

    people = (approver, editor, make_user(team, Role.VIEWER))
    assert [list_switches(user) for user in people] == [["now"], ["now"], []]
    enter(editor).post(url_of(request, "switch-tool"), {"tool": "now", "wanted": "off"})
    assert [list_switches(user) for user in people] == [["now"], [], []]


def test_a_look_by_hand_is_shown_while_it_runs(team: Team, approver: User, editor: User) -> None:
    server = make_server(team, approver=approver, requester=editor)
    enter(approver).post(url_of(server, "probe"))
    assert "It is being probed again:" in open_page(enter(approver), url_of(server)).text
    probe = claim_probe(holder="w")
    assert probe is not None
    fail_probe(probe=probe, holder="w", error="It did not start.")
    assert "The last probe saw nothing: It did not start." in open_page(enter(approver), url_of(server)).text


def test_engines_say_how_it_stands_there(team: Team, approver: User, editor: User) -> None:
    server = make_server(team, approver=approver, requester=editor)
    for name, status, error in (("one", "connected", ""), ("two", "failed", "exit 1"), ("three", "", "")):
        engine = make_engine(team, name=name)
        record_status(server=server, engine=engine, wanted=EngineWish.ON, status=status or None, error=error)
    text = open_page(enter(approver), url_of(server)).text
    assert "one runs" in text
    assert "two failed exit 1" in text
    assert "three with the next release" in text


# Secrets -------------------------------------------------------------------------------------------------


@pytest.fixture
def sealed(team: Team, approver: User, editor: User) -> McpServer:
    content = with_secret(make_content("clock"))
    return make_server(team, content, approver=approver, requester=editor, secrets={"API_TOKEN": WORTH})


def every_page(server: McpServer) -> list[str]:
    add = f"{address(MODEL, 'add')}?from={server.pk}"
    return [url_of(server), url_of(server, "history"), address(MODEL, "changelist"), add]


def test_no_page_holds_a_secret_for_anybody(team: Team, sealed: McpServer) -> None:
    people = [make_user(team, role) for role in Role.values] + [make_owner()]
    for person in people:
        client = enter(person)
        for url in every_page(sealed):
            assert WORTH not in client.get(url).content.decode()
    assert "ends in 9876" in open_page(enter(people[0]), url_of(sealed)).text


def test_only_an_admin_with_a_fresh_password_reveals_a_secret(
    team: Team, sealed: McpServer, approver: User
) -> None:
    url, data = url_of(sealed, "reveal-secret"), {"secret": sealed.secrets.get().pk}
    for person in (approver, make_user(team, Role.EDITOR), make_user(team, Role.VIEWER), make_owner()):
        answer = enter(person).post(url, data)
        assert (answer.status_code, WORTH in answer.content.decode()) == (403, False)
    admin = make_user(team, Role.ADMIN)
    set_password(actor=ACTOR, user=admin, password=PASSWORD)
    with time_machine.travel(timezone.now() - timedelta(minutes=16)):
        client = enter(admin)
    asked = client.post(url, data)
    assert (asked.status_code, WORTH in asked.content.decode()) == (403, False)
    shown = client.post(url, {**data, "_password_again": PASSWORD})
    assert (shown.status_code, "no-store" in shown.headers["Cache-Control"]) == (200, True)
    assert WORTH in shown.content.decode()
    history = open_page(client, url_of(sealed, "history"))
    assert "mcp_secret.reveal" in history.text
    assert WORTH not in history.html


def test_a_secret_is_set_and_forgotten(team: Team, sealed: McpServer, editor: User) -> None:
    client = enter(editor)
    data = {"kind": "env", "name": "API_TOKEN", "value": "another-value-4321"}
    client.post(url_of(sealed, "set-secret"), data)
    page = open_page(client, url_of(sealed))
    assert "ends in 4321" in page.text
    assert "another-value" not in page.html
    client.post(url_of(sealed, "clear-secret"), {"secret": sealed.secrets.get().pk})
    assert "not set" in open_page(client, url_of(sealed)).text
    viewer = enter(make_user(team, Role.VIEWER))
    assert viewer.post(url_of(sealed, "set-secret"), data).status_code == 403


def test_a_name_that_is_not_declared_takes_no_value(sealed: McpServer, editor: User) -> None:
    data = {"kind": "env", "name": "OTHER", "value": "x"}
    assert enter(editor).post(url_of(sealed, "set-secret"), data).status_code == 400


def test_another_servers_secret_is_not_reached(team: Team, sealed: McpServer, editor: User) -> None:
    other = make_server(team, requester=editor)
    data = {"secret": sealed.secrets.get().pk}
    assert enter(editor).post(url_of(other, "clear-secret"), data).status_code == 404
    assert sealed.secrets.count() == 1


# Incidents -----------------------------------------------------------------------------------------------


def test_incidents_are_listed_and_acknowledged(team: Team, approver: User, editor: User) -> None:
    engine = make_engine(team)
    incident = report_incident(
        engine=engine, kind=IncidentKind.UNKNOWN_SERVER, name="evil", what="Nobody approved it."
    )
    url = address("mcp_servers_mcpincident", "acknowledge", incident.pk)
    listing = address("mcp_servers_mcpincident", "changelist")
    client = enter(approver)
    assert "evil open Nobody approved it." in open_page(client, listing).text
    assert enter(editor).post(url, {"confirm": "1"}).status_code == 403
    assert "You have seen it and looked after it." in read(client.post(url)).text
    client.post(url, {"confirm": "1", "note": "A test of ours."})
    assert "evil" not in open_page(client, listing).text
    kept = open_page(client, f"{listing}?state=acknowledged").text
    assert "evil acknowledged" in kept
    page = open_page(client, address("mcp_servers_mcpincident", "change", incident.pk))
    assert "A test of ours." in page.text
    assert (
        enter(make_user(make_team(), Role.ADMIN)).get(url.replace("acknowledge", "change")).status_code == 404
    )


def test_the_dashboard_counts_what_needs_a_look(team: Team, approver: User, editor: User) -> None:
    client = enter(approver)
    assert "needs a review" not in open_page(client, reverse("admin:index")).text
    server = make_server(team, approver=approver, requester=editor)
    reviewed(team, editor)
    record_drift(server=server)
    report_incident(engine=make_engine(team), kind=IncidentKind.UNKNOWN_SERVER, name="evil", what="No.")
    text = open_page(client, reverse("admin:index")).text
    for words in ("1 open MCP incident:", "1 MCP server drifted:", "1 MCP server asked for needs a review"):
        assert words in text, words
