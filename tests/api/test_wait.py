"""Waiting for a decision, through the mounted ASGI application: one worker thread, one hub."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from accounts.domain.tokens import revoke_token
from accounts.enums import Scope
from accounts.models import ApiToken, Team, User
from events.database_threads import DatabaseThread
from governance.domain.close import cancel_request, expire_overdue_requests
from governance.domain.decide import approve_request, deny_request
from governance.domain.questions import answer_question, ask_question
from governance.domain.requests import Wish, create_request
from governance.models import PermissionRequest
from governance.question_content import QuestionItem
from live.hub import get_hub
from portal.application import build_application
from reviews.models import ReviewPolicy
from tests.factories import make_principal, make_service, make_team, make_token, make_user

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE_S = 10.0


@pytest.fixture
def team(transactional_db: None) -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def agent(team: Team) -> User:
    """Owned by somebody else than the approver: nobody decides what their own service account asks."""
    return make_service(make_user(team), team)


@pytest.fixture
def asked(team: Team, agent: User) -> PermissionRequest:
    return create_request(principal=make_principal(agent), team=team, wish=Wish(permission="deploy"))[0]


@pytest.fixture
async def client(agent: User) -> AsyncIterator[httpx.AsyncClient]:
    """The agent, at an application whose hub is running."""
    token = await in_thread(make_token, agent, Scope.REQUESTS_CREATE)
    application = build_application(with_relay=False)
    await application.start()
    await until(lambda: get_hub().is_started)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application),
        base_url="http://testserver/api/v1/permission-requests/",
        headers={"Authorization": f"Bearer {token}"},
        timeout=DEADLINE_S,
    ) as caller:
        yield caller
    await application.stop(DEADLINE_S)


async def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Where another process or thread of the portal would write."""
    thread = DatabaseThread("test-writer")
    try:
        return await thread.run(function, *args, **kwargs)
    finally:
        await thread.aclose()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.001)


async def begin_waiting(
    client: httpx.AsyncClient, asked: PermissionRequest, count: int = 1
) -> list[asyncio.Task[httpx.Response]]:
    """Calls that are all on the hub."""
    calls = [asyncio.create_task(client.get(f"{asked.pk}/wait/?timeout=60")) for _ in range(count)]
    await until(
        lambda: len(get_hub().waiters.get(asked.subject, ())) == count or any(c.done() for c in calls)
    )
    return calls


@pytest.mark.parametrize(
    ("decide", "state", "message"),
    [(approve_request, "approved", ""), (deny_request, "denied", "use the staging server")],
)
async def test_wait_ends_with_the_decision(
    client: httpx.AsyncClient,
    asked: PermissionRequest,
    approver: User,
    decide: Any,
    state: str,
    message: str,
) -> None:
    [call] = await begin_waiting(client, asked)
    await in_thread(
        decide,
        principal=make_principal(approver),
        request_id=asked.pk,
        fingerprint=asked.fingerprint,
        reason=message,
    )
    answer = await call
    assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert answer.json()["decision_message"] == message


async def test_waiting_for_an_answer_ends_with_it(
    client: httpx.AsyncClient, team: Team, agent: User, approver: User
) -> None:
    asker = make_principal(agent)
    items = (QuestionItem("Which port?"),)
    question, _ = await in_thread(ask_question, principal=asker, team=team, items=items)
    token = await in_thread(make_token, agent, Scope.QUESTIONS_ASK)
    address = f"http://testserver/api/v1/questions/{question.pk}/wait/?timeout=60"
    call = asyncio.create_task(client.get(address, headers={"Authorization": f"Bearer {token}"}))
    await until(lambda: get_hub().waiters.get(question.subject) or call.done())
    person = make_principal(approver)
    await in_thread(answer_question, principal=person, question_id=question.pk, answers=[["8080"]])
    answer = (await call).json()
    assert (answer["state"], answer["answers"]) == ("answered", [["8080"]])


async def test_everybody_who_waits_hears_of_it(
    client: httpx.AsyncClient, asked: PermissionRequest, approver: User
) -> None:
    calls = await begin_waiting(client, asked, count=20)
    await in_thread(
        approve_request,
        principal=make_principal(approver),
        request_id=asked.pk,
        fingerprint=asked.fingerprint,
    )
    assert [(await call).json()["state"] for call in calls] == ["approved"] * 20


async def test_wait_ends_when_it_is_withdrawn(
    client: httpx.AsyncClient, asked: PermissionRequest, agent: User
) -> None:
    [call] = await begin_waiting(client, asked)
    await in_thread(cancel_request, principal=make_principal(agent), request_id=asked.pk)
    assert (await call).json()["close_reason"] == "withdrawn"


