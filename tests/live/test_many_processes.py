"""Many processes, many listeners, every fault: each listener hears exactly what it may, in order."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from deploy.console import StepFailed
from events.changes import TOPICS
from tests.live.deployment import Deployment
from tests.live.listening_clients import KINDS, ListeningClient
from tests.support.availability import skip_missing

# On its own PostgreSQL, whatever this run tests on: once is enough.
pytestmark = [pytest.mark.redis, pytest.mark.postgres, pytest.mark.slow]

LISTENERS = 50
EVENTS = 10_000
SEED = 20_260_131
DEADLINE_S = 90.0


@pytest.fixture(scope="module")
def running_deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path_factory.mktemp("deployment"))
    try:
        deployment.start()
    except StepFailed as failure:
        deployment.stop()
        skip_missing("PostgreSQL and Valkey", str(failure))
    except BaseException:
        deployment.stop()
        raise
    yield deployment
    deployment.stop()


@pytest.fixture
def deployment(running_deployment: Deployment) -> Deployment:
    """With every web process there."""
    running_deployment.serve()
    return running_deployment


def make_listeners(
    deployment: Deployment, count: int, since: int, tolerated: frozenset[int] = frozenset()
) -> list[ListeningClient]:
    """A third of each kind, for everybody in turn; every seventh is slow, every other one is choosy."""
    chance = random.Random(SEED)
    topics = sorted(TOPICS)
    return [
        KINDS[number % len(KINDS)](
            token=deployment.listeners[number % len(deployment.listeners)]["token"],
            topics=tuple(topics if number % 2 else chance.sample(topics, 5)),
            cursor=since,
            list_ports=lambda: deployment.ports,
            chance=random.Random(SEED + number),
            pause_s=0.02 if number % 7 == 0 else 0.0,
            tolerated=tolerated,
        )
        for number in range(count)
    ]


@asynccontextmanager
async def listening(clients: list[ListeningClient]) -> AsyncIterator[None]:
    """What fails in a client fails the test."""
    tasks = [asyncio.create_task(client.run()) for client in clients]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [end for end in ends if not isinstance(end, asyncio.CancelledError)] == []


def list_expected(
    deployment: Deployment, clients: list[ListeningClient], log: list[tuple[int, str, str]]
) -> list[list[int]]:
    """By the audiences of each user and the client's topics, said once more here."""
    rights = {each["token"]: each for each in deployment.listeners}
    return [
        [
            seq
            for seq, audience, topic in log
            if topic in client.topics
            and (
                audience in rights[client.token]["audiences"]
                or (rights[client.token]["sees_all_teams"] and audience.startswith("team:"))
            )
        ]
        for client in clients
    ]


def list_tracebacks(deployment: Deployment) -> list[str]:
    """The end of each, with the line before it."""
    lines = deployment.list_log_lines()
    return [
        "\n".join([lines[number - 1], *lines[number : number + 60]])
        for number, line in enumerate(lines)
        if "Traceback" in line
    ]


async def settle(deployment: Deployment, clients: list[ListeningClient], expected: list[list[int]]) -> None:
    """Until everybody has heard as much as there is."""
    async with asyncio.timeout(DEADLINE_S):
        while any(len(client.seqs) < len(seqs) for client, seqs in zip(clients, expected, strict=True)):
            await asyncio.sleep(0.05)


async def test_ten_thousand_events_reach_fifty_listeners_through_a_redis_restart_and_a_killed_process(
    deployment: Deployment,
) -> None:
    since = max((seq for seq, _, _ in deployment.read_log(0)), default=0)
    clients = make_listeners(deployment, LISTENERS, since)
    async with listening(clients):
        await deployment.write(EVENTS // 4)
        await asyncio.to_thread(deployment.valkey.pause)
        await deployment.write(EVENTS // 4)
        await asyncio.to_thread(deployment.valkey.start)
        await deployment.write(EVENTS // 4)
        await asyncio.to_thread(deployment.web[1].kill)
        await deployment.write(EVENTS // 4)
        log = await asyncio.to_thread(deployment.read_log, since)
        assert len(log) == EVENTS
        expected = list_expected(deployment, clients, log)
        await settle(deployment, clients, expected)
    assert [client.seqs for client in clients] == expected
    assert list_tracebacks(deployment) == []
    # The proof is worth what happened in it: everybody lost connections, and heard a good deal.
    assert min(client.connections for client in clients) > 1
    assert min(map(len, expected)) > EVENTS // 20
    assert Counter(type(client) for client in clients if client.failures).keys() == set(KINDS)


async def test_nothing_is_lost_when_postgresql_restarts(deployment: Deployment) -> None:
    since = max((seq for seq, _, _ in deployment.read_log(0)), default=0)
    clients = make_listeners(deployment, 12, since, frozenset({500, 503}))
    async with listening(clients):
        await deployment.write(400)
        writing = asyncio.create_task(deployment.write(400))
        await asyncio.to_thread(deployment.postgres.pause)
        await asyncio.to_thread(deployment.postgres.serve)
        await writing
        await deployment.write(400)
        log = await asyncio.to_thread(deployment.read_log, since)
        assert len(log) == 1200
        expected = list_expected(deployment, clients, log)
        await settle(deployment, clients, expected)
    assert [client.seqs for client in clients] == expected
