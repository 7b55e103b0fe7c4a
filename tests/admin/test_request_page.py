"""The request page: what a reviewer reads, and deciding from there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from engines.models import Engine
from events.actors import RELAY_ACTOR
from events.models import AuditEntry
from governance.domain.decide import approve_request
from governance.domain.requests import seal_request
from governance.models import EngineReply
from reviews.models import ReviewPolicy, Vote
from tests.admin.doors import (
    INBOX,
    address,
    approve,
    deny,
    enter,
    messages_of,
    open_page,
    own_address,
    read,
    request_url,
)
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

SECRET = "ghp_0123456789abcdefghij"
DIFF = """--- a/app.py
+++ b/app.py
@@ -1,3 +1,3 @@ def main():
 import os
--- old banner
+++ new banner
 print()
"""


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, name="Alice")


@pytest.fixture
def client(approver: User) -> Client:
    return enter(approver)


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team, name="build-01")


# Reading ------------------------------------------------------------------------------------------


def test_the_whole_command_is_there_uncut_and_visible(client: Client, engine: Engine) -> None:
    request = make_request(engine, "echo start\n" + "a" * 3000 + "\n\u202eend\ttab")
    html = client.get(request_url(request)).content.decode()
    assert "echo start\n" + "a" * 3000 + '\n<mark class="unseen">⟨U+202E⟩</mark>end\ttab' in html
    assert "3 lines, 3,020 characters" in html
    assert "Contains characters that change the reading direction." in html


def test_a_secret_is_shown_to_members_and_seeing_it_is_recorded(
    client: Client, approver: User, engine: Engine
) -> None:
    request = make_request(engine, f"curl -H 'X: {SECRET}' https://example.org")
    views = AuditEntry.objects.filter(verb="permission_request.view_full", subject_id=request.pk)
    now = timezone.now()
    for minutes, expected in ((0, 1), (5, 1), (11, 2)):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            assert SECRET in client.get(request_url(request)).content.decode()
        assert list(views.values_list("actor_id", "door")) == [(approver.pk, "admin")] * expected


def test_looking_at_what_holds_no_secret_is_not_recorded(client: Client, engine: Engine) -> None:
    request = make_request(engine, "ls -la")
    before = AuditEntry.objects.count()
    open_page(client, request_url(request))
    assert AuditEntry.objects.count() == before


def test_an_owner_who_is_no_member_reads_no_command(engine: Engine) -> None:
    make_session(engine, "ses_1", title="A title of the team")
    request = make_request(engine, f"curl -H 'X: {SECRET}' https://example.org")
    client = enter(make_owner())
    page = open_page(client, request_url(request))
    inbox, found = (open_page(client, reverse(INBOX) + query) for query in ("?tab=all", "?tab=all&q=example"))
    for shown in (page, inbox, open_page(client, "/admin/")):
        assert ("example.org" in shown.html, "A title of the team" in shown.html) == (False, False)
        assert request.pk in shown.html
    assert request.pk not in found.html
    assert "You see this as an owner. What is asked is for members" in page.text
    assert "Only members of the request's team decide it." in page.text
    assert page.find("button", data_act="approve") == []
    assert (approve(client, request).status_code, deny(client, request).status_code) == (403, 403)
    request.refresh_from_db()
    assert request.is_pending


def test_what_reviewers_wrote_is_for_members(client: Client, engine: Engine) -> None:
    request = make_request(engine)
    deny(client, request, reason="our words to the agent")
    owner = enter(make_owner())
    shown = [open_page(reader, request_url(request)).text.count("our words") for reader in (client, owner)]
    assert shown == [2, 0]


def test_a_diff_keeps_its_signs_and_its_kinds(client: Client, engine: Engine) -> None:
    request = make_request(
        engine, permission="edit", patterns=["app.py"], metadata={"filepath": "/srv/app.py", "diff": DIFF}
    )
    html = client.get(request_url(request)).content.decode()
    lines = re.findall(r'<span class="diff-(\w+)">(.*?)\n</span>', html)
    assert lines == [
        ("meta", "--- a/app.py"),
        ("meta", "+++ b/app.py"),
        ("hunk", "@@ -1,3 +1,3 @@ def main():"),
        ("context", " import os"),
        ("removed", "--- old banner"),
        ("added", "+++ new banner"),
        ("context", " print()"),
    ]
    assert "1 line added, 1 removed" in html


def test_arguments_metadata_and_patterns_are_shown(client: Client, engine: Engine) -> None:
    request = make_request(
        engine, sealed=False, permission="webfetch", patterns=["https://example.org/*"], metadata={"n": 1}
    )
    seal_request(
        actor=RELAY_ACTOR,
        request=request,
        arguments={"url": "https://example.org/a", "format": "<b>"},
        now=timezone.now(),
    )
    text = open_page(client, request_url(request)).html
    assert (
        "{\n  &quot;format&quot;: &quot;&lt;b&gt;&quot;,\n  &quot;url&quot;: &quot;https://example.org/a&quot;\n}"
        in text
    )
    assert "https://example.org/*</code>" in text
    assert "{\n  &quot;n&quot;: 1\n}" in text


def test_the_chain_from_the_chat_down_to_who_asks(client: Client, engine: Engine) -> None:
    make_session(engine, "ses_root", title="Fix the build")
    make_session(engine, "ses_a", "ses_root", title="Look around", agent="explore")
    make_session(engine, "ses_b", "ses_a", title="Read the log", agent="general")
    request = make_request(engine, session_id="ses_b")
    text = open_page(client, request_url(request)).text
    chain = text[text.index("Who asks") : text.index("What happened")]
    assert chain.startswith(
        "Who asks build-01 engine Fix the build chat, agent build "
        "Look around subagent, level 1, agent explore Read the log subagent, level 2, agent general"
    )


def test_the_story_from_the_question_to_the_engine(client: Client, team: Team, engine: Engine) -> None:
    request = make_request(engine)
    deny(client, request, reason="use git rm")
    EngineReply.objects.filter(request=request).update(
        state="orphaned", last_error="the session ended", ended_at=timezone.now()
    )
    text = open_page(client, request_url(request)).text
    story = text[text.index("What happened") :]
    words = ["build-01 asked", "the content is sealed", "Alice denied", "use git rm", "Denied", "outbox"]
    positions = [story.index(word) for word in words]
    assert positions == sorted(positions)


def test_votes_of_a_quorum_stand_in_the_story(client: Client, team: Team, engine: Engine) -> None:
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
    request = make_request(engine)
    response = approve(client, request, reason="looks right to me")
    assert messages_of(response) == ["Your approval counts: 1 of 2."]
    page = open_page(client, request_url(request))
    assert "Alice approved looks right to me" in page.text
    assert "1 of 2 approvals" in page.text
    assert "You have voted; it waits for others." in page.text
    assert page.find("button", data_act="approve") == []


def test_unsealed_offers_only_denial(client: Client, engine: Engine) -> None:
    request = make_request(engine, sealed=False)
    page = open_page(client, request_url(request))
    [approve_button], [deny_button] = (page.find("button", data_act=act) for act in ("approve", "deny"))
    assert ("disabled" in approve_button, "disabled" in deny_button) == (True, False)
    assert "did not tell the call's arguments" not in page.text
    assert approve(client, request).status_code == 409
    assert deny(client, request).status_code == 302


def test_the_first_button_of_the_form_is_harmless(client: Client, engine: Engine) -> None:
    page = open_page(client, request_url(make_request(engine)))
    submits = page.find("button", type="submit")
    position = next(index for index, button in enumerate(submits) if "data-act" in button)
    assert ("disabled" in submits[position - 1], "formaction" in submits[position - 1]) == (True, False)


def test_nothing_can_be_saved_or_deleted(client: Client, engine: Engine) -> None:
    page = open_page(client, request_url(make_request(engine)))
    names = {attributes.get("name") for tag, attributes in page.elements if tag in {"input", "textarea"}}
    assert names == {"csrfmiddlewaretoken", "fingerprint", "opened", "reason", "claimed_by", "text"}


# Deciding -----------------------------------------------------------------------------------------


def test_approving_returns_to_the_page_with_a_message(client: Client, engine: Engine) -> None:
    request = make_request(engine, "ls")
    response = approve(client, request)
    assert (response.status_code, response.url) == (302, request_url(request))
    assert messages_of(response) == ["Approved: ls"]
    assert list(EngineReply.objects.values_list("reply", "state")) == [("once", "queued")]


def test_a_denial_carries_its_message_to_the_engine(client: Client, engine: Engine) -> None:
    request = make_request(engine)
    deny(client, request, reason="  Use git rm.\r\nThen ask again. ")
    assert list(EngineReply.objects.values_list("reply", "message")) == [
        ("reject", "Use git rm.\nThen ask again.")
    ]


@pytest.mark.parametrize("fingerprint", ["", "0" * 64])
def test_another_fingerprint_is_409_and_shows_the_request_again(
    client: Client, engine: Engine, fingerprint: str
) -> None:
    request = make_request(engine)
    response = approve(client, request, fingerprint=fingerprint, reason="my words")
    page = read(response)
    assert response.status_code == 409
    assert "The request is not what was shown; look at it again." in page.text
    [shown] = page.find("input", name="fingerprint")
    assert shown["value"] == request.fingerprint
    assert ">my words</textarea>" in page.html
    assert not Vote.objects.exists()


@pytest.mark.parametrize("verb", ["approve", "deny"])
def test_the_second_decision_is_409_and_names_the_winner(
    client: Client, team: Team, engine: Engine, verb: str
) -> None:
    request = make_request(engine)
    bob = make_principal(make_user(team, name="Bob Brandt"))
    approve_request(principal=bob, request_id=request.pk, fingerprint=request.fingerprint)
    response = {"approve": approve, "deny": deny}[verb](client, request)
    page = read(response)
    assert response.status_code == 409
    assert "Bob Brandt approved it already." in page.text
    assert page.find("button", data_act="approve") == []
    assert (Vote.objects.count(), EngineReply.objects.count()) == (1, 1)


def test_a_message_that_is_too_long_comes_back_to_be_shortened(client: Client, engine: Engine) -> None:
    request = make_request(engine)
    response = deny(client, request, reason="y" * 4001)
    assert response.status_code == 400
    assert own_address(response) == [request_url(request)]
    assert own_address(client.get(request_url(request))) == []
    assert "y" * 4001 + "</textarea>" in response.content.decode()
    request.refresh_from_db()
    assert request.is_pending


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_other_roles_read_it_and_are_refused(team: Team, engine: Engine, role: str) -> None:
    request = make_request(engine)
    client = enter(make_user(team, role))
    page = open_page(client, request_url(request))
    assert "Only approvers of the team decide." in page.text
    response = approve(client, request)
    assert response.status_code == 403
    assert "Only approvers of the team decide. Nothing changed." in read(response).text
    refused = AuditEntry.objects.order_by("-n")[0]
    assert (refused.verb, refused.subject_id, refused.door) == ("refused", request.pk, "admin")


@pytest.mark.parametrize("role", [Role.APPROVER, Role.ADMIN])
def test_deciding_roles_decide(team: Team, engine: Engine, role: str) -> None:
    request = make_request(engine)
    assert approve(enter(make_user(team, role)), request).status_code == 302
    request.refresh_from_db()
    assert (request.state, request.decision_door) == ("approved", "admin")


def test_time_that_ran_out_takes_no_decision(client: Client, engine: Engine) -> None:
    request = make_request(engine, now=timezone.now() - timedelta(hours=2))
    response = approve(client, request)
    assert response.status_code == 409
    assert "The time for this request has run out." in read(response).text


def test_history_shows_audit_entries(client: Client, engine: Engine) -> None:
    request = make_request(engine)
    approve(client, request)
    text = open_page(client, request_url(request, "history")).text
    assert [verb in text for verb in ("permission_request.ask", "vote.cast", "reply.queue")] == [True] * 3


def test_the_chats_page_shows_its_requests(client: Client, engine: Engine) -> None:
    make_session(engine, "ses_1", title="Fix the build")
    request = make_request(engine, "git log")
    chat_id = request.chat_id or ""
    page = open_page(client, address("engines_chat", "change", chat_id))
    assert request_url(request) in [link["href"] for link in page.find("a") if "href" in link]
