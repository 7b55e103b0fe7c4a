"""Several threads that begin at the same moment, each with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")
START_TIMEOUT_S = 30


def run_together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Run every call on a thread of its own, all at once; results in order. The first error is raised."""
    gate = threading.Barrier(len(calls), timeout=START_TIMEOUT_S)

    def run(call: Callable[[], T]) -> T:
        gate.wait()
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as executor:
        futures = [executor.submit(run, call) for call in calls]
        return [future.result() for future in futures]
