"""The inbox's list: what stands in a row, what a row may do, and what it never shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team
from engines.models import Engine
from governance.domain.decide import approve_request, deny_request
from governance.models import EngineReply, PermissionRequest
from reviews.models import ReviewPolicy
from tests.admin.doors import INBOX, enter, open_inbox, press_row, request_url
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
def client(team: Team) -> Client:
    return enter(make_user(team))


def decide_elsewhere(team: Team, request: PermissionRequest, *, name: str = "Bob") -> None:
    bob = make_principal(make_user(team, name=name))
    approve_request(principal=bob, request_id=request.pk, fingerprint=request.fingerprint)


def test_what_waits_is_shown_newest_first(client: Client, team: Team, engine: Engine) -> None:
    now = timezone.now()
    older = make_request(engine, "first", now=now - timedelta(minutes=2))
    newer = make_request(engine, "second", now=now - timedelta(minutes=1))
    decided = make_request(engine, "third", now=now)
    decide_elsewhere(team, decided)
    shown = {tab: open_inbox(client, tab=tab).row_ids() for tab in ("mine", "pending", "decided", "all")}
    assert shown == {
        "mine": [newer.pk, older.pk],
        "pending": [newer.pk, older.pk],
        "decided": [decided.pk],
        "all": [decided.pk, newer.pk, older.pk],
    }
    assert open_inbox(client).row_ids() == shown["mine"]


def test_a_row_says_who_asks_for_what_and_since_when(client: Client, engine: Engine) -> None:
    make_session(engine, "ses_root", title="Fix the build", agent="build")
    make_session(engine, "ses_child", "ses_root", agent="explore")
    make_request(
        engine, "git log", session_id="ses_child", now=timezone.now() - timedelta(minutes=3, seconds=5)
    )
    page = open_inbox(client)
    row = page.text[page.text.index("Votes Decide") :]
    assert row.startswith(
        "Votes Decide Select waiting 3 min 56 min left build-01 explore subagent Fix the build "
        "bash normal risk git log Approve Deny"
    )
    assert [time["title"].endswith("UTC") for time in page.find("time")] == [True, True]


def test_title_and_badge_count_what_waits(client: Client, engine: Engine) -> None:
    make_request(engine)
    make_request(engine)
    response = client.get(reverse(INBOX))
    assert "<title>(2) Inbox | Countersign</title>" in response.content.decode()
    assert client.get(reverse("admin:pulse")).json() == {"waiting": 2}


def test_filters_by_engine_permission_and_chat(client: Client, team: Team, engine: Engine) -> None:
    other = make_engine(team)
    make_session(other, "ses_x")
    bash = make_request(engine, "ls")
    read = make_request(other, permission="read", patterns=["/etc/hosts"], metadata={}, session_id="ses_x")
    chat_id = read.chat_id or ""
    assert open_inbox(client, engine=engine.pk).row_ids() == [bash.pk]
    assert open_inbox(client, permission="read").row_ids() == [read.pk]
    assert open_inbox(client, chat=chat_id).row_ids() == [read.pk]
    assert open_inbox(client, permission="webfetch").row_ids() == []
    assert open_inbox(client, engine="nonsense").row_ids() == []


def test_search_finds_words_and_ids(client: Client, engine: Engine) -> None:
    push = make_request(engine, "git push --force origin", session_id="ses_a")
    make_request(engine, "git status", session_id="ses_b")
    found = {
        term: open_inbox(client, q=term).row_ids() for term in ("force GIT", push.pk, "ses_a", "nothing")
    }
    assert found == {"force GIT": [push.pk], push.pk: [push.pk], "ses_a": [push.pk], "nothing": []}


def test_control_characters_are_visible_and_markup_is_text(client: Client, engine: Engine) -> None:
    make_request(engine, "echo \u202egpj.exe\x1b[2K <script>alert(1)</script>\nls")
    html = client.get(reverse(INBOX)).content.decode()
    assert '<mark class="unseen">⟨U+202E⟩</mark>gpj.exe<mark class="unseen">⟨U+001B⟩</mark>' in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;⏎ls" in html
    assert "\u202e" not in html
    assert "<script>alert" not in html


def test_secrets_are_in_no_list(client: Client, team: Team, engine: Engine) -> None:
    secret = "ghp_0123456789abcdefghij"
    request = make_request(engine, f"curl -H 'Authorization: Bearer {secret}' https://example.org")
    for url in (reverse(INBOX), reverse("admin:index"), f"{reverse(INBOX)}?tab=all&q=curl"):
        html = client.get(url).content.decode()
        assert request.pk in html
        assert secret not in html
    assert open_inbox(client, q=secret).row_ids() == []


# What a row may do --------------------------------------------------------------------------------


def not_whole_requests(engine: Engine) -> list[PermissionRequest]:
    """One of each kind that a list can't show whole and honestly."""
    return [
        make_request(engine, "x" * 500),
        make_request(engine, "export TOKEN=sk-0123456789abcdef"),
        make_request(engine, "cat a\u202eb"),
        make_request(engine, permission="edit", patterns=["a.py"], metadata={"diff": "+1"}),
        make_request(engine, "ls", sealed=False),
    ]


