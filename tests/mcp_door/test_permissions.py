"""The official client asks for permission and waits for people."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accounts.domain.tokens import revoke_token
from accounts.enums import Role, Scope
from accounts.models import ApiToken, Membership, Team, User
from events.models import AuditEntry
from governance.domain.decide import approve_request, deny_request
from governance.models import PermissionRequest
from live.hub import get_hub
from portal.application import Application
from tests.factories import make_principal, make_service, make_team, make_token, make_user
from tests.mcp_door.conftest import connect, in_thread, until

pytestmark = pytest.mark.django_db(transaction=True)

# The handshake of older clients, and both ways of the newer protocol without one.
MODES = ("auto", "legacy", "2026-07-28")
WISH = {"permission": "deploy", "command": "make deploy"}
WAIT_AGAIN = "Nobody has decided yet. Call wait_for_permission with this id again."
GO = "It is approved: do exactly what was asked for, once."
NO = "It is not approved: do not do it."


async def begin_waiting(client: Any, request_id: str) -> asyncio.Task[Any]:
    """A call that is on the hub."""
    call = asyncio.create_task(client.call_tool("wait_for_permission", {"id": request_id}))
    await until(lambda: any(subject.id == request_id for subject in get_hub().waiters) or call.done())
    return call


def decide(verb: Any, approver: User, request_id: str, reason: str) -> None:
    fingerprint = PermissionRequest.objects.get(pk=request_id).fingerprint
    verb(principal=make_principal(approver), request_id=request_id, fingerprint=fingerprint, reason=reason)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("verb", "state", "may_act", "message", "next_step"),
    [
        (approve_request, "approved", True, "", GO),
        (deny_request, "denied", False, "Not on a Friday.", NO),
    ],
    ids=["approved", "denied"],
)
async def test_an_agent_asks_waits_and_is_told(
    application: Application,
    approver: User,
    agent: User,
    mode: str,
    verb: Any,
    state: str,
    may_act: bool,
    message: str,
    next_step: str,
) -> None:
    secret = await in_thread(make_token, agent, Scope.REQUESTS_CREATE)
    async with connect(application, secret, mode=mode) as client:
        asked = (await client.call_tool("request_permission", WISH)).structured_content
        assert {**asked, "id": "", "expires_at": ""} == {
            "id": "",
            "state": "pending",
            "may_act": False,
            "message": "",
            "decided_at": None,
            "expires_at": "",
            "next": WAIT_AGAIN,
        }
        call = await begin_waiting(client, asked["id"])
        await in_thread(decide, verb, approver, asked["id"], message)
        told = await call
    shown = told.structured_content
    assert not told.is_error
    assert {**shown, "expires_at": "", "decided_at": ""} == {
        "id": asked["id"],
        "state": state,
        "may_act": may_act,
        "message": message,
        "decided_at": "",
        "expires_at": "",
        "next": next_step,
    }


async def test_when_the_time_is_up_the_answer_is_pending_and_the_id_to_ask_again(
    application: Application, agent: User
) -> None:
    secret = await in_thread(make_token, agent, Scope.REQUESTS_CREATE)
    async with connect(application, secret) as client:
        asked = (await client.call_tool("request_permission", WISH)).structured_content
        waited = await client.call_tool("wait_for_permission", {"id": asked["id"], "timeout_s": 0})
    assert (waited.is_error, waited.structured_content) == (False, asked)


async def test_the_audit_names_the_door(application: Application, agent: User) -> None:
    secret = await in_thread(make_token, agent, Scope.REQUESTS_CREATE)
    async with connect(application, secret) as client:
        asked = (await client.call_tool("request_permission", WISH)).structured_content
    entries = await in_thread(
        lambda: list(
            AuditEntry.objects.filter(subject_id=asked["id"]).values_list("actor_kind", "actor_id", "door")
        )
    )
    assert set(entries) == {("service", agent.pk, "mcp")}


async def test_the_same_key_with_the_same_content_asks_once(application: Application, agent: User) -> None:
    secret = await in_thread(make_token, agent, Scope.REQUESTS_CREATE)
    async with connect(application, secret) as client:
        first = await client.call_tool("request_permission", {**WISH, "idempotency_key": "deploy-1"})
        second = await client.call_tool("request_permission", {**WISH, "idempotency_key": "deploy-1"})
        other = await client.call_tool(
            "request_permission", {**WISH, "command": "rm -r build", "idempotency_key": "deploy-1"}
        )
    assert second.structured_content == first.structured_content
    assert other.is_error
    assert await in_thread(PermissionRequest.objects.count) == 1


async def test_what_others_asked_for_does_not_exist(application: Application, agent: User) -> None:
    def ask_elsewhere() -> str:
        team = make_team("Other")
        return make_token(make_service(make_user(team), team), Scope.REQUESTS_CREATE)

    elsewhere = await in_thread(ask_elsewhere)
    secret = await in_thread(make_token, agent, Scope.REQUESTS_CREATE)
    async with connect(application, elsewhere) as client:
        asked = (await client.call_tool("request_permission", WISH)).structured_content
    async with connect(application, secret) as client:
        found = await client.call_tool("wait_for_permission", {"id": asked["id"]})
    assert (found.is_error, found.structured_content) == (
        True,
        {"code": "not_found", "detail": "There is no such permission request."},
    )


async def test_a_token_that_ends_ends_the_wait(application: Application, agent: User) -> None:
    secret = await in_thread(make_token, agent, Scope.REQUESTS_CREATE)

    def revoke() -> None:
        revoke_token(principal=make_principal(agent), token=ApiToken.objects.get(user=agent))

    async with connect(application, secret) as client:
        asked = (await client.call_tool("request_permission", WISH)).structured_content
        call = await begin_waiting(client, asked["id"])
        await in_thread(revoke)
        told = await call
    assert (told.is_error, told.structured_content) == (
        True,
        {"code": "invalid_token", "detail": "This token is unknown, expired or revoked."},
    )


async def test_several_teams_have_to_be_told_apart(application: Application, agent: User, team: Team) -> None:
    def join_another() -> None:
        Membership.objects.create(team=make_team("Other"), user=agent, role=Role.EDITOR)

    await in_thread(join_another)
    secret = await in_thread(make_token, agent, Scope.REQUESTS_CREATE)
    async with connect(application, secret) as client:
        unnamed = await client.call_tool("request_permission", WISH)
        named = await client.call_tool("request_permission", {**WISH, "team": team.pk})
    assert (unnamed.is_error, unnamed.structured_content["field"]) == (True, "team")
    assert not named.is_error
