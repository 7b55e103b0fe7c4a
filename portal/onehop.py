"""HTTP in one hop: the whole synchronous request runs in one persistent worker thread.

Django's own ASGI handler hops to a thread for every synchronous middleware and for the view, and makes
that thread (and its database connection) anew for each request. Here the middleware chain is the
synchronous one and runs, with URL resolving, view, rendering and closing, in a thread that keeps its
connection. The dispatch rule:

- a synchronous view, REST framework's included, runs whole in the worker thread;
- a view that must wait returns a `Pause` (see `events.waiting`): the wait runs on the event loop, and
  then the request runs again from the top;
- an asynchronous iterator of a streaming response is read on the event loop;
- an `async def` view goes through Django's own asynchronous chain on the event loop; its synchronous
  steps, middleware included, run in the same worker thread.

So nothing that waits occupies the worker, and nothing that works occupies the loop.
See docs/decisions/0001-http-in-one-hop.md.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeVar

from asgiref.sync import ThreadSensitiveContext, iscoroutinefunction
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import (
    Resolver404,
    ResolverMatch,
    URLPattern,
    URLResolver,
    get_resolver,
    set_script_prefix,
)

from events.database_threads import DatabaseThread
from events.waiting import Pause, Waiting
from portal.answers import (
    Answer,
    BodyFile,
    Send,
    encode_headers,
    open_body_file,
    read_content,
    send_answer,
    send_problem,
)
from portal.limits import (
    BodyTooLarge,
    encode_malformed_path,
    encode_stopping,
    encode_too_large,
    refuse_declared_length,
)

# For what is sent away on closing to say so, and to close its response.
CLOSING_TIMEOUT_S = 1.0
# Longer than Daphne's own patience (see `bounded_requests`), which also ends the connection.
STALLED_S = 40.0
FIXED_MATCHES = "countersign_fixed_matches"
MAX_FIXED_MATCHES = 1000

T = TypeVar("T")
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]


@dataclass(slots=True)
class Exchange:
    """One HTTP request on its way: what the worker needs."""

    scope: Scope
    body: BodyFile
    thread: DatabaseThread
    waiting: Waiting
    listener: asyncio.Task[None]


class HandlerClosed(Exception):
    """The server is stopping; the request was not begun, or not ended."""


class BoundedBodyHandler(ASGIHandler):
    """Django's handler with an end to the request body, also under servers that do not count it."""

    async def read_body(self, receive: Receive) -> BodyFile:
        """Raises BodyTooLarge, or RequestAborted when the client leaves before its end."""
        body = open_body_file()
        try:
            await copy_body(receive, body)
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body