def test_a_row_approves_only_what_it_shows_whole(client: Client, engine: Engine) -> None:
    whole = make_request(engine, "ls -la")
    others = not_whole_requests(engine)
    acts = set(open_inbox(client).acts())
    expected = {("approve", whole.pk), *(("deny", request.pk) for request in [whole, *others])}
    assert acts == expected | {("review", request.pk) for request in others}


def test_a_forged_press_on_such_a_row_opens_the_page_instead(client: Client, engine: Engine) -> None:
    for request in not_whole_requests(engine):
        response = press_row(client, request, "approve")
        assert (response.status_code, response.headers["Location"]) == (302, request_url(request))
        forged = press_row(client, request, "approve", headers={"X-Countersign-Script": "1"})
        assert (forged.status_code, forged.json()["code"], forged.json()["url"]) == (
            409,
            "not_shown_whole",
            request_url(request),
        )
    assert set(PermissionRequest.objects.values_list("state", "approvals")) == {("pending", 0)}
    assert not EngineReply.objects.exists()


def test_a_press_decides_and_returns_to_the_filtered_list(client: Client, engine: Engine) -> None:
    request = make_request(engine)
    data = {f"fingerprint-{request.pk}": request.fingerprint, "list_query": f"engine={engine.pk}"}
    response = client.post(request_url(request, "approve-from-list"), data, follow=True)
    assert response.redirect_chain == [(f"{reverse(INBOX)}?engine={engine.pk}", 302)]
    assert "Approved: ls -la" in response.content.decode()
    request.refresh_from_db()
    assert request.state == "approved"


def test_the_lists_query_can_lead_nowhere_else(client: Client, engine: Engine) -> None:
    request = make_request(engine)
    data = {f"fingerprint-{request.pk}": request.fingerprint, "list_query": "//evil.example/\r\nX: y"}
    response = client.post(request_url(request, "deny-from-list"), data)
    assert response.headers["Location"].startswith(f"{reverse(INBOX)}?")
    assert "\n" not in response.headers["Location"]


@pytest.mark.parametrize("verb", ["approve", "deny"])
def test_a_row_needs_the_fingerprint_it_showed(client: Client, engine: Engine, verb: str) -> None:
    request = make_request(engine)
    for fingerprint in ("", "0" * 64):
        data = {f"fingerprint-{request.pk}": fingerprint}
        response = client.post(request_url(request, f"{verb}-from-list"), data, follow=True)
        assert "The request is not what was shown; look at it again." in response.content.decode()
    request.refresh_from_db()
    assert (request.state, request.approvals) == ("pending", 0)


def test_a_late_press_names_the_winner(client: Client, team: Team, engine: Engine) -> None:
    request = make_request(engine)
    decide_elsewhere(team, request, name="Bob Brandt")
    page = press_row(client, request, "deny")
    assert page.url == reverse(INBOX)
    assert "Bob Brandt approved it already." in client.get(page.url).content.decode()
    answer = press_row(client, request, "approve", headers={"X-Countersign-Script": "1"})
    assert (answer.status_code, answer.json()) == (
        409,
        {"level": "warning", "code": "already_decided", "message": "Bob Brandt approved it already."},
    )


