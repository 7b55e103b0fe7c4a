"""Where an HTTP request's CPU time goes, coarsely: each phase without the phases inside it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

PHASES = ("hop", "middleware", "authentication", "view", "sql", "rendering")


class Phases:
    """Sums of CPU seconds by phase, over all threads."""

    def __init__(self) -> None:
        self.local = threading.local()
        self.seconds: Counter[str] = Counter()
        self.requests = 0

    def time(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            stack = self.local.__dict__.setdefault("stack", [])
            if not stack and phase != "hop":
                return function(*args, **kwargs)  # not part of a request
            now = time.thread_time()
            if stack:
                self.seconds[stack[-1][0]] += now - stack[-1][1]
            stack.append([phase, now])
            try:
                return function(*args, **kwargs)
            finally:
                now = time.thread_time()
                self.seconds[phase] += now - stack.pop()[1]
                if stack:
                    stack[-1][1] = now
                else:
                    self.requests += 1

        return timed

    def install(self) -> None:
        """Wrap the functions where one phase begins inside another."""
        from django.core.handlers.base import BaseHandler
        from django.db.backends.base.base import BaseDatabaseWrapper
        from django.db.backends.utils import CursorWrapper
        from rest_framework.response import Response
        from rest_framework.views import APIView

        from events import prepared
        from portal.onehop import OneHopHandler

        places: list[tuple[Any, str, str]] = [
            (OneHopHandler, "run_in_worker", "hop"),
            (BaseHandler, "get_response", "middleware"),
            (APIView, "dispatch", "view"),
            (APIView, "initial", "authentication"),
            (CursorWrapper, "execute", "sql"),
            (prepared, "run_statement", "sql"),
            (BaseDatabaseWrapper, "commit", "sql"),
            (Response, "render", "rendering"),
        ]
        for owner, name, phase in places:
            setattr(owner, name, self.time(phase, getattr(owner, name)))

    def take(self) -> dict[str, float]:
        """Microseconds a request of each phase since the last time."""
        requests, seconds = max(self.requests, 1), dict(self.seconds)
        self.requests = 0
        self.seconds.clear()
        return {phase: seconds.get(phase, 0.0) / requests * 1e6 for phase in PHASES}


# Of this process.
phases = Phases()
