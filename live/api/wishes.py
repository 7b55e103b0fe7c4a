"""The query parameters of the event endpoints; each raises Invalid with the parameter's name."""

from __future__ import annotations

import math

from drf_spectacular.utils import OpenApiParameter

from events.changes import TOPICS
from events.errors import Invalid
from live.messages import MAX_SEQ, parse_since, parse_topics

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
MAX_WAIT_S = 55

TOPIC = "|".join(sorted(TOPICS))
SINCE = OpenApiParameter(
    "since",
    {"type": "integer", "minimum": 0, "maximum": MAX_SEQ},
    description="Events after this cursor; without it from now on.",
)
TOPIC_NAMES = OpenApiParameter(
    "topics",
    {"type": "string", "pattern": f"^({TOPIC})(,({TOPIC}))*$"},
    description=f"Some of {', '.join(sorted(TOPICS))}, by commas.",
)
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    description=f"At most {MAX_LIMIT}, {DEFAULT_LIMIT} by default.",
)
WAIT = OpenApiParameter(
    "wait",
    {"type": "number", "minimum": 0, "maximum": MAX_WAIT_S, "default": 0},
    description=(
        f"With `since`: wait at most so many seconds, {MAX_WAIT_S} at most, for the first event."
        " 0 by default: answer at once."
    ),
)


def read_since(text: str | None) -> int | None:
    try:
        return None if text is None else parse_since(text)
    except ValueError as error:
        raise Invalid(str(error), field="since") from error


def read_topics(text: str | None) -> frozenset[str]:
    try:
        return TOPICS if text is None else parse_topics(text)
    except ValueError as error:
        raise Invalid(str(error), field="topics") from error


def read_limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
        raise Invalid(f"limit is a number from 1 to {MAX_LIMIT}.", field="limit")
    return int(text)


def read_wait_s(text: str | None) -> float:
    if text is None:
        return 0.0
    try:
        wait_s = float(text) if text.isascii() and len(text) <= 20 else math.nan
    except ValueError:
        wait_s = math.nan
    if not 0 <= wait_s <= MAX_WAIT_S:
        raise Invalid(f"wait is a number of seconds from 0 to {MAX_WAIT_S}.", field="wait")
    return wait_s
