"""What the one-hop handler does differently from Django's own, on purpose."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.signals import request_finished
from django.dispatch import Signal

from portal.onehop import OneHopHandler
from tests.portal.asgi_exchange import HttpExchange, request
from tests.portal.one_hop_site import Trace
from tests.portal.test_one_hop_parity import until


@contextmanager
def listening_to(signal: Signal, receiver: Callable[..., Any]) -> Iterator[None]:
    signal.connect(receiver)
    yield
    signal.disconnect(receiver)


pytestmark = pytest.mark.django_db(transaction=True)

WORKER = "countersign-web-0_0"


async def test_a_request_runs_whole_in_one_persistent_thread(one_hop: OneHopHandler) -> None:
    for path in ("/plain/", "/head-row/", "/stream/"):
        assert (await request(one_hop, "GET", path)).status == 200
    assert Trace.threads == {WORKER}


async def test_an_asynchronous_view_awaits_on_the_loop_and_its_middleware_in_the_worker(
    one_hop: OneHopHandler,
) -> None:
    assert (await request(one_hop, "GET", "/wait-async/")).status == 200
    assert Trace.threads == {WORKER, threading.current_thread().name}


async def test_a_synchronous_stream_is_read_in_the_worker_with_its_connection(one_hop: OneHopHandler) -> None:
    received = await request(one_hop, "GET", "/stream/")
    assert (received.status, received.body) == (200, b"0:1;1:1;2:1;")
    assert Trace.events == ["rows closed"]


async def test_a_stream_that_fails_is_an_error_page_not_a_cut_answer(one_hop: OneHopHandler) -> None:
    received = await request(one_hop, "GET", "/stream-broken/")
    assert (received.status, received.is_complete) == (500, True)
    assert b"first;" not in received.body


async def test_a_chunked_body_without_length_reaches_the_parsers(one_hop: OneHopHandler) -> None:
    received = await request(
        one_hop,
        "POST",
        "/rest/",
        headers={"content-type": "application/json"},
        body=[b'{"a":', b" 1}"],
        is_chunked=True,
    )
    assert (received.status, json.loads(received.body)) == (201, {"got": {"a": 1}})


async def test_a_broken_connection_fails_one_request_and_no_other(one_hop: OneHopHandler) -> None:
    statuses = [
        (await request(one_hop, "GET", path)).status
        for path in ("/head-row/", "/broken-connection/", "/head-row/")
    ]
    assert statuses == [200, 500, 200]


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_over_the_limit_is_413_and_no_view_runs(
    one_hop: OneHopHandler, settings: Any, is_chunked: bool
) -> None:
    settings.COUNTERSIGN_MAX_BODY_BYTES = 1000
    fits = await request(one_hop, "POST", "/echo/", body=[b"x" * 500, b"x" * 500], is_chunked=is_chunked)
    received = await request(one_hop, "POST", "/echo/", body=[b"x" * 500, b"x" * 501], is_chunked=is_chunked)
    assert (fits.status, len(fits.body)) == (200, 1000)
    assert (received.status, received.header("content-type")) == (413, "application/problem+json")
    assert json.loads(received.body) == {
        "type": "/problems/too_large",
        "title": "Too large",
        "status": 413,
        "code": "too_large",
        "detail": "A request body holds at most 1000 bytes.",
    }


async def test_a_request_whose_client_left_the_queue_never_runs(one_hop: OneHopHandler) -> None:
    blocking = HttpExchange(one_hop, "GET", "/blocked/")
    await until(Trace.entered.is_set)
    queued = HttpExchange(one_hop, "GET", "/plain/")
    await until(lambda: one_hop.threads[0].pending == 2)
    queued.disconnect()
    assert (await queued.answer()).status == 0
    Trace.gate.set()
    assert (await blocking.answer()).body == b"blocked"
    assert Trace.threads == {WORKER}
    assert one_hop.threads[0].pending == 0


async def test_a_hop_that_has_begun_ends_though_its_client_left(one_hop: OneHopHandler) -> None:
    exchange = HttpExchange(one_hop, "GET", "/blocked/")
    await until(Trace.entered.is_set)
    exchange.disconnect()
    assert (await exchange.answer()).status == 0
    Trace.gate.set()
    await until(lambda: one_hop.threads[0].pending == 0)
    assert Trace.events == ["blocked began", "blocked ended"]


async def test_cancelling_the_server_task_ends_an_endless_stream(one_hop: OneHopHandler) -> None:
    exchange = HttpExchange(one_hop, "GET", "/stream-endless/")
    await asyncio.wait_for(exchange.got_chunk.wait(), 20)
    exchange.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await exchange.task
    assert Trace.events == ["ticks closed"]


async def test_a_pause_waits_on_the_loop_and_the_request_runs_again(one_hop: OneHopHandler) -> None:
    Trace.wake = asyncio.Event()
    exchange = HttpExchange(one_hop, "GET", "/pausing/")
    await until(lambda: Trace.events == ["waiting"])
    # The worker is free meanwhile.
    assert (await request(one_hop, "GET", "/plain/")).body == b"plain"
    Trace.wake.set()
    received = await exchange.answer()
    assert (received.status, json.loads(received.body)) == (200, {"result": "woken", "runs": 2})
    assert received.header("x-traced") == "yes"
    assert Trace.threads == {WORKER, threading.current_thread().name}


async def test_a_pause_ends_at_its_time(one_hop: OneHopHandler) -> None:
    Trace.wake = asyncio.Event()
    received = await request(one_hop, "GET", "/pausing/", query=b"timeout=0.05")
    assert (received.status, json.loads(received.body)["result"]) == (200, "late")


async def test_a_client_that_leaves_a_pause_cancels_the_wait(one_hop: OneHopHandler) -> None:
    Trace.wake = asyncio.Event()
    exchange = HttpExchange(one_hop, "GET", "/pausing/")
    await until(lambda: Trace.events == ["waiting"])
    exchange.disconnect()
    assert ((await exchange.answer()).status, Trace.events) == (0, ["waiting", "wait cancelled"])


async def test_an_error_in_a_wait_meets_the_views_own_exception_handling(one_hop: OneHopHandler) -> None:
    received = await request(one_hop, "GET", "/pause-and-fail/")
    assert (received.status, received.header("x-traced")) == (403, "yes")


async def test_only_repeatable_methods_may_wait(one_hop: OneHopHandler) -> None:
    received = await request(one_hop, "GET", "/pause-and-fail/", headers={"x-fail": "rescue"})
    refused = await request(one_hop, "OPTIONS", "/pause-and-fail/", headers={"x-fail": "rescue"})
    assert [received.body, refused.body] == [b"rescued PermissionDenied", b"rescued ValueError"]


async def test_two_hundred_waiting_requests_leave_the_worker_idle(one_hop: OneHopHandler) -> None:
    Trace.wake = asyncio.Event()
    waiting = [HttpExchange(one_hop, "GET", "/pausing/") for _ in range(200)]
    await until(lambda: len(Trace.events) == 200)
    assert one_hop.threads[0].pending == 0
    started_at = time.monotonic()
    assert (await request(one_hop, "GET", "/head-row/")).status == 200
    assert time.monotonic() - started_at < 2
    Trace.wake.set()
    answers = [json.loads((await exchange.answer()).body) for exchange in waiting]
    assert answers == [{"result": "woken", "runs": 2}] * 200


async def test_more_threads_serve_more_requests_at_once(one_hop_site: None) -> None:
    handler = OneHopHandler(thread_count=2)
    blocking = HttpExchange(handler, "GET", "/blocked/")
    await until(Trace.entered.is_set)
    assert (await request(handler, "GET", "/plain/")).body == b"plain"
    Trace.gate.set()
    assert (await blocking.answer()).body == b"blocked"
    await handler.aclose()


async def test_a_closed_handler_answers_503(one_hop_site: None) -> None:
    handler = OneHopHandler(thread_count=1)
    assert (await request(handler, "GET", "/plain/")).status == 200
    await handler.aclose()
    received = await request(handler, "GET", "/plain/")
    assert (received.status, received.header("content-type")) == (503, "application/problem+json")


async def test_closing_sends_waiting_requests_away(one_hop_site: None) -> None:
    handler = OneHopHandler(thread_count=1)
    Trace.wake = asyncio.Event()
    exchange = HttpExchange(handler, "GET", "/pausing/")
    await until(lambda: Trace.events == ["waiting"])
    await handler.aclose()
    received = await exchange.answer()
    assert (received.status, json.loads(received.body)["code"]) == (503, "stopping")
    assert Trace.events == ["waiting", "wait cancelled"]


async def test_closing_ends_streams_and_closes_their_responses(one_hop_site: None) -> None:
    handler = OneHopHandler(thread_count=1)
    exchange = HttpExchange(handler, "GET", "/stream-endless/")
    await asyncio.wait_for(exchange.got_chunk.wait(), 20)
    finished: list[str] = []
    with listening_to(request_finished, lambda **_: finished.append(threading.current_thread().name)):
        await handler.aclose()
        received = await exchange.answer()
    assert (received.status, received.is_complete, Trace.events) == (200, False, ["ticks closed"])
    assert finished == [WORKER]


async def test_a_nul_in_the_address_is_400(one_hop: OneHopHandler) -> None:
    received = await request(one_hop, "GET", "/plain/\0/")
    assert (received.status, json.loads(received.body)["code"], Trace.threads) == (400, "bad_request", set())


async def test_other_protocols_are_not_served(one_hop: OneHopHandler) -> None:
    unused: Any = None
    with pytest.raises(ValueError, match="not websocket"):
        await one_hop({"type": "websocket"}, unused, unused)
