"""The hub under trouble: a database that fails, rights read in the wrong order, one query for all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.domain.teams import end_membership
from accounts.enums import Role, Scope
from accounts.models import ApiToken, Membership, Team, User
from accounts.principal import Principal
from events.actors import Door
from events.database_threads import DatabaseThread
from live import hub as hub_module
from live.enums import CloseCode, CredentialKind
from live.hub import Hub, Timing
from live.queries import read_news
from live.rights import Credential, Rights, read_rights
from tests.factories import make_owner, make_principal, make_team, make_token, make_user
from tests.live.streams import Connect, emit, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team, Role.VIEWER)


@pytest.fixture
def token(user: User) -> str:
    return make_token(user, Scope.EVENTS_READ)


def session_credential(user: User) -> Credential:
    client = Client()
    client.force_login(user)
    return Credential(CredentialKind.SESSION, client.session.session_key or "", user.pk)


def token_credential(user: User) -> Credential:
    make_token(user, Scope.EVENTS_READ)
    return Credential(CredentialKind.TOKEN, ApiToken.objects.get(user=user).pk, user.pk)


@pytest.mark.parametrize("people", [1, 3])
def test_rights_of_all_listeners_take_one_query(
    people: int, team: Team, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    members = [make_user(team, Role.VIEWER) for _ in range(people)]
    other = make_team()
    owner = make_owner()
    strangers = {session_credential(make_user(other)), token_credential(make_user(other))}
    credentials = {
        *(session_credential(member) for member in members),
        *(token_credential(member) for member in members),
        session_credential(owner),
    }
    with django_assert_num_queries(1):
        rights = read_rights(credentials)
    expected = {
        credential: Rights(
            frozenset({f"user:{credential.user_id}", team.audience}),
            sees_all_teams=False,
            reads_chats=credential.kind is CredentialKind.SESSION,
        )
        for credential in credentials
        if credential.user_id != owner.pk
    }
    [owners] = [each for each in credentials if each.user_id == owner.pk]
    expected[owners] = Rights(frozenset({f"user:{owner.pk}", "owners"}), sees_all_teams=True)
    assert rights == expected
    assert not strangers & rights.keys()


def test_rights_are_those_of_the_principal(team: Team) -> None:
    owner = make_owner()
    for user in (make_user(team), make_user(), owner):
        for scopes in ([Scope.EVENTS_READ], [Scope.EVENTS_READ, Scope.CHATS_READ]):
            make_token(user, *scopes)
            token = ApiToken.objects.filter(user=user).latest("created_at", "pk")
            credential = Credential(CredentialKind.TOKEN, token.pk, user.pk)
            principal = Principal(user, Door.WEBSOCKET, token)
            assert read_rights([credential]) == {credential: Rights.of(principal)}
            assert Rights.of(principal).reads_chats == (Scope.CHATS_READ in scopes)


def test_credential_of_somebody_else_is_no_proof(team: Team) -> None:
    first, second = make_user(team), make_user(team)
    stolen = [
        Credential(credential.kind, credential.id, second.pk)
        for credential in (session_credential(first), token_credential(first))
    ]
    assert read_rights(stolen) == {}


def test_session_key_does_not_show_in_a_representation(team: Team) -> None:
    credential = session_credential(make_user(team))
    assert credential.id not in repr(credential)


async def test_database_that_fails_for_a_moment_costs_nobody_an_event(
    team: Team,
    token: str,
    writer: DatabaseThread,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failures: list[int] = []

    def fail(since: int, limit: int) -> Any:
        failures.append(since)
        raise OperationalError("gone")

    hub = hub_module.get_hub()
    monkeypatch.setattr(hub, "timing", Timing(reconcile_s=0.01, rights_s=60, heartbeat_s=60))
    running = asyncio.create_task(hub.run())
    try:
        await until(lambda: hub.is_started)
        socket = await connect(token=token)
        await socket.receive_until("ready")
        monkeypatch.setattr(hub_module, "read_news", fail)
        await until(lambda: failures)
        seq = await writer.run(emit, team.audience)
        seen = len(failures)
        await until(lambda: len(failures) > seen + 1)
        monkeypatch.setattr(hub_module, "read_news", read_news)
        assert (await socket.receive())["seq"] == seq
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert await socket.receive() == {"closed": CloseCode.UNAVAILABLE}


async def test_rights_that_end_while_one_joins_are_not_overwritten_by_older_ones(
    hub: Hub, team: Team, token: str, user: User, writer: DatabaseThread, connect: Connect
) -> None:
    """The membership ends after its rights were read for the join, and before the join goes on."""
    answers: list[asyncio.Future[Any]] = []
    run = hub.thread.run

    async def hold_first_rights(function: Any, /, *args: Any, **kwargs: Any) -> Any:
        answer = await run(function, *args, **kwargs)
        if function is read_rights and not answers:
            answers.append(asyncio.get_running_loop().create_future())
            await answers[0]
        return answer

    hub.thread.run = hold_first_rights  # type: ignore[method-assign]
    socket = await connect(token=token)
    await until(lambda: answers)

    def end_and_go_on() -> int:
        owner = make_principal(make_owner())
        end_membership(principal=owner, membership=Membership.objects.get(user=user, team=team))
        emit(team.audience)
        return emit(f"user:{user.pk}")

    last = await writer.run(end_and_go_on)
    await until(lambda: hub.cursor >= last)
    answers[0].set_result(None)
    assert await socket.receive() == {"type": "ready", "cursor": last}
    await writer.run(emit, team.audience)
    own = await writer.run(emit, f"user:{user.pk}")
    assert (await socket.receive())["seq"] == own


async def test_second_run_is_refused_and_the_first_goes_on(
    hub: Hub, team: Team, token: str, writer: DatabaseThread, connect: Connect
) -> None:
    with pytest.raises(RuntimeError, match="running already"):
        await hub.run()
    socket = await connect(token=token)
    await socket.receive_until("ready")
    seq = await writer.run(emit, team.audience)
    assert (await socket.receive())["seq"] == seq