def test_a_script_hears_what_became_of_its_press(client: Client, engine: Engine) -> None:
    first, second = make_request(engine, "ls"), make_request(engine, "pwd", session_id="ses_9")
    headers = {"X-Countersign-Script": "1"}
    answers = [
        press_row(client, first, "approve", headers=headers).json(),
        press_row(client, second, "deny", headers=headers).json(),
    ]
    assert answers == [
        {"level": "success", "message": "Approved: ls"},
        {"level": "success", "message": "Denied: pwd"},
    ]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_other_roles_have_no_buttons_and_a_forged_press_is_403(team: Team, engine: Engine, role: str) -> None:
    request = make_request(engine)
    client = enter(make_user(team, role))
    assert open_inbox(client).acts() == []
    for headers in ({}, {"X-Countersign-Script": "1"}):
        assert press_row(client, request, "approve", headers=headers).status_code == 403
    request.refresh_from_db()
    assert request.state == "pending"


def test_an_owner_sees_other_teams_rows_and_decides_none(engine: Engine) -> None:
    make_session(engine, "ses_1", title="A title of the team")
    request = make_request(engine)
    client = enter(make_owner())
    page = open_inbox(client, tab="pending")
    assert (page.row_ids(), page.acts()) == ([request.pk], [])
    assert "A title of the team" not in page.text
    assert "You are in no team." in open_inbox(client).text
    assert press_row(client, request, "deny").status_code == 403


def test_a_vote_that_waits_for_others_is_shown(client: Client, team: Team, engine: Engine) -> None:
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
    request = make_request(engine)
    response = client.post(
        request_url(request, "approve-from-list"),
        {f"fingerprint-{request.pk}": request.fingerprint},
        follow=True,
    )
    assert "Your approval counts: 1 of 2." in response.content.decode()
    assert open_inbox(client).row_ids() == []
    page = open_inbox(client, tab="waiting")
    assert (page.row_ids(), page.acts()) == ([request.pk], [])
    assert "1/2 you voted approve" in page.text


def test_deny_says_how_many_others_it_closes(client: Client, engine: Engine) -> None:
    for _ in range(3):
        make_request(engine, session_id="ses_busy")
    make_request(engine, session_id="ses_calm")
    titles = [button["title"] for button in open_inbox(client).find("button", data_act="deny")]
    note = "Denying also closes 2 other waiting requests of this session."
    assert [note in title for title in titles] == [False, True, True, True]


def test_enter_presses_nothing(client: Client, engine: Engine) -> None:
    make_request(engine)
    page = open_inbox(client)
    submits = page.find("button", type="submit")
    position = next(index for index, button in enumerate(submits) if "data-act" in button)
    harmless = submits[position - 1]
    assert "disabled" in harmless
    assert "formaction" not in harmless


# Live rows ----------------------------------------------------------------------------------------


def test_rows_that_were_decided_elsewhere_come_back_with_the_winner(
    client: Client, team: Team, engine: Engine
) -> None:
    mine, theirs = make_request(engine, "ls"), make_request(engine, "pwd")
    decide_elsewhere(team, theirs, name="Bob Brandt")
    response = client.get(reverse(INBOX), {"_rows": "1", "_known": f"{mine.pk},{theirs.pk}"})
    html = response.content.decode()
    assert "<html" not in html
    assert f'<tr id="row-{theirs.pk}" class="row settled"' in html
    assert f'<tr id="row-{mine.pk}" class="row"' in html
    assert "Approved by Bob Brandt" in html


def test_known_rows_of_other_teams_stay_hidden(client: Client) -> None:
    foreign = make_request(make_engine(make_team()))
    response = client.get(reverse(INBOX), {"_rows": "1", "_known": foreign.pk})
    assert foreign.pk not in response.content.decode()


def test_orphaned_approval_reads_as_what_it_is(client: Client, team: Team, engine: Engine) -> None:
    request = make_request(engine)
    decide_elsewhere(team, request)
    EngineReply.objects.filter(request=request).update(
        state="orphaned", last_error="the agent's turn was aborted", ended_at=timezone.now()
    )
    text = open_inbox(client, tab="decided").text
    assert "approved, did not run the agent's turn was aborted" in text


def test_denied_by_sibling_and_expired_say_why(client: Client, team: Team, engine: Engine) -> None:
    request = make_request(engine)
    bob = make_principal(make_user(team, name="Bob"))
    deny_request(principal=bob, request_id=request.pk, fingerprint=request.fingerprint)
    assert "denied reply waiting to be sent" in open_inbox(client, tab="decided").text
