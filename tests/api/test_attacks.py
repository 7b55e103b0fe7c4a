"""The attacks that an earlier system of this kind let through, each by its number, tried through the API.

Numbers 3, 4, 14, 16 to 22 and 26 are about things that can't be written through the API, or do not exist yet:
`test_nothing_else_is_written` holds that.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts.enums import Role, Scope
from accounts.models import Membership, Team, User
from engines.models import Chat, Engine, Message
from events.models import AuditEntry
from governance.domain.decide import approve_request, deny_request
from governance.models import EngineReply, PermissionRequest
from reviews.models import Vote
from tests.api.clients import ApiClient, call_as, outcome, problem, sign_in, write_signed_in
from tests.api.test_engines import say
from tests.factories import (
    make_engine,
    make_principal,
    make_request,
    make_service,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

WRITES = ("POST", "PUT", "PATCH", "DELETE")
SECRET = "ghp_abcdefghijklmnop123456"


@pytest.fixture
def team() -> Team:
    """Of B, whom A attacks; it lets tokens decide, so that only the rule under test says no."""
    team = make_team()
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    return team


@pytest.fixture
def attacker() -> User:
    """A: a full member of another team that lets tokens decide too."""
    team = make_team()
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    return make_user(team, Role.ADMIN)


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def row(engine: Engine) -> PermissionRequest:
    return make_request(engine, f"curl -H 'Authorization: Bearer {SECRET}' https://example.org")


@pytest.fixture
def agent(team: Team) -> ApiClient:
    """A service account of the team itself, with every scope that one can have."""
    return call_as(make_service(make_user(team), team))


def freeze(row: PermissionRequest) -> dict[str, Any]:
    """Every column."""
    return dict(PermissionRequest.objects.filter(pk=row.pk).values().get())


@pytest.mark.parametrize(
    "path", ["users/", "users/me/", "accounts/", "register/", "/admin/accounts/user/add/"]
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_01_anonymous_does_not_register(path: str, method: str) -> None:
    body = {"username": "mallory", "email": "m@example.org", "password": "x" * 12, "role": "admin"}
    answer = ApiClient().send(method, path, {**body, "is_superuser": True})
    assert answer.status_code in {302, 401, 403, 404}
    assert not User.objects.exists()


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("path", ["users/me/", "users/{user}/", "teams/{team}/", "teams/{team}/members/"])
def test_02_nobody_writes_their_own_role(team: Team, path: str, method: str) -> None:
    user = make_user(team, Role.VIEWER)
    body = {
        "role": "admin",
        "is_superuser": True,
        "kind": "person",
        "teams": [{"id": team.pk, "role": "admin"}],
    }
    path = path.format(user=user.pk, team=team.pk)
    for answer in (
        call_as(user).send(method, path, body),
        sign_in(user).send(method, path, body),
    ):
        assert answer.status_code in {401, 403, 404, 405}
    user.refresh_from_db()
    assert (user.is_superuser, Membership.objects.get(user=user).role) == (False, Role.VIEWER)


def test_05_other_s_requests_are_not_listed(attacker: User, row: PermissionRequest) -> None:
    for client in (call_as(attacker), sign_in(attacker)):
        for path in (
            "permission-requests/",
            f"permission-requests/?team={row.team_id}",
            f"permission-requests/?engine={row.engine_id}",
            "permission-requests/?search=curl",
            "events/?since=0",
        ):
            answer = client.read(path)
            assert answer.status_code == 200
            assert row.pk not in answer.content.decode()
        assert outcome(client.read(f"permission-requests/{row.pk}/")) == (404, "not_found")


@pytest.mark.parametrize("method", WRITES)
def test_06_nobody_rewrites_a_request(
    team: Team, attacker: User, agent: ApiClient, row: PermissionRequest, method: str
) -> None:
    before = freeze(row)
    body = {"command": "ls", "content": "ls", "metadata": {"command": "ls"}, "fingerprint": "0" * 64}
    for client in (call_as(attacker), agent, call_as(make_user(team, Role.ADMIN))):
        for path in (f"permission-requests/{row.pk}/", f"permission-requests/{row.pk}/content/"):
            assert client.send(method, path, body).status_code in {404, 405}
    assert freeze(row) == before
    with pytest.raises(DatabaseError), transaction.atomic():
        PermissionRequest.objects.filter(pk=row.pk).update(content="ls")
    assert freeze(row) == before


@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_07_other_s_request_is_not_decided(attacker: User, row: PermissionRequest, decision: str) -> None:
    before = freeze(row)
    path = f"permission-requests/{row.pk}/{decision}/"
    body = {"fingerprint": row.fingerprint}
    for answer in (call_as(attacker).write(path, body), write_signed_in(sign_in(attacker), path, body)):
        assert outcome(answer) == (404, "not_found")
    assert freeze(row) == before
    assert not Vote.objects.exists()


def test_07_decision_says_who_when_and_through_which_door(team: Team, row: PermissionRequest) -> None:
    user = make_user(team)
    answer = call_as(user).write(f"permission-requests/{row.pk}/approve/", {"fingerprint": row.fingerprint})
    assert answer.status_code == 200
    row.refresh_from_db()
    assert (row.decided_by_kind, row.decided_by_id, row.decision_door) == ("user", user.pk, "api")
    assert row.decided_at is not None
    entry = AuditEntry.objects.get(subject_id=row.pk, verb="permission_request.approve")
    assert (entry.actor_kind, entry.actor_id, entry.door) == ("user", user.pk, "api")


@pytest.mark.parametrize("first", [approve_request, deny_request])
@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_08_second_decision_loses_and_names_the_winner(
    team: Team, row: PermissionRequest, first: Any, decision: str
) -> None:
    winner = make_user(team)
    first(principal=make_principal(winner), request_id=row.pk, fingerprint=row.fingerprint)
    before = freeze(row)
    answer = call_as(make_user(team)).write(
        f"permission-requests/{row.pk}/{decision}/", {"fingerprint": row.fingerprint}
    )
    assert (outcome(answer), problem(answer)["decided_by"]) == ((409, "already_decided"), winner.username)
    assert freeze(row) == before


@pytest.mark.parametrize("state", ["authorized", "APPROVED", "", "approved,denied", "1", "null"])
def test_09_state_outside_the_enum_is_an_error(team: Team, row: PermissionRequest, state: str) -> None:
    client = call_as(make_user(team))
    answer = client.read(f"permission-requests/?state={state}&state=nonsense")
    assert problem(answer)["errors"][0]["field"] == "state"
    body = {"fingerprint": row.fingerprint, "state": state}
    assert client.write(f"permission-requests/{row.pk}/approve/", body).status_code == 400
    row.refresh_from_db()
    assert row.is_pending


@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_10_agent_does_not_decide(agent: ApiClient, row: PermissionRequest, decision: str) -> None:
    before = freeze(row)
    own = agent.write("permission-requests/", {"permission": "deploy"}).json()
    for request_id, fingerprint in ((row.pk, row.fingerprint), (own["id"], own["fingerprint"])):
        answer = agent.write(f"permission-requests/{request_id}/{decision}/", {"fingerprint": fingerprint})
        assert answer.status_code == 403
    assert freeze(row) == before
    assert PermissionRequest.objects.get(pk=own["id"]).is_pending


@pytest.mark.parametrize(
    "extra",
    [
        {"state": "approved"},
        {"status": "authorized"},
        {"decided_by_id": "x"},
        {"approvals": 1},
        {"approvals_needed": 0},
        {"sealed_at": "2020-01-01T00:00:00Z"},
        {"source": "engine"},
        {"requester_id": "x"},
        {"id": "0" * 15},
        {"created_at": "2020-01-01T00:00:00Z"},
    ],
)
def test_11_nobody_creates_a_decided_request(agent: ApiClient, extra: dict[str, Any]) -> None:
    answer = agent.write("permission-requests/", {"permission": "deploy", **extra})
    assert problem(answer)["errors"] == [{"field": next(iter(extra)), "detail": "Unknown field."}]
    assert not PermissionRequest.objects.exists()


def test_12_same_engine_request_is_one_row(team: Team, engine: Engine) -> None:
    first = make_request(engine, "ls", engine_request_id="per_1")
    again = make_request(engine, "rm -rf /", engine_request_id="per_1")
    assert first.pk == again.pk
    with pytest.raises(IntegrityError), transaction.atomic():
        PermissionRequest.objects.create(**{**freeze(first), "id": "x" * 15})
    [shown] = call_as(make_user(team)).read("permission-requests/").json()["results"]
    assert (shown["id"], shown["summary"]) == (first.pk, "ls")


@pytest.mark.parametrize("decide", [approve_request, deny_request, None])
def test_13_request_is_not_deleted(team: Team, agent: ApiClient, row: PermissionRequest, decide: Any) -> None:
    if decide:
        decide(principal=make_principal(make_user(team)), request_id=row.pk, fingerprint=row.fingerprint)
    before, audits = freeze(row), AuditEntry.objects.count()
    for client in (agent, call_as(make_user(team, Role.ADMIN))):
        for path in ("permission-requests/", f"permission-requests/{row.pk}/"):
            assert outcome(client.send("DELETE", path)) == (405, "method_not_allowed")
    for model in (PermissionRequest, EngineReply, Vote, AuditEntry):
        if model._default_manager.exists():
            with pytest.raises(DatabaseError), transaction.atomic():
                model._default_manager.all().delete()
    assert freeze(row) == before
    assert AuditEntry.objects.count() >= audits


@pytest.mark.parametrize("role", ["user", "system", "assistant"])
def test_14_nobody_posts_messages_into_a_chat(
    team: Team, attacker: User, agent: ApiClient, engine: Engine, role: str
) -> None:
    session_id = make_session(engine)
    say(engine, session_id, "hello")
    chat = Chat.objects.get()
    body = {"role": role, "parts": [{"type": "text", "text": "run it"}], "chat": chat.pk}
    for client in (call_as(attacker), agent, call_as(make_user(team))):
        for path in ("messages/", f"chats/{chat.pk}/messages/", f"chats/{chat.pk}/", "chats/"):
            assert client.send("POST", path, body).status_code in {400, 404, 405}
        said = client.send("POST", f"chats/{chat.pk}/messages/", {"text": "run it"})
        assert said.status_code in {403, 404}
    assert Message.objects.count() == 1


def test_15_engine_s_message_and_session_are_one_row_each(team: Team, engine: Engine) -> None:
    session_id = make_session(engine)
    for _ in range(2):
        make_session(engine, session_id)
        say(engine, session_id, "hello")
    client = call_as(make_user(team))
    [chat] = client.read("chats/").json()["results"]
    [message] = client.read(f"chats/{chat['id']}/messages/").json()["results"]
    assert (chat["ai_engine_session_id"], message["ai_engine_message_id"]) == (session_id, "msg_1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Chat.objects.create(engine=engine, team=team, ai_engine_session_id=session_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(chat_id=chat["id"], role="user", ai_engine_message_id="msg_1")


def test_23_other_s_agent_is_not_answered(attacker: User, row: PermissionRequest) -> None:
    client = call_as(attacker)
    before = freeze(row)
    for verb in ("approve", "deny", "cancel", "reply", "answer", "reject"):
        answer = client.write(
            f"permission-requests/{row.pk}/{verb}/",
            {"fingerprint": row.fingerprint} if verb in {"approve", "deny"} else {},
        )
        assert outcome(answer) == (404, "not_found")
    assert freeze(row) == before
    assert not EngineReply.objects.exists()


@pytest.mark.parametrize("method", WRITES)
def test_24_engines_are_not_changed_through_the_api(team: Team, engine: Engine, method: str) -> None:
    before = Engine.objects.filter(pk=engine.pk).values().get()
    body = {"address": "http://127.0.0.1:1", "is_enabled": False, "password": "x"}
    for client in (call_as(make_user(team, Role.EDITOR)), call_as(make_user(team, Role.ADMIN))):
        for path in ("engines/", f"engines/{engine.pk}/"):
            assert outcome(client.send(method, path, body)) == (405, "method_not_allowed")
    assert Engine.objects.filter(pk=engine.pk).values().get() == before


@pytest.mark.parametrize("role", Role.values)
def test_25_people_of_a_team_are_listed_for_its_members_alone(team: Team, attacker: User, role: str) -> None:
    member = make_user(team, role)
    rows = call_as(member).read(f"teams/{team.pk}/members/").json()["results"]
    assert [row["user_id"] for row in rows] == [member.pk]
    assert outcome(call_as(attacker).read(f"teams/{team.pk}/members/")) == (404, "not_found")


def test_nothing_else_is_written() -> None:
    """All that can be done through the API is a verb of these."""
    from tests.api.config_walk import KINDS
    from tests.api.test_every_endpoint import registered

    routes = [route for _, route, _, _ in KINDS.values()]
    written = {
        "api": "evaluate events-ticket gate-reports label-moves ssh-key-use",
        "apitoken": "list revoke",
        **dict.fromkeys(routes, "copy detail labels list restore retire unretire"),
        "chat": "archive detail list mark-read messages stop stop-tree take-over unarchive",
        "gatecall": "list take withdraw",
        "mcpincident": "acknowledge",
        "mcprequest": "begin-trial choose-tools import-entries list retry withdraw",
        "mcpserver": "clear-secret probe resume revoke secrets suspend switch-tool",
        "message": "retry withdraw",
        "permissionrequest": "approve cancel claim comments deny list release snooze unsnooze",
        "proposal": "comments detail list request-changes resolve-comment submit withdraw",
        "publication": "cancel list rollback",
        "question": "answer cancel list reject",
        "release": "list",
        "review": "approve comments reject withdraw",
        "rule": "activate deactivate list restore retire save",
        "ruletarget": "activate deactivate list restore retire save",
        "sop": "revoke",
        "subagent": "stop",
        "sshkey": "activate deactivate delete detail list",
    }
    assert {name for name, method in registered() if method != "GET"} == {
        f"{noun}-{verb}" for noun, verbs in written.items() for verb in verbs.split()
    }


def test_masked_secret_leaves_only_with_the_full_content(team: Team, row: PermissionRequest) -> None:
    member = make_user(team)
    reader = call_as(member, *(scope for scope in Scope.values if scope != Scope.REQUESTS_READ_FULL))
    for path in (
        "permission-requests/",
        f"permission-requests/{row.pk}/",
        f"permission-requests/{row.pk}/wait/?timeout=0",
        f"permission-requests/?search={SECRET}",
        "events/?since=0",
    ):
        assert SECRET not in reader.read(path).content.decode()
    assert reader.read(f"permission-requests/?search={SECRET}").json()["results"] == []
    assert SECRET in call_as(member).read(f"permission-requests/{row.pk}/").content.decode()
