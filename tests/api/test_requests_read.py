"""Reading permission requests: what is shown, and to whom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Team, User
from engines.models import Chat, Engine
from events.models import AuditEntry
from governance.domain.close import close_dead_requests
from governance.domain.decide import approve_request, deny_request
from governance.domain.requests import Wish, create_request
from governance.enums import CloseReason
from governance.models import EngineReply, PermissionRequest
from reviews.models import ReviewPolicy
from tests.api.clients import call_as, outcome
from tests.factories import (
    make_engine,
    make_gated,
    make_owner,
    make_principal,
    make_request,
    make_rule,
    make_service,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

SECRET = "ghp_abcdefghijklmnop123456"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


def read_ids(answer: Any) -> list[str]:
    return [row["id"] for row in answer.json()["results"]]


def test_request_shows_all_its_facts(team: Team, user: User, engine: Engine) -> None:
    session_id = make_session(engine, title="Tidy up")
    now = datetime(2031, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    row = make_request(engine, "ls -la", session_id=session_id, now=now, engine_request_id="per_x")
    chat = Chat.objects.get(engine=engine)
    token_cannot = "This team does not let API tokens decide."
    expected = {
        "id": row.pk,
        "state": "pending",
        "fingerprint": row.fingerprint,
        "permission": "bash",
        "summary": "ls -la",
        "is_summary_whole": True,
        "prefix": "ls",
        "risk": "normal",
        "findings": [],
        "arguments_known": True,
        "sealed": True,
        "can_decide": False,
        "cannot_decide_because": token_cannot,
        "my_decision": None,
        "claimed_by": None,
        "claimed_at": None,
        "comments_count": 0,
        "approvals": 0,
        "approvals_needed": 1,
        "team": {"id": team.pk, "name": team.name},
        "source": "engine",
        "requester": {"kind": "engine", "id": engine.pk, "label": engine.name},
        "engine": {"id": engine.pk, "name": engine.name},
        "chat": {"id": chat.pk, "title": "Tidy up", "session_id": session_id},
        "subagent": None,
        "engine_request_id": "per_x",
        "session_id": session_id,
        "tool_message_id": "msg_1",
        "tool_call_id": "call_1",
        "directory": "/srv/demo",
        "agent": "build",
        "created_at": "2031-01-02T03:04:05.678901Z",
        "expires_at": "2031-01-02T04:04:05.678901Z",
        "decided_at": None,
        "decided_by": None,
        "decision_door": "",
        "rule": None,
        "decision_message": "",
        "close_reason": "",
        "closed_by": None,
        "delivery": None,
    }
    client = call_as(user)
    assert client.read("permission-requests/").json() == {
        "next": None,
        "next_cursor": None,
        "results": [expected],
    }
    content = {
        "permission": "bash",
        "patterns": ["ls -la"],
        "directory": "/srv/demo",
        "agent": "build",
        "command": "ls -la",
        "diff": "",
        "arguments": {"command": "ls -la", "description": "test"},
        "metadata": {},
        "tool": "",
    }
    assert client.read(f"permission-requests/{row.pk}/").json() == {
        **expected,
        "siblings": 0,
        "content": content,
    }


def test_decided_request_names_who_when_where_and_the_delivery(team: Team, engine: Engine) -> None:
    approver = make_user(team)
    row = make_request(engine)
    deny_request(
        principal=make_principal(approver), request_id=row.pk, fingerprint=row.fingerprint, reason="not now"
    )
    row.refresh_from_db()
    reply = EngineReply.objects.get(request=row)
    shown = call_as(approver).read(f"permission-requests/{row.pk}/").json()
    assert shown["decided_by"] == {"kind": "user", "id": approver.pk, "label": approver.username}
    assert (shown["state"], shown["decision_message"], shown["decision_door"]) == ("denied", "not now", "api")
    assert shown["my_decision"]["verdict"] == "deny"
    assert shown["my_decision"]["reason"] == "not now"
    assert shown["cannot_decide_because"] == f"{approver.username} denied it already."
    assert shown["delivery"] == {
        "reply": "reject",
        "state": "queued",
        "attempts": 0,
        "error": "",
        "created_at": reply.created_at.isoformat().replace("+00:00", "Z"),
        "sent_at": None,
        "ended_at": None,
    }


def test_closed_request_says_why(user: User, engine: Engine) -> None:
    row = make_request(engine)
    rows = PermissionRequest.objects.filter(pk=row.pk)
    close_dead_requests(rows=rows, reason=CloseReason.SESSION_ABORTED, now=timezone.now())
    shown = call_as(user).read(f"permission-requests/{row.pk}/").json()
    assert (shown["state"], shown["close_reason"]) == ("expired", "session_aborted")
    assert shown["cannot_decide_because"] == "It is expired: the agent's turn was aborted."


def test_whoever_may_decide_is_told_so(team: Team, user: User, engine: Engine) -> None:
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    make_request(engine)
    shown = call_as(user).read("permission-requests/").json()["results"][0]
    assert (shown["can_decide"], shown["cannot_decide_because"]) == (True, "")


def test_second_vote_is_not_offered(team: Team, user: User, engine: Engine) -> None:
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
    row = make_request(engine)
    approve_request(principal=make_principal(user), request_id=row.pk, fingerprint=row.fingerprint)
    shown = call_as(user).read("permission-requests/").json()["results"][0]
    assert (shown["approvals"], shown["can_decide"]) == (1, False)
    assert shown["cannot_decide_because"] == "You have voted on this already."


def test_nobody_is_offered_what_their_service_account_asks(team: Team, user: User) -> None:
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    service = make_service(user, team)
    create_request(principal=make_principal(service), team=team, wish=Wish(permission="deploy"))
    other = make_user(team)
    mine = call_as(user).read("permission-requests/").json()["results"][0]
    assert mine["cannot_decide_because"] == (
        "Nobody decides what they, or a service account they own, asked for."
    )
    assert call_as(other).read("permission-requests/").json()["results"][0]["can_decide"] is True


def test_secrets_are_masked_in_lists_and_shown_on_the_request_with_an_audit_entry(
    user: User, engine: Engine
) -> None:
    row = make_request(engine, f"git push https://me:{SECRET}@example.org")
    client = call_as(user)
    listed = client.read("permission-requests/")
    assert SECRET not in listed.content.decode()
    assert listed.json()["results"][0]["summary"] == "git push https://••••@example.org"
    before = AuditEntry.objects.count()
    shown = client.read(f"permission-requests/{row.pk}/")
    assert shown.json()["content"]["command"] == f"git push https://me:{SECRET}@example.org"
    entries = list(AuditEntry.objects.order_by("n")[before:])
    assert [(entry.actor_id, entry.subject_id, entry.door) for entry in entries] == [(user.pk, row.pk, "api")]
    assert SECRET not in entries[0].text


def test_reading_what_holds_no_secret_is_not_audited(user: User, engine: Engine) -> None:
    row = make_request(engine, "ls -la")
    before = AuditEntry.objects.count()
    assert call_as(user).read(f"permission-requests/{row.pk}/").json()["content"]["command"] == "ls -la"
    assert AuditEntry.objects.count() == before + 1  # the token's own creation


def test_full_content_needs_its_scope(user: User, engine: Engine) -> None:
    row = make_request(engine, f"echo {SECRET}")
    answer = call_as(user, Scope.REQUESTS_READ).read(f"permission-requests/{row.pk}/")
    assert answer.json()["content"] is None
    assert SECRET not in answer.content.decode()


def test_owner_reads_states_of_every_team_but_no_content(engine: Engine) -> None:
    row = make_request(engine)
    client = call_as(make_owner())
    assert read_ids(client.read("permission-requests/")) == [row.pk]
    shown = client.read(f"permission-requests/{row.pk}/").json()
    assert (shown["content"], shown["can_decide"]) == (None, False)


def test_text_that_is_no_unicode_is_shown_as_it_came(user: User, engine: Engine) -> None:
    row = make_request(engine, "echo \ud800")
    shown = call_as(user).read(f"permission-requests/{row.pk}/")
    assert shown.status_code == 200
    assert b'"echo \\ud800"' in shown.content


def test_siblings_are_counted_on_the_request(user: User, engine: Engine) -> None:
    rows = [make_request(engine) for _ in range(3)]
    assert call_as(user).read(f"permission-requests/{rows[0].pk}/").json()["siblings"] == 2


def test_other_team_s_requests_do_not_exist(engine: Engine) -> None:
    row = make_request(engine, f"echo {SECRET}")
    stranger = call_as(make_user(make_team()))
    assert read_ids(stranger.read("permission-requests/")) == []
    assert read_ids(stranger.read(f"permission-requests/?team={row.team_id}")) == []
    for path in ("", "wait/?timeout=0"):
        assert outcome(stranger.read(f"permission-requests/{row.pk}/{path}")) == (404, "not_found")
    absent = stranger.read(f"permission-requests/{'0' * 15}/")
    there = stranger.read(f"permission-requests/{row.pk}/")
    assert absent.content == there.content


def test_token_that_only_creates_sees_its_own(team: Team, user: User, engine: Engine) -> None:
    make_request(engine)
    client = call_as(user, Scope.REQUESTS_CREATE)
    made = client.write("permission-requests/", {"permission": "deploy"}).json()
    assert read_ids(client.read("permission-requests/")) == [made["id"]]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.APPROVER, Role.ADMIN])
def test_every_member_reads(team: Team, engine: Engine, role: str) -> None:
    row = make_request(engine)
    shown = call_as(make_user(team, role)).read(f"permission-requests/{row.pk}/").json()
    assert shown["content"]["command"] == "ls -la"


def test_service_account_reads_but_is_never_offered_a_decision(
    team: Team, user: User, engine: Engine
) -> None:
    row = make_request(engine)
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    shown = call_as(make_service(user, team)).read(f"permission-requests/{row.pk}/").json()
    assert (shown["can_decide"], shown["cannot_decide_because"]) == (False, "Service accounts never decide.")
    assert PermissionRequest.objects.get(pk=row.pk).is_pending


def test_owner_outside_the_team_reads_no_command(engine: Engine) -> None:
    session_id = make_session(engine, title="The plan")
    row = make_request(engine, "deploy the-plan", session_id=session_id)
    client = call_as(make_owner())
    for shown in (
        client.read("permission-requests/").json()["results"][0],
        client.read(f"permission-requests/{row.pk}/").json(),
    ):
        assert (shown["id"], shown["state"], shown["summary"]) == (row.pk, "pending", "")
        assert "plan" not in str(shown)
    assert read_ids(client.read("permission-requests/?search=plan")) == []
    assert read_ids(client.read("permission-requests/?search=nothing")) == []


def test_a_rules_decision_names_the_rule_and_its_version() -> None:
    team = make_team()
    rule = make_rule(team, "git status", name="Look at git")
    request = make_request(make_gated(make_engine(team)), "git status")
    shown = call_as(make_user(team)).read(f"permission-requests/{request.pk}/").json()
    assert (shown["state"], shown["decision_door"]) == ("approved", "rule")
    assert shown["rule"] == {"id": rule.pk, "version": 1, "name": "Look at git"}
    assert shown["decided_by"] == {"kind": "rule", "id": rule.pk, "label": "Look at git"}
