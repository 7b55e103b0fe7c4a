"""The generated client against a running portal: ask, wait, decide, and what its types say of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import TypeVar

import httpx
import pytest
from countersign_client import AuthenticatedClient
from countersign_client.api.permission_requests import (
    permission_requests_approve,
    permission_requests_cancel,
    permission_requests_create,
    permission_requests_deny,
    permission_requests_list,
    permission_requests_retrieve,
    permission_requests_wait,
)
from countersign_client.api.users import users_me_retrieve
from countersign_client.models import (
    DecisionRequest,
    Me,
    NothingRequest,
    PaginatedRequestList,
    PermissionRequestsListStateItem,
    Problem,
    Request,
    RequestDetail,
    RequestStateEnum,
    UserKindEnum,
    WishRequest,
)

from tests.support.running_portal import RunningPortal

T = TypeVar("T")


def connect(portal: RunningPortal, token: str) -> AuthenticatedClient:
    return AuthenticatedClient(portal.address, token, timeout=httpx.Timeout(60))


@pytest.fixture
def agent(portal: RunningPortal) -> Iterator[AuthenticatedClient]:
    with connect(portal, portal.agent) as client:
        yield client


@pytest.fixture
def approver(portal: RunningPortal) -> Iterator[AuthenticatedClient]:
    with connect(portal, portal.approver) as client:
        yield client


def expect(kind: type[T], answer: object) -> T:
    assert isinstance(answer, kind), answer
    return answer


def ask(agent: AuthenticatedClient, command: str, key: str = "") -> Request:
    wish = WishRequest(permission="deploy", command=command, patterns=["production"])
    if not key:
        return expect(Request, permission_requests_create.sync(client=agent, body=wish))
    return expect(Request, permission_requests_create.sync(client=agent, body=wish, idempotency_key=key))


def decide(approver: AuthenticatedClient, request_id: str, verdict: str, reason: str = "") -> object:
    """As a person does: look first, then decide what was shown."""
    shown = expect(RequestDetail, permission_requests_retrieve.sync(request_id, client=approver))
    decision = DecisionRequest(fingerprint=shown.fingerprint, reason=reason)
    verb = permission_requests_approve if verdict == "approve" else permission_requests_deny
    return verb.sync(request_id, client=approver, body=decision)


@pytest.mark.parametrize(
    ("verdict", "state", "message"),
    [("approve", RequestStateEnum.APPROVED, ""), ("deny", RequestStateEnum.DENIED, "Not on a Friday.")],
)
def test_wait_hears_of_the_decision(
    agent: AuthenticatedClient,
    approver: AuthenticatedClient,
    verdict: str,
    state: RequestStateEnum,
    message: str,
) -> None:
    asked = ask(agent, f"make deploy {verdict}")
    assert asked.state is RequestStateEnum.PENDING
    heard: list[object] = []
    waiting = threading.Thread(
        target=lambda: heard.append(permission_requests_wait.sync(asked.id, client=agent, timeout=50.0))
    )
    waiting.start()
    decided = expect(Request, decide(approver, asked.id, verdict, message))
    waiting.join(55)
    [answer] = heard
    seen = expect(Request, answer)
    assert (seen.state, seen.decision_message, seen.id) == (state, message, asked.id)
    assert seen.decided_by is not None
    assert seen.decided_by.label == "Ada Lovelace"
    assert decided.state is state


def test_same_key_finds_the_same_request(agent: AuthenticatedClient) -> None:
    first, second = (ask(agent, "make once", key="client-once") for _ in range(2))
    assert (second.id, second.created_at) == (first.id, first.created_at)
    wish = WishRequest(permission="deploy", command="make twice")
    other = permission_requests_create.sync_detailed(client=agent, body=wish, idempotency_key="client-once")
    problem = expect(Problem, other.parsed)
    assert (other.status_code, problem.code) == (409, "idempotency_key_reused")


def test_withdrawn_request_cannot_be_decided(
    agent: AuthenticatedClient, approver: AuthenticatedClient
) -> None:
    asked = ask(agent, "make withdrawn")
    withdrawn = permission_requests_cancel.sync(asked.id, client=agent, body=NothingRequest())
    assert expect(Request, withdrawn).state is RequestStateEnum.CANCELLED
    late = expect(Problem, decide(approver, asked.id, "approve"))
    assert (late.code, late.status, late["state"]) == ("already_decided", 409, "cancelled")


def test_agent_cannot_decide_and_stranger_sees_nothing(
    portal: RunningPortal, agent: AuthenticatedClient
) -> None:
    asked = ask(agent, "make alone")
    refused = permission_requests_approve.sync_detailed(
        asked.id, client=agent, body=DecisionRequest(fingerprint=asked.fingerprint)
    )
    assert (refused.status_code, expect(Problem, refused.parsed).code) == (403, "missing_scope")
    missing = permission_requests_retrieve.sync_detailed("0" * 15, client=agent)
    assert (missing.status_code, expect(Problem, missing.parsed).code) == (404, "not_found")
    with connect(portal, "csk_nothing_at_all") as nobody:
        unknown = users_me_retrieve.sync_detailed(client=nobody)
    assert (unknown.status_code, expect(Problem, unknown.parsed).code) == (401, "invalid_token")


def test_pages_follow_one_another(agent: AuthenticatedClient) -> None:
    made = [ask(agent, f"make page {number}").id for number in range(3)]
    states = [PermissionRequestsListStateItem.PENDING]
    first = expect(
        PaginatedRequestList, permission_requests_list.sync(client=agent, state=states, page_size=2)
    )
    assert first.next_cursor is not None
    second = expect(
        PaginatedRequestList,
        permission_requests_list.sync(client=agent, state=states, page_size=2, cursor=first.next_cursor),
    )
    assert [row.id for row in [*first.results, *second.results]][:3] == made[::-1]


def test_same_over_async(portal: RunningPortal) -> None:
    async def read() -> Me:
        async with connect(portal, portal.agent) as client:
            return expect(Me, await users_me_retrieve.asyncio(client=client))

    assert asyncio.run(read()).kind is UserKindEnum.SERVICE
