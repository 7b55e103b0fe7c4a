"""The server of `benchmarks.fan_out`: the product's hub, and a naive Channels consumer beside it.

Both hear of the same commits, made in this process as the web worker makes them. The naive consumer is what
the Channels tutorial shows: one group member per socket, one `group_send` per event.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import timedelta
from typing import Any

import django
from django.conf import settings

django.setup()

from channels.generic.websocket import AsyncJsonWebsocketConsumer, AsyncWebsocketConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.domain.tokens import create_token  # noqa: E402
from accounts.domain.users import create_user  # noqa: E402
from accounts.enums import Scope  # noqa: E402
from benchmarks.product import serve  # noqa: E402
from events.actors import Subject, build_command_actor  # noqa: E402
from events.changes import changes  # noqa: E402
from events.database_threads import DatabaseThread  # noqa: E402
from events.keyring import make_keys_file  # noqa: E402
from events.models import LogHead  # noqa: E402
from live.hub import get_hub  # noqa: E402
from live.routing import websocket_urlpatterns  # noqa: E402
from portal.application import Application  # noqa: E402
from portal.background import BackgroundTask, until_stopped  # noqa: E402
from portal.onehop import OneHopHandler  # noqa: E402

ACTOR = build_command_actor("benchmark")
GROUP = "everybody"
writer = DatabaseThread("benchmark-writer")


class NaiveConsumer(AsyncJsonWebsocketConsumer):
    groups = [GROUP]

    async def tell(self, message: dict[str, Any]) -> None:
        await self.send_json(message["event"])


class ControlConsumer(AsyncWebsocketConsumer):
    """Takes {"way", "commits", "events", "pause_s"} and answers with the first and last seq."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        order = json.loads(text_data or "")
        first = last = 0
        for _ in range(order["commits"]):
            sent_us, last = await writer.run(commit, order["events"])
            first = first or last - order["events"] + 1
            if order["way"] == "naive":
                await tell_naively(range(last - order["events"] + 1, last + 1), sent_us)
            await asyncio.sleep(order["pause_s"])
        await self.send(json.dumps({"first": first, "last": last}))


def commit(count: int) -> tuple[int, int]:
    """(microseconds on the machine's clock before the commit, last seq)."""
    sent_us = time.monotonic_ns() // 1000
    with changes(ACTOR) as change:
        for _ in range(count):
            change.event(
                "benchmark.happened",
                Subject("benchmark", "1"),
                topic="requests",
                audience="owners",
                words={"sent_us": sent_us, "state": "approved", "decided_by": "Somebody with a name"},
            )
    return sent_us, LogHead.objects.get(pk=1).event_seq


async def tell_naively(seqs: range, sent_us: int) -> None:
    layer: Any = get_channel_layer()
    for seq in seqs:
        words = {"sent_us": sent_us, "state": "approved", "decided_by": "Somebody with a name"}
        event = {"type": "event", "seq": seq, "kind": "benchmark.happened", "words": words}
        await layer.group_send(GROUP, {"type": "tell", "event": event})


def main() -> None:
    make_keys_file(settings.COUNTERSIGN_KEYS_FILE)
    call_command("migrate", verbosity=0)
    user = create_user(actor=ACTOR, username="ada", is_superuser=True)
    expires_at = timezone.now() + timedelta(days=1)
    made = create_token(
        actor=ACTOR, user=user, name="benchmark", scopes=[Scope.EVENTS_READ], expires_at=expires_at
    )
    connections.close_all()
    # For the naive consumer; the product has no use for one.
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    patterns: list[Any] = [
        *websocket_urlpatterns,
        path("ws/naive/", NaiveConsumer.as_asgi()),  # type: ignore[arg-type]  # an ASGI application
        path("ws/control/", ControlConsumer.as_asgi()),  # type: ignore[arg-type]
    ]
    application = Application(
        http=OneHopHandler(),
        websocket_patterns=patterns,
        build_tasks=lambda: [BackgroundTask("hub", until_stopped(get_hub().run))],
    )
    serve(application, sys.argv[1], {"token": made.secret})


if __name__ == "__main__":
    main()
