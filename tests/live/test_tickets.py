"""One-use tickets: who gets one, and that it opens one socket, soon, for whom it was given."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from accounts.domain.tokens import revoke_token
from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team, User
from events.database_threads import DatabaseThread
from live.domain import tickets
from live.domain.tickets import create_ticket, use_ticket
from live.enums import CloseCode, CredentialKind
from live.hub import Hub, Timing
from live.models import StreamTicket
from live.rights import Credential
from tests.api.clients import ApiClient, call_as, outcome, sign_in, write_signed_in
from tests.factories import make_principal, make_token, make_user
from tests.live.streams import Connect, emit

pytestmark = pytest.mark.django_db(transaction=True)

CREDENTIAL = Credential(CredentialKind.TOKEN, "0" * 15, "1" * 15)


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team, Role.VIEWER)


def get_ticket(user: User) -> str:
    answer = call_as(user, Scope.EVENTS_READ).write("events/ticket/")
    assert answer.status_code == 201, answer.content
    return str(answer.json()["ticket"])


def test_ticket_is_good_once(db: None) -> None:
    secret = create_ticket(CREDENTIAL).secret
    assert [use_ticket(secret), use_ticket(secret)] == [CREDENTIAL, None]


def test_of_many_at_once_one_gets_in(db: None) -> None:
    secret = create_ticket(CREDENTIAL).secret

    def use(_number: int) -> Credential | None:
        try:
            return use_ticket(secret)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(use, range(12)))
    assert sorted(answers, key=repr) == sorted([CREDENTIAL, *[None] * 11], key=repr)


def test_ticket_ends_after_thirty_seconds_and_is_swept_up(db: None) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first, second = create_ticket(CREDENTIAL), create_ticket(CREDENTIAL)
        assert first.expires_at - timezone.now() == timedelta(seconds=30)
        clock.shift(timedelta(seconds=29.9))
        assert use_ticket(first.secret) == CREDENTIAL
        clock.shift(timedelta(seconds=0.1))
        assert (use_ticket(second.secret), StreamTicket.objects.count()) == (None, 1)
        create_ticket(CREDENTIAL)
        assert StreamTicket.objects.count() == 1


def test_text_of_a_ticket_is_nowhere(db: None) -> None:
    made = create_ticket(CREDENTIAL)
    [row] = StreamTicket.objects.values_list()
    assert made.secret not in repr(row)
    assert made.secret not in repr(made)


@pytest.mark.parametrize("secret", ["", "cst_", "cst_unknown", "csk_00000000_unknown", "cst_é", "cst_" * 100])
def test_any_other_text_is_no_ticket(db: None, secret: str) -> None:
    assert use_ticket(secret) is None


def test_ticket_is_given_to_a_token_and_to_a_session(user: User) -> None:
    session = sign_in(user)
    answer = write_signed_in(session, "events/ticket/")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    token = get_ticket(user)
    found = [use_ticket(answer.json()["ticket"]), use_ticket(token)]
    token_id = ApiToken.objects.get(user=user).pk
    assert found == [
        Credential(CredentialKind.SESSION, session.session.session_key or "", user.pk),
        Credential(CredentialKind.TOKEN, token_id, user.pk),
    ]


def test_page_of_another_site_gets_no_ticket(user: User) -> None:
    session = sign_in(user)
    assert outcome(session.write("events/ticket/")) == (403, "csrf_failed")
    assert outcome(session.write("events/ticket/", headers={"Origin": "https://evil.example"})) == (
        403,
        "foreign_origin",
    )
    assert StreamTicket.objects.count() == 0


def test_body_holds_nothing(user: User) -> None:
    answer = call_as(user, Scope.EVENTS_READ).write("events/ticket/", {"topics": "requests"})
    assert outcome(answer) == (400, "invalid")


def test_get_makes_no_ticket(user: User) -> None:
    assert outcome(call_as(user, Scope.EVENTS_READ).read("events/ticket/")) == (405, "method_not_allowed")


async def test_ticket_opens_one_socket(
    hub: Hub, connect: Connect, user: User, team: Team, writer: DatabaseThread
) -> None:
    ticket = await writer.run(get_ticket, user)
    # Whoever carries it: no cookie, no Origin.
    socket = await connect(query=f"?ticket={ticket}")
    assert (await socket.receive())["type"] == "ready"
    seq = await writer.run(emit, team.audience)
    assert (await socket.receive())["seq"] == seq
    again = await connect(query=f"?ticket={ticket}")
    assert await again.receive() == {"closed": CloseCode.TICKET_ENDED}


async def test_ticket_past_its_time_closes_with_its_code(
    hub: Hub, connect: Connect, user: User, writer: DatabaseThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "LIFETIME", timedelta(0))
    ticket = await writer.run(get_ticket, user)
    socket = await connect(query=f"?ticket={ticket}")
    assert await socket.receive() == {"closed": CloseCode.TICKET_ENDED}


async def test_ticket_ends_with_the_token_it_was_given_to(
    hub: Hub, connect: Connect, user: User, writer: DatabaseThread
) -> None:
    def get_and_revoke() -> str:
        ticket = get_ticket(user)
        revoke_token(principal=make_principal(user), token=ApiToken.objects.get(user=user))
        return ticket

    socket = await connect(query=f"?ticket={await writer.run(get_and_revoke)}")
    assert await socket.receive() == {"closed": CloseCode.UNAUTHENTICATED}


async def test_ticket_ends_with_the_session_it_was_given_to(
    hub: Hub, connect: Connect, user: User, writer: DatabaseThread
) -> None:
    def get_and_sign_out() -> str:
        session = sign_in(user)
        ticket = write_signed_in(session, "events/ticket/").json()["ticket"]
        session.logout()
        return str(ticket)

    socket = await connect(query=f"?ticket={await writer.run(get_and_sign_out)}")
    assert await socket.receive() == {"closed": CloseCode.UNAUTHENTICATED}


@pytest.mark.parametrize("timing", [Timing(reconcile_s=0.05, rights_s=0.02, heartbeat_s=60)])
async def test_socket_of_a_ticket_closes_when_its_token_ends(
    hub: Hub, connect: Connect, user: User, writer: DatabaseThread
) -> None:
    socket = await connect(query=f"?ticket={await writer.run(get_ticket, user)}")
    assert (await socket.receive())["type"] == "ready"
    await writer.run(lambda: ApiToken.objects.update(revoked_at=timezone.now()))
    assert await socket.receive() == {"closed": CloseCode.RIGHTS_ENDED}


async def test_ticket_beside_a_token_is_not_understood(
    hub: Hub, connect: Connect, user: User, writer: DatabaseThread
) -> None:
    ticket = await writer.run(get_ticket, user)
    token = await writer.run(make_token, user, Scope.EVENTS_READ)
    socket = await connect(token=token, query=f"?ticket={ticket}")
    assert await socket.receive() == {"closed": CloseCode.MALFORMED}
    assert await writer.run(StreamTicket.objects.count) == 1


def test_refused_caller_gets_no_ticket(user: User) -> None:
    answers: list[Any] = [
        ApiClient().write("events/ticket/"),
        ApiClient("csk_00000000_unknown").write("events/ticket/"),
        call_as(user, Scope.REQUESTS_READ).write("events/ticket/"),
    ]
    assert [outcome(answer) for answer in answers] == [
        (401, "not_authenticated"),
        (401, "invalid_token"),
        (403, "missing_scope"),
    ]
    assert StreamTicket.objects.count() == 0
