"""The clock beside the relays: what falls due by time alone is done without anybody asking for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.enums import Role
from events.append_only import suspended
from events.database_threads import DatabaseThread
from governance.models import PermissionRequest
from relay.clock import run_clock
from reviews.models import Review
from tests.factories import make_engine, make_request, make_team, make_user
from tests.reviews.things import ask_review, register_things

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE_S = 20


@pytest.fixture
async def database() -> AsyncIterator[DatabaseThread]:
    thread = DatabaseThread("test-clock")
    yield thread
    await thread.aclose()


def make_overdue() -> tuple[str, str]:
    """A request and a review whose time has run out; their ids."""
    team = make_team()
    make_user(team)
    request = make_request(make_engine(team))
    review = ask_review(make_user(team, Role.EDITOR), team)
    past = timezone.now() - timedelta(seconds=1)
    with suspended():
        PermissionRequest.objects.filter(pk=request.pk).update(expires_at=past)
        Review.objects.filter(pk=review.pk).update(expires_at=past)
    return request.pk, review.pk


def read_states(request_id: str, review_id: str) -> tuple[str, str]:
    request, review = PermissionRequest.objects.get(pk=request_id), Review.objects.get(pk=review_id)
    return request.state, review.state


async def test_the_clock_ends_overdue_requests_and_reviews(database: DatabaseThread) -> None:
    with register_things() as things:
        ids = await database.run(make_overdue)
        clock = asyncio.create_task(run_clock(database))
        try:
            async with asyncio.timeout(DEADLINE_S):
                while await database.run(read_states, *ids) != ("expired", "expired"):
                    await asyncio.sleep(0.05)
        finally:
            clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await clock
    assert things.ended == [(ids[1], "expired")]
