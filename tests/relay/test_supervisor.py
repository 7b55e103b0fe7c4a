"""Which process relays for which engine, and what ends a relay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from engines import lease_keeper
from engines.domain.leases import LeaseTable
from engines.domain.registry import set_engine_enabled, subject_of
from engines.models import Engine
from events import doorbell
from events.models import AuditEntry
from governance.models import EngineReply
from live.hints import HintRinger
from relay import supervisor
from relay.domain.leases import (
    LEASE_LENGTH,
    Lease,
    LeaseLost,
    acquire_lease,
    relay_changes,
    release_lease,
    renew_lease,
)
from relay.ingest import Ingest
from relay.models import RelayLease
from tests.factories import make_engine, make_owner, make_principal, make_team
from tests.relay.conftest import Desk, running_relay
from tests.relay.fake_engine import DIRECTORY, FakeEngine


@pytest.fixture
async def fake() -> AsyncIterator[FakeEngine]:
    async with FakeEngine().running() as engine:
        yield engine


async def register(desk: Desk, fake: FakeEngine) -> Engine:
    return await desk.run(lambda: make_engine(desk.team, address=fake.address, directories=[DIRECTORY]))


# Leases


@pytest.mark.django_db
def test_one_holder_at_a_time_and_a_new_epoch_for_each() -> None:
    engine = make_engine(make_team())
    now = timezone.now()
    first = acquire_lease(engine_id=engine.pk, holder="a", now=now)
    assert first == Lease(engine.pk, "a", 1)
    assert acquire_lease(engine_id=engine.pk, holder="b", now=now + timedelta(seconds=11)) is None
    second = acquire_lease(engine_id=engine.pk, holder="b", now=now + LEASE_LENGTH)
    assert second == Lease(engine.pk, "b", 2)


@pytest.mark.django_db
def test_a_lost_lease_writes_nothing() -> None:
    engine = make_engine(make_team())
    lease = acquire_lease(engine_id=engine.pk, holder="a")
    assert lease is not None
    RelayLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    other = acquire_lease(engine_id=engine.pk, holder="b")
    assert other is not None
    before = AuditEntry.objects.count()
    with pytest.raises(LeaseLost), relay_changes(lease) as change:
        change.audit("never", subject_of(engine))
    with pytest.raises(LeaseLost):
        renew_lease(lease)
    assert AuditEntry.objects.count() == before
    renew_lease(other)


@pytest.mark.django_db
def test_an_expired_lease_can_not_be_renewed() -> None:
    """Somebody else may be about to take it."""
    engine = make_engine(make_team())
    lease = acquire_lease(engine_id=engine.pk, holder="a")
    assert lease is not None
    RelayLease.objects.update(expires_at=timezone.now())
    with pytest.raises(LeaseLost):
        renew_lease(lease)


@pytest.mark.django_db
def test_a_released_lease_is_free_at_once() -> None:
    engine = make_engine(make_team())
    lease = acquire_lease(engine_id=engine.pk, holder="a")
    assert lease is not None
    release_lease(lease)
    assert acquire_lease(engine_id=engine.pk, holder="b") == Lease(engine.pk, "b", 2)


# Supervision


async def test_two_relays_share_no_engine(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    async with running_relay():
        await desk.wait_online(engine)
        async with running_relay():
            (request,) = await desk.wait_sealed(raw["sessionID"])
            await desk.approve(request)
            await desk.wait_replies(request, ("once", "confirmed"))
            assert fake.count("GET", "/global/event") == 1
    assert fake.replies() == [(raw["id"], "once")]


async def test_the_next_relay_takes_over_from_one_that_stopped(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    stop = asyncio.Event()
    first = asyncio.create_task(supervisor.run_supervisors(stop))
    await desk.wait_online(engine)
    async with running_relay():
        stop.set()
        await first
        (request,) = await desk.wait_sealed(raw["sessionID"])
        await desk.approve(request)
        await desk.wait_replies(request, ("once", "confirmed"))
    lease = await desk.run(RelayLease.objects.get)
    assert lease.epoch == 2


async def test_a_paused_engine_is_left_alone(desk: Desk, fake: FakeEngine) -> None:
    """Nothing of it is answered; its state says that nobody looks."""
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    owner = make_principal(await desk.run(make_owner))
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
        await desk.run(lambda: set_engine_enabled(principal=owner, engine=engine, is_enabled=False))
        paused = await desk.wait_online(engine, "unknown")
        assert paused.state_reason == "Nobody looks at it."
        await desk.approve(request)
        assert await desk.replies(request) == [("once", "queued")]
        await desk.run(lambda: set_engine_enabled(principal=owner, engine=engine, is_enabled=True))
        await desk.wait_replies(request, ("once", "confirmed"))


async def test_a_new_address_is_connected_to(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    async with running_relay(), FakeEngine().running() as other:
        await desk.wait_online(engine)
        await desk.run(lambda: Engine.objects.filter(pk=engine.pk).update(address=other.address))
        await other.wait_listened()


async def test_an_engine_registered_later_is_taken_up(desk: Desk, fake: FakeEngine) -> None:
    async with running_relay():
        engine = await register(desk, fake)
        await desk.wait_online(engine)


async def test_a_relay_that_can_not_renew_gives_up_before_its_lease_ends(
    desk: Desk, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its calls are cancelled while nobody else can have taken over."""
    monkeypatch.setattr(lease_keeper, "RENEW_EVERY_S", 0.05)
    monkeypatch.setattr(lease_keeper, "RENEWAL_RETRY_S", 0.05)
    monkeypatch.setattr(lease_keeper, "GIVE_UP_AFTER_S", 0.5)
    engine = await register(desk, fake)
    async with running_relay():
        await desk.wait_online(engine)

        def fail(_table: LeaseTable, _lease: Lease) -> None:
            raise OperationalError("the database is away")

        renew = LeaseTable.renew
        monkeypatch.setattr(LeaseTable, "renew", fail)
        await desk.wait(lambda: fake.count("GET", "/global/event") >= 2, "a relay that started anew")
        monkeypatch.setattr(LeaseTable, "renew", renew)
        expires_at = (await desk.run(RelayLease.objects.get)).expires_at
        assert expires_at <= timezone.now() + LEASE_LENGTH


