from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path

from portal.application import Application, build_tasks
from portal.background import BackgroundTask, get_background_tasks
from portal.onehop import OneHopHandler, has_async_views
from tests.portal.asgi_exchange import request

pytestmark = pytest.mark.django_db(transaction=True)


def who(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.META['REMOTE_ADDR']} {request.scheme}")


urlpatterns = [path("who/", who)]


async def wait(stop: asyncio.Event) -> None:
    await stop.wait()


@pytest.fixture
def application(settings: Any) -> Application:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []
    has_async_views.cache_clear()
    return Application(
        http=OneHopHandler(),
        websocket_patterns=[],
        build_tasks=lambda: [BackgroundTask("test", wait)],
    )


@pytest.mark.parametrize(("is_trusted", "seen"), [(True, b"10.0.0.9 https"), (False, b"127.0.0.1 http")])
async def test_proxy_headers_count_only_when_trusted(
    application: Application, settings: Any, is_trusted: bool, seen: bytes
) -> None:
    settings.COUNTERSIGN_TRUST_PROXY_HEADERS = is_trusted
    headers = {"x-forwarded-for": "10.0.0.9", "x-forwarded-proto": "https"}
    assert (await request(application, "GET", "/who/", headers=headers)).body == seen
    await application.stop(5)


async def test_lifespan_starts_and_stops_the_background_tasks(application: Application) -> None:
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    sent: list[dict[str, Any]] = []
    running: list[bool] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        running.append(get_background_tasks() is not None)

    incoming.put_nowait({"type": "lifespan.startup"})
    incoming.put_nowait({"type": "lifespan.shutdown"})
    await asyncio.wait_for(application({"type": "lifespan"}, incoming.get, send), 20)
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert running == [True, False]


async def test_a_websocket_without_a_route_is_closed(application: Application) -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application({"type": "websocket", "path": "/ws/nowhere/", "headers": []}, None, send)
    assert sent == [{"type": "websocket.close", "code": 4404}]
    await application.stop(5)


ALWAYS = [
    "hub",
    "signed audit heads",
    "event pruning",
    "audit checks",
    "rule proposals",
    "publisher",
    "MCP prober",
    "CAO collector",
    "health",
]


@pytest.mark.parametrize(
    ("with_relay", "names"), [(True, [*ALWAYS, "relay"]), (False, [*ALWAYS, "what falls due"])]
)
def test_the_tasks_of_a_web_process(with_relay: bool, names: list[str]) -> None:
    assert [task.name for task in build_tasks(with_relay=with_relay)] == names
