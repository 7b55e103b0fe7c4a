"""What falls due ends in a portal without a relay too."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team
from events.models import Event
from governance.domain.requests import Wish, create_request
from governance.models import PermissionRequest
from relay.clock import keep_clock
from reviews.models import Review
from tests.factories import make_owner, make_principal, make_service, make_team, make_user
from tests.reviews.things import ask_review, register_things

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE_S = 20.0


def ask(team: Team, expires_in_s: int) -> PermissionRequest:
    agent = make_service(make_owner(), team)
    wish = Wish(permission="bash", command="make deploy", expires_in_s=expires_in_s)
    return create_request(principal=make_principal(agent), team=team, wish=wish)[0]


async def read_states(*requests: PermissionRequest) -> list[str]:
    rows = {row.pk: row.state async for row in PermissionRequest.objects.all()}
    return [rows[request.pk] for request in requests]


async def test_what_an_agent_asked_for_ends_without_a_relay() -> None:
    team = await sync_to_async(make_team)()
    with time_machine.travel(timezone.now() - timedelta(minutes=1)):
        overdue = await sync_to_async(ask)(team, 5)
        waiting = await sync_to_async(ask)(team, 3600)
    clock = asyncio.create_task(keep_clock())
    try:
        async with asyncio.timeout(DEADLINE_S):
            while await read_states(overdue, waiting) != ["expired", "pending"]:
                await asyncio.sleep(0.02)
    finally:
        clock.cancel()
        with suppress(asyncio.CancelledError):
            await clock
    told = Event.objects.filter(subject_id=overdue.pk).order_by("seq").values_list("kind", flat=True)
    assert [kind async for kind in told] == [
        "permission_request.created",
        "permission_request.sealed",
        "permission_request.expired",
    ]


def ask_for_review(team: Team) -> Review:
    make_user(team)
    return ask_review(make_user(team, Role.EDITOR), team)


async def test_a_review_that_nobody_decided_ends() -> None:
    with register_things() as things:
        team = await sync_to_async(make_team)()
        with time_machine.travel(timezone.now() - timedelta(days=31)):
            overdue = await sync_to_async(ask_for_review)(team)
        clock = asyncio.create_task(keep_clock())
        try:
            async with asyncio.timeout(DEADLINE_S):
                while (await Review.objects.aget(pk=overdue.pk)).is_open:
                    await asyncio.sleep(0.02)
        finally:
            clock.cancel()
            with suppress(asyncio.CancelledError):
                await clock
    assert things.ended == [(overdue.pk, "expired")]
    told = Event.objects.filter(subject_id=overdue.pk).order_by("seq").values_list("kind", flat=True)
    assert [kind async for kind in told] == ["review.opened", "review.expired"]