async def test_a_lease_taken_by_somebody_else_ends_the_relay(
    desk: Desk, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_keeper, "RENEW_EVERY_S", 0.05)
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
        ends_at = timezone.now() + timedelta(hours=1)
        await desk.run(lambda: RelayLease.objects.update(holder="other", epoch=7, expires_at=ends_at))
        await desk.wait(lambda: not fake.is_listened_to, "the stream's end")
        await desk.approve(request)
        assert await desk.replies(request) == [("once", "queued")]
        assert fake.replies() == []


async def test_a_poisonous_event_does_not_stop_the_others(
    desk: Desk, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can't be recorded is logged and shown; the next event is taken as ever."""
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    listed, fake.permissions = fake.permissions, {}
    take = Ingest.handle

    async def choke(ingest: Ingest, frame: object) -> None:
        if getattr(frame, "event_id", "") == "evt_poison":
            raise ValueError("poison")
        await take(ingest, frame)  # type: ignore[arg-type]

    monkeypatch.setattr(Ingest, "handle", choke)
    async with running_relay():
        await desk.wait_online(engine)
        fake.emit("session.idle", {"sessionID": "ses_x"}, "evt_poison")
        fake.permissions = listed
        fake.emit("permission.asked", raw)
        await desk.wait_sealed(raw["sessionID"])
        await desk.wait_online(engine, "degraded")


async def test_a_decision_in_this_process_rings_the_outbox(
    desk: Desk, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "POLL_REPLIES_EVERY_S", 60.0)
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
        await desk.approve(request)
        await desk.wait_replies(request, ("once", "confirmed"))


async def test_a_claim_of_an_earlier_relay_is_resolved_by_the_list(desk: Desk, fake: FakeEngine) -> None:
    """It was claimed, and the process died before or after posting: the engine still lists it, so before."""
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
    await desk.approve(request)
    await desk.run(
        lambda: EngineReply.objects.filter(request=request).update(
            state="sent", attempts=1, claimed_epoch=1, sent_at=timezone.now()
        )
    )
    async with running_relay():
        await desk.wait_replies(request, ("once", "confirmed"))
    assert fake.replies() == [(raw["id"], "once")]


@pytest.mark.redis
async def test_a_decision_in_another_process_rings_through_redis(
    desk: Desk, fake: FakeEngine, valkey_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = valkey_url
    monkeypatch.setattr(supervisor, "POLL_REPLIES_EVERY_S", 60.0)
    other = HintRinger()
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
        # In another process this one's doorbell would not ring.
        monkeypatch.setattr(doorbell, "_ringers", [other.ring])
        await desk.approve(request)
        await desk.wait_replies(request, ("once", "confirmed"))
    other.close()
