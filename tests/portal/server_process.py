"""The product's server with the small site of these tests: `python -m tests.portal.server_process`.

Prints its port on the first line, and what its background task hears after it.
"""

from __future__ import annotations

import asyncio
from typing import Any

import django
from django.conf import settings

django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402 - needs the set-up above
from django.urls import path  # noqa: E402

from portal.application import Application  # noqa: E402
from portal.background import BackgroundTask  # noqa: E402
from portal.onehop import OneHopHandler  # noqa: E402
from portal.server import PortalServer  # noqa: E402
from tests.portal.one_hop_site import say  # noqa: E402


class EchoConsumer(AsyncWebsocketConsumer):
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=text_data)


async def tell(stop: asyncio.Event) -> None:
    await stop.wait()
    say("told to stop")


def main() -> None:
    # After `portal.server`, which installs the event loop. Half a minute is long for a test.
    from portal import bounded_requests

    bounded_requests.STALLED_S = 1.0
    settings.ROOT_URLCONF = "tests.portal.one_hop_site"
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[:3],
        "django.middleware.common.CommonMiddleware",
    ]
    application = Application(
        http=OneHopHandler(),
        websocket_patterns=[path("ws/echo/", EchoConsumer.as_asgi())],  # type: ignore[arg-type]
        build_tasks=lambda: [BackgroundTask("tell", tell)],
    )
    raise SystemExit(PortalServer(application, settings.COUNTERSIGN_BIND, on_listening=announce).serve())


def announce(bind: Any) -> None:
    say(str(bind.port))


if __name__ == "__main__":
    main()