async def test_wait_ends_when_the_request_s_own_time_runs_out(
    client: httpx.AsyncClient, asked: PermissionRequest
) -> None:
    [call] = await begin_waiting(client, asked)
    await in_thread(expire_overdue_requests, now=timezone.now() + timedelta(hours=2))
    assert ((await call).json()["state"], (await call).json()["close_reason"]) == ("expired", "timed_out")


async def test_vote_that_does_not_decide_does_not_end_the_wait(
    client: httpx.AsyncClient, team: Team, agent: User, approver: User
) -> None:
    def ask_for_two_approvals() -> PermissionRequest:
        ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
        return create_request(principal=make_principal(agent), team=team, wish=Wish(permission="x"))[0]

    asked = await in_thread(ask_for_two_approvals)
    [call] = await begin_waiting(client, asked)
    [first] = get_hub().waiters[asked.subject]
    await in_thread(
        approve_request,
        principal=make_principal(approver),
        request_id=asked.pk,
        fingerprint=asked.fingerprint,
    )
    # It was woken, looked, and waits again from a later cursor.
    await until(lambda: any(each.since > first.since for each in get_hub().waiters.get(asked.subject, ())))
    second = await in_thread(make_user, team)
    await in_thread(
        approve_request,
        principal=make_principal(second),
        request_id=asked.pk,
        fingerprint=asked.fingerprint,
    )
    assert (await call).json()["state"] == "approved"


async def test_wait_answers_with_the_state_when_the_time_is_up(
    client: httpx.AsyncClient, asked: PermissionRequest
) -> None:
    started_at = time.monotonic()
    answer = await client.get(f"{asked.pk}/wait/?timeout=0.2")
    assert (answer.status_code, answer.json()["state"]) == (200, "pending")
    assert 0.2 <= time.monotonic() - started_at < DEADLINE_S
    assert dict(get_hub().waiters) == {}


async def test_wait_for_a_closed_request_does_not_wait(
    client: httpx.AsyncClient, asked: PermissionRequest, agent: User
) -> None:
    await in_thread(cancel_request, principal=make_principal(agent), request_id=asked.pk)
    answer = await client.get(f"{asked.pk}/wait/?timeout=60")
    assert answer.json()["state"] == "cancelled"


async def test_others_are_served_while_agents_wait(
    client: httpx.AsyncClient, asked: PermissionRequest
) -> None:
    calls = await begin_waiting(client, asked, count=50)
    assert (await client.get(f"{asked.pk}/")).status_code == 200
    assert not any(call.done() for call in calls)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_caller_who_leaves_is_forgotten(client: httpx.AsyncClient, asked: PermissionRequest) -> None:
    [call] = await begin_waiting(client, asked)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    await until(lambda: dict(get_hub().waiters) == {})


async def test_token_revoked_meanwhile_gets_no_answer(
    client: httpx.AsyncClient, asked: PermissionRequest, agent: User, approver: User
) -> None:
    [call] = await begin_waiting(client, asked)
    token = await in_thread(ApiToken.objects.select_related("user__owner").get, user=agent)
    await in_thread(revoke_token, principal=make_principal(token.user.owner), token=token)
    await in_thread(
        approve_request,
        principal=make_principal(approver),
        request_id=asked.pk,
        fingerprint=asked.fingerprint,
    )
    answer = await call
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


@pytest.mark.parametrize("text", ["61", "-1", "abc", "nan", "1e2", "", " 5", "1_0", "60.5"])
async def test_time_out_of_range_is_refused(
    client: httpx.AsyncClient, asked: PermissionRequest, text: str
) -> None:
    answer = await client.get(f"{asked.pk}/wait/", params={"timeout": text})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "timeout")


async def test_unknown_parameter_is_refused(client: httpx.AsyncClient, asked: PermissionRequest) -> None:
    answer = await client.get(f"{asked.pk}/wait/?timeout_s=1")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")


async def test_body_sent_in_chunks_is_read(client: httpx.AsyncClient, agent: User) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"permission": '
        yield b'"deploy"}'

    answer = await client.post("", content=chunks(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["permission"]) == (201, "deploy")


async def test_body_over_the_limit_is_refused_before_the_application(
    client: httpx.AsyncClient, settings: Any
) -> None:
    body = b" " * (settings.COUNTERSIGN_MAX_BODY_BYTES + 1)
    answer = await client.post("", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