class OneHopHandler(BoundedBodyHandler):
    """An ASGI application for `http` scopes that behaves as Django's ASGIHandler does."""

    def __init__(self, thread_count: int | None = None) -> None:
        self.threads = [
            DatabaseThread(f"countersign-web-{number}")
            for number in range(thread_count or settings.COUNTERSIGN_WEB_THREADS)
        ]
        self.is_closed = False
        # What has no end of its own, and the task that serves it.
        self.open_ended: dict[asyncio.Future[Any], asyncio.Task[Any]] = {}
        self.loop_handler: BoundedBodyHandler | None = None
        # Not super().__init__(): that loads the asynchronous chain.
        self.load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"this handler serves http, not {scope['type']}")
        if "\0" in scope["path"]:
            # No address of ours holds one, and PostgreSQL refuses it in a query.
            await send_problem(400, encode_malformed_path(), send)
            return
        try:
            self.refuse_when_closed()
            refuse_declared_length(scope["headers"])
            if is_async_view(scope):
                await self.run_on_loop(scope, receive, send)
            else:
                await self.handle(scope, receive, send)
        except BodyTooLarge:
            await send_problem(413, encode_too_large(), send)
        except HandlerClosed:
            await send_problem(503, encode_stopping(), send)

    async def aclose(self) -> None:
        """Refuse new requests, end what waits or streams, and end the worker threads after what they have."""
        self.is_closed = True
        for work in self.open_ended:
            work.cancel()
        if self.open_ended:
            await asyncio.wait(set(self.open_ended.values()), timeout=CLOSING_TIMEOUT_S)
        for thread in self.threads:
            await thread.aclose()

    def refuse_when_closed(self) -> None:
        if self.is_closed:
            raise HandlerClosed

    def pick_thread(self) -> DatabaseThread:
        return min(self.threads, key=lambda thread: thread.pending)

    async def run_on_loop(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Django's asynchronous chain, its synchronous steps on a worker thread of ours."""
        if self.loop_handler is None:
            self.loop_handler = BoundedBodyHandler()
        async with ThreadSensitiveContext(executor=self.pick_thread().executor):
            await self.loop_handler(scope, receive, send)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        scope = declare_length(scope, body)
        listener = asyncio.create_task(self.listen_for_disconnect(receive))
        # It may end after the answer, when nobody asks for its result any more.
        listener.add_done_callback(retrieve)
        exchange = Exchange(scope, body, self.pick_thread(), Waiting(can_pause=True), listener)
        try:
            outcome = await self.run_until_answered(exchange)
            if isinstance(outcome, Answer):
                await send_answer(outcome, send)
            else:
                await self.send_stream(outcome, exchange, send)
        except RequestAborted:
            # The client has gone. A hop that has begun runs to its end; its answer is dropped.
            pass
        finally:
            listener.cancel()

    async def run_until_answered(self, exchange: Exchange) -> Answer | HttpResponseBase:
        while True:
            outcome = await self.hop(exchange)
            if not isinstance(outcome, Pause):
                return outcome
            await self.wait_out(outcome, exchange)

    async def wait_out(self, pause: Pause, exchange: Exchange) -> None:
        """Await the pause; what it raises meets the view in its next run."""
        try:
            exchange.waiting.note(await self.run_open_ended(pause.waiter(), exchange))
        except RequestAborted:
            raise
        except asyncio.CancelledError:
            self.refuse_when_closed()
            raise
        except Exception as error:  # noqa: BLE001 - see above
            exchange.waiting.note(None, error)

    async def run_open_ended(self, work: Awaitable[T], exchange: Exchange) -> T:
        """Await it until it ends, the client leaves, or the handler closes (CancelledError)."""
        task = asyncio.ensure_future(work)
        serving = asyncio.current_task()
        assert serving is not None  # noqa: S101 - a server runs its applications as tasks
        self.open_ended[task] = serving
        try:
            return await unless_disconnected(task, exchange.listener)
        finally:
            del self.open_ended[task]

    async def hop(self, exchange: Exchange) -> Answer | HttpResponseBase:
        self.refuse_when_closed()
        call = exchange.thread.submit(self.run_in_worker, exchange)
        is_received = False
        try:
            outcome = await unless_disconnected(asyncio.wrap_future(call), exchange.listener)
            is_received = True
            return outcome
        finally:
            if call.cancel():
                exchange.body.close()
            elif not is_received:
                call.add_done_callback(partial(close_forsaken, exchange.thread))

    def run_in_worker(self, exchange: Exchange) -> Answer | HttpResponseBase:
        """The hop: everything from request_started to request_finished.

        Returns a Pause, a complete Answer, or a response whose asynchronous stream is still to be read
        and which is still to be closed.
        """
        set_script_prefix(get_script_prefix(exchange.scope))
        signals.request_started.send(sender=self.__class__, scope=exchange.scope)
        if exchange.body.closed:
            # A request that waited runs again; those that may wait have no body.
            exchange.body = open_body_file()
        request, response = self.build_response(exchange)
        if response.streaming and response.is_async:
            return response
        if isinstance(response, Pause):
            response.close()
            return response
        content, response = read_content(request, response)
        answer = Answer(response.status_code, encode_headers(response), content)
        response.close()
        exchange.body.close()
        return answer

    def resolve_request(self, request: Any) -> Any:
        """Addresses with nothing variable in them are looked up once."""
        if hasattr(request, "urlconf"):
            return super().resolve_request(request)
        request.resolver_match = match = find_match(request.path_info)
        return match

    def build_response(self, exchange: Exchange) -> tuple[ASGIRequest | None, Any]:
        request, error_response = self.create_request(exchange.scope, exchange.body)
        if request is None:
            return None, error_response
        exchange.waiting.attach(request)
        response: Any = self.get_response(request)
        response._handler_class = self.__class__  # noqa: SLF001 - named by Django's request_finished
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        return request, response

    async def send_stream(self, response: HttpResponseBase, exchange: Exchange, send: Send) -> None:
        """Read an asynchronous stream on the loop; the response is closed in the worker in any case."""
        try:
            await self.run_open_ended(self.send_response(response, unless_stalled(send)), exchange)
        except asyncio.CancelledError:
            # When the handler closes, a stream just ends: its client resumes where it stood.
            if not self.is_closed:
                raise
        finally:
            await asyncio.shield(close_stream(response))
            await asyncio.shield(exchange.thread.run(response.close))


async def copy_body(receive: Receive, body: BodyFile) -> None:
    size_bytes = 0
    more_body = True
    while more_body:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise RequestAborted
        chunk = message.get("body", b"")
        size_bytes += len(chunk)
        if size_bytes > settings.COUNTERSIGN_MAX_BODY_BYTES:
            raise BodyTooLarge
        body.write(chunk)
        more_body = message.get("more_body", False)


def declare_length(scope: Scope, body: BodyFile) -> Scope:
    """A body sent in chunks has no length in its headers; Django's parsers would take it for empty."""
    if any(name == b"content-length" for name, _ in scope["headers"]):
        return scope
    size_bytes = body.seek(0, os.SEEK_END)
    body.seek(0)
    if not size_bytes:
        return scope
    return {**scope, "headers": [*scope["headers"], (b"content-length", str(size_bytes).encode())]}


async def unless_disconnected(work: Awaitable[T], listener: asyncio.Task[None]) -> T:
    """The result of `work`; it is cancelled and RequestAborted raised when the client leaves first."""
    task = asyncio.ensure_future(work)

    def leave(_listener: asyncio.Task[None]) -> None:
        task.cancel()

    listener.add_done_callback(leave)
    try:
        return await task
    except asyncio.CancelledError:
        if listener.done() and not listener.cancelled():
            listener.result()
        raise
    finally:
        listener.remove_done_callback(leave)


async def close_stream(response: Any) -> None:
    """Run the iterator's own cleaning up now: what nobody reads on is closed at some garbage collection."""
    # Django closes what it wraps around it, and keeps this.
    aclose = getattr(response._iterator, "aclose", None)  # noqa: SLF001
    if aclose is not None:
        await aclose()


def unless_stalled(send: Send) -> Send:
    """Raise RequestAborted when the server can't hand over one part of a stream for too long."""

    async def send_in_time(message: Any) -> None:
        try:
            async with asyncio.timeout(STALLED_S):
                await send(message)
        except TimeoutError:
            raise RequestAborted from None

    return send_in_time


def retrieve(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()


def close_forsaken(thread: DatabaseThread, call: Future[Answer | HttpResponseBase]) -> None:
    """Close a response whose client left while it was being made."""
    if (
        not call.cancelled()
        and call.exception() is None
        and isinstance(response := call.result(), HttpResponseBase)
    ):
        thread.submit(response.close)


def find_match(path: str) -> ResolverMatch:
    """Where a path leads to; raises Resolver404."""
    resolver = get_resolver()
    # Kept on the resolver, which Django makes anew when the URLconf changes.
    fixed: dict[str, ResolverMatch] = resolver.__dict__.setdefault(FIXED_MATCHES, {})
    match = fixed.get(path)
    if match is None:
        match = resolver.resolve(path)
        if not match.args and not match.kwargs and len(fixed) < MAX_FIXED_MATCHES:
            fixed[path] = match
    return match


def is_async_view(scope: Scope) -> bool:
    """Whether the path leads to an `async def` view; free when the URLconf has none."""
    if not has_async_views(settings.ROOT_URLCONF):
        return False
    path = scope["path"].removeprefix(get_script_prefix(scope))
    try:
        return iscoroutinefunction(get_resolver().resolve(path).func)
    except Resolver404:
        return False


@lru_cache(maxsize=8)
def has_async_views(urlconf: str) -> bool:
    return any(iscoroutinefunction(view) for view in walk_views(get_resolver(urlconf)))


def walk_views(resolver: URLResolver) -> Iterator[Any]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.callback
        else:
            yield from walk_views(pattern)
