"""Deciding through the API: by whom, with what, and only once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Team, User
from engines.models import Engine
from events.models import AuditEntry, Event
from governance.models import EngineReply, PermissionRequest
from reviews.models import ReviewPolicy, Vote
from tests.api.clients import ApiClient, call_as, outcome, problem, sign_in, write_signed_in
from tests.factories import (
    make_engine,
    make_owner,
    make_request,
    make_service,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

DECISIONS = ("approve", "deny")


@pytest.fixture
def team() -> Team:
    """A team that lets tokens decide."""
    team = make_team()
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    team.refresh_from_db()
    return team


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def row(engine: Engine) -> PermissionRequest:
    return make_request(engine)


def decide(client: ApiClient, row: PermissionRequest, decision: str, **body: Any) -> Any:
    body.setdefault("fingerprint", row.fingerprint)
    return client.write(f"permission-requests/{row.pk}/{decision}/", body)


def assert_untouched(row: PermissionRequest) -> None:
    row.refresh_from_db()
    assert (row.state, row.approvals, row.decided_by_id) == ("pending", 0, "")
    assert not Vote.objects.filter(subject_id=row.pk).exists()
    assert not EngineReply.objects.filter(request=row).exists()


@pytest.mark.parametrize(
    ("decision", "state", "reply"), [("approve", "approved", "once"), ("deny", "denied", "reject")]
)
def test_decision_is_recorded_and_queued(
    user: User, row: PermissionRequest, decision: str, state: str, reply: str
) -> None:
    answer = decide(call_as(user), row, decision, reason="  because  ")
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["state"], shown["decision_message"], shown["decision_door"]) == (state, "because", "api")
    assert shown["decided_by"] == {"kind": "user", "id": user.pk, "label": user.username}
    assert (shown["delivery"]["reply"], shown["delivery"]["state"]) == (reply, "queued")
    assert (shown["can_decide"], shown["my_decision"]["reason"]) == (False, "because")
    verbs = [entry.verb for entry in AuditEntry.objects.filter(subject_id=row.pk, actor_id=user.pk)]
    assert f"permission_request.{decision}" in verbs


@pytest.mark.parametrize("first", DECISIONS)
@pytest.mark.parametrize("second", DECISIONS)
def test_second_decision_loses_and_is_told_who_won(
    team: Team, user: User, row: PermissionRequest, first: str, second: str
) -> None:
    assert decide(call_as(user), row, first).status_code == 200
    for latecomer in (make_user(team), user):
        document = problem(decide(call_as(latecomer), row, second))
        assert (document["status"], document["code"]) == (409, "already_decided")
        assert document["decided_by"] == user.username
        assert document["state"] == {"approve": "approved", "deny": "denied"}[first]
        assert document["detail"] == f"{user.username} {document['state']} it already."
    assert Vote.objects.filter(subject_id=row.pk).count() == 1
    assert EngineReply.objects.filter(request=row).count() == 1


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("fingerprint", ["", "0" * 64, "x"])
def test_decision_about_something_else_is_stale(
    user: User, row: PermissionRequest, decision: str, fingerprint: str
) -> None:
    document = problem(decide(call_as(user), row, decision, fingerprint=fingerprint))
    assert (document["status"], document["code"]) == (409, "stale_fingerprint")
    assert document["fingerprint"] == row.fingerprint
    assert_untouched(row)


@pytest.mark.parametrize("decision", DECISIONS)
def test_decision_without_a_fingerprint_is_stale(user: User, row: PermissionRequest, decision: str) -> None:
    path = f"permission-requests/{row.pk}/{decision}/"
    client = call_as(user)
    for answer in (client.write(path, {}), client.write(path, {"reason": "x"}), client.send("POST", path)):
        assert outcome(answer) == (409, "stale_fingerprint")
    assert_untouched(row)


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize(
    "body",
    [
        {"fingerprint": None},
        {"fingerprint": 5},
        {"fingerprint": ["x"]},
        {"fingerprint": "x" * 65},
        {"reason": None},
        {"reason": {"text": "x"}},
        {"reason": "x" * 4001},
        {"reason": "a\0b"},
        {"verdict": "approve"},
        {"state": "approved"},
    ],
)
def test_malformed_decision_changes_nothing(
    user: User, row: PermissionRequest, decision: str, body: dict[str, Any]
) -> None:
    before = Event.objects.count()
    answer = decide(call_as(user), row, decision, **body)
    assert answer.status_code == 400
    assert_untouched(row)
    assert Event.objects.count() == before


@pytest.mark.parametrize("decision", [*DECISIONS, "cancel"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_post_decides(user: User, row: PermissionRequest, decision: str, method: str) -> None:
    path = f"permission-requests/{row.pk}/{decision}/?fingerprint={row.fingerprint}"
    answer = call_as(user).send(method, path, {"fingerprint": row.fingerprint})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    if method != "HEAD":
        assert problem(answer)["code"] == "method_not_allowed"
    assert_untouched(row)


@pytest.mark.parametrize("decision", DECISIONS)
def test_token_decides_only_where_the_team_lets_it(
    team: Team, user: User, row: PermissionRequest, decision: str
) -> None:
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=False)
    answer = decide(call_as(user), row, decision)
    assert problem(answer)["detail"] == "This team does not let API tokens decide."
    assert outcome(answer) == (403, "refused")
    assert_untouched(row)


@pytest.mark.parametrize("decision", DECISIONS)
def test_session_decides_also_where_tokens_do_not(
    team: Team, user: User, row: PermissionRequest, decision: str
) -> None:
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=False)
    path = f"permission-requests/{row.pk}/{decision}/"
    client = sign_in(user)
    assert outcome(client.write(path, {"fingerprint": row.fingerprint})) == (403, "csrf_failed")
    assert_untouched(row)
    assert write_signed_in(client, path, {"fingerprint": row.fingerprint}).status_code == 200


@pytest.mark.parametrize("decision", DECISIONS)
def test_token_without_the_scope_decides_nothing(user: User, row: PermissionRequest, decision: str) -> None:
    scopes = [scope for scope in Scope.values if scope != Scope.REQUESTS_DECIDE]
    assert outcome(decide(call_as(user, *scopes), row, decision)) == (403, "missing_scope")
    assert_untouched(row)


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_other_roles_decide_nothing(team: Team, row: PermissionRequest, decision: str, role: str) -> None:
    assert outcome(decide(call_as(make_user(team, role)), row, decision)) == (403, "refused")
    assert_untouched(row)


@pytest.mark.parametrize("decision", DECISIONS)
def test_other_team_decides_nothing(row: PermissionRequest, decision: str) -> None:
    other = make_team()
    Team.objects.filter(pk=other.pk).update(tokens_may_decide=True)
    assert outcome(decide(call_as(make_user(other)), row, decision)) == (404, "not_found")
    assert_untouched(row)


@pytest.mark.parametrize("decision", DECISIONS)
def test_owner_decides_only_as_a_member(row: PermissionRequest, decision: str) -> None:
    assert outcome(decide(call_as(make_owner()), row, decision)) == (403, "refused")
    assert_untouched(row)


@pytest.mark.parametrize("decision", DECISIONS)
def test_service_account_never_decides(team: Team, user: User, row: PermissionRequest, decision: str) -> None:
    service = make_service(user, team)
    assert outcome(decide(call_as(service), row, decision)) == (403, "missing_scope")
    # Nor with a scope that got into its token past every check.
    client = call_as(service)
    service.api_tokens.update(scopes=list(Scope.values))
    assert problem(decide(client, row, decision))["detail"] == "Service accounts never decide."
    assert_untouched(row)


@pytest.mark.parametrize("decision", DECISIONS)
def test_nobody_decides_what_they_or_their_service_account_asked(
    team: Team, user: User, decision: str
) -> None:
    for asker in (user, make_service(user, team)):
        made = call_as(asker).write("permission-requests/", {"permission": "deploy"}).json()
        row = PermissionRequest.objects.get(pk=made["id"])
        path = f"permission-requests/{row.pk}/{decision}/"
        by_session = write_signed_in(sign_in(user), path, {"fingerprint": row.fingerprint})
        for answer in (decide(call_as(user), row, decision), by_session):
            assert outcome(answer) == (403, "refused")
        assert_untouched(row)
        assert decide(call_as(make_user(team)), row, decision).status_code == 200


def test_chat_s_user_decides_unless_the_team_says_no(team: Team, engine: Engine) -> None:
    session_id = make_session(engine)
    viewer = make_user(team, Role.VIEWER)
    engine.chats.update(user=viewer)
    first, second = (make_request(engine, session_id=session_id) for _ in range(2))
    client = call_as(viewer)
    assert decide(client, first, "approve").status_code == 200
    Team.objects.filter(pk=team.pk).update(chat_user_may_decide=False)
    assert outcome(decide(client, second, "approve")) == (403, "refused")
    assert_untouched(second)


def test_request_without_its_arguments_is_only_denied(user: User, engine: Engine) -> None:
    row = make_request(engine, sealed=False)
    # Its risk can't be told yet, so no token decides it.
    assert outcome(decide(call_as(user), row, "deny")) == (403, "refused")
    session, decision = sign_in(user), {"fingerprint": row.fingerprint}
    early = write_signed_in(session, f"permission-requests/{row.pk}/approve/", decision)
    assert outcome(early) == (409, "unsealed")
    assert_untouched(row)
    denied = write_signed_in(session, f"permission-requests/{row.pk}/deny/", decision)
    assert denied.json()["state"] == "denied"


def test_request_whose_time_ran_out_is_not_decided(user: User, engine: Engine) -> None:
    row = make_request(engine, now=timezone.now() - timedelta(hours=2))
    for decision in DECISIONS:
        assert outcome(decide(call_as(user), row, decision)) == (409, "expired")
    assert_untouched(row)


def test_two_people_are_needed_where_the_team_says_two(team: Team, user: User, engine: Engine) -> None:
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
    row = make_request(engine)
    client = call_as(user)
    first = decide(client, row, "approve").json()
    assert (first["state"], first["approvals"], first["delivery"]) == ("pending", 1, None)
    assert outcome(decide(client, row, "approve")) == (409, "already_voted")
    assert outcome(decide(client, row, "deny")) == (409, "already_voted")
    second = decide(call_as(make_user(team)), row, "approve").json()
    assert (second["state"], second["approvals"]) == ("approved", 2)


def test_unknown_request_is_not_decided(user: User) -> None:
    client = call_as(user)
    for request_id in ("0" * 15, "x" * 14, "..%2f..%2fadmin", "A" * 15, "%00"):
        answer = client.write(f"permission-requests/{request_id}/approve/", {"fingerprint": ""})
        assert outcome(answer) == (404, "not_found")
