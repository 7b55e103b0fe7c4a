"""Long polls: an answer as soon as there is one, and in any case when the caller's time is up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import refuse_unknown_parameters
from events.actors import Subject
from events.errors import Invalid
from events.waiting import Waiting
from live.api.callers import read_caller
from live.queries import read_head
from live.waits import wait_for_change

# A number as JSON writes it, from 0 on.
NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?")
DEFAULT_WAIT_S = 30.0
MAX_WAIT_S = 60.0
TIMEOUT = OpenApiParameter(
    "timeout",
    {"type": "number", "minimum": 0, "maximum": MAX_WAIT_S, "default": DEFAULT_WAIT_S},
    description=f"Seconds to wait, at most {MAX_WAIT_S:.0f}; {DEFAULT_WAIT_S:.0f} when left out.",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """How things stand. `awaited`: what has to change for another answer, None when none will come."""

    awaited: Subject | None
    answer: Callable[[], Response]


def wait_for_answer(request: Request, look: Callable[[], Seen]) -> HttpResponse:
    """`look` finds what the caller may see, each time anew; raises as it does, and Invalid for the time."""
    refuse_unknown_parameters(request, {"timeout"})
    timeout_s = read_timeout(request.query_params.get("timeout"))
    waiting = Waiting.of(request)
    while True:
        cursor = read_head()  # before the look, so that no change is missed
        seen = look()
        left_s = timeout_s - waiting.elapsed_s
        if seen.awaited is None or left_s <= 0:
            return seen.answer()
        wait = partial(
            wait_for_change, seen.awaited, since=cursor, timeout_s=left_s, caller=read_caller(request)
        )
        pause = waiting.pause(wait)
        if pause is not None:
            return pause


def read_timeout(text: str | None) -> float:
    if text is None:
        return DEFAULT_WAIT_S
    if not NUMBER.fullmatch(text) or float(text) > MAX_WAIT_S:
        raise Invalid(f"timeout is a number of seconds from 0 to {MAX_WAIT_S:.0f}.", field="timeout")
    return float(text)
