"""How a synchronous view waits without holding the worker thread or a database connection.

HTTP requests run whole in one worker thread, so a view must never block there. A view that has to wait
(for a decision, for the next event) answers with a `Pause`: the handler drops it, awaits what the pause
names on the event loop, and runs the same request again from the top. Middleware, authentication and
policies are applied afresh, so an answer is only ever given to a caller who may still have it:

    def wait(self, request, pk):
        waiting = Waiting.of(request)
        while True:
            cursor = read_head_seq()                        # before the row, so that no change is missed
            permission_request = self.get_object()
            left_s = timeout_s - waiting.elapsed_s
            if not permission_request.is_open or left_s <= 0:
                return Response(...)
            pause = waiting.pause(lambda: wait_for_change(..., since=cursor, timeout_s=left_s))
            if pause is not None:
                return pause

Under any other handler (Django's test client, plain WSGI) `pause` waits right there and returns None,
and the loop goes round; so the same view is right under both.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse

ATTRIBUTE = "_countersign_waiting"
REPEATABLE_METHODS = frozenset({"GET", "HEAD"})

Waiter = Callable[[], Awaitable[Any]]


class Pause(HttpResponse):
    """Not an answer, and never sent: run `waiter` on the event loop, then this request once more."""

    def __init__(self, waiter: Waiter) -> None:
        super().__init__(status=202)
        self.waiter = waiter


class Waiting:
    """What one HTTP request has waited so far; the same object on every run of it.

    `result` is what the last wait returned, None before the first.
    """

    def __init__(self, *, can_pause: bool = False) -> None:
        self.can_pause = can_pause
        self.started_at = time.monotonic()
        self.runs = 1
        self.result: Any = None
        self.error: Exception | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> Waiting:
        """Of Django's request, or of the one that REST framework wraps around it.

        Raises what the last wait raised, so that it meets the view's own exception handling.
        """
        plain: Any = getattr(request, "_request", request)
        waiting = getattr(plain, ATTRIBUTE, None)
        if waiting is None:
            waiting = cls()
            waiting.attach(plain)
        if plain.method not in REPEATABLE_METHODS:
            raise ValueError("only GET and HEAD requests may wait: they are run again")
        if waiting.error is not None:
            error, waiting.error = waiting.error, None
            raise error
        return waiting

    def attach(self, request: HttpRequest) -> None:
        setattr(request, ATTRIBUTE, self)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request's first run began."""
        return time.monotonic() - self.started_at

    def pause(self, waiter: Waiter) -> Pause | None:
        """The answer to return from the view, or None when the wait is over already."""
        if self.can_pause:
            return Pause(waiter)

        async def wait() -> Any:
            return await waiter()

        self.note(async_to_sync(wait)())
        return None

    def note(self, result: Any, error: Exception | None = None) -> None:
        """Record the end of one wait."""
        self.result, self.error = result, error
        self.runs += 1


def is_first_run(request: HttpRequest) -> bool:
    """False when the request has waited and is run again."""
    waiting: Waiting | None = getattr(getattr(request, "_request", request), ATTRIBUTE, None)
    return waiting is None or waiting.runs == 1
