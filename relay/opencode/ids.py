"""Ids in the engine's own format, for what is sent under an id of our choice.

A kind's prefix, then twelve hexadecimal digits: the low 48 bits of milliseconds × 4096 + a counter, then
fourteen letters and digits of chance. A message sent again under the ids it had is known to the engine as the
same one. Observed on OpenCode 1.18.33. The 48 bits begin anew every 795 days: never order by such an id.
"""

from __future__ import annotations

import itertools
import secrets
import string
import time

MESSAGE = "msg_"
PART = "prt_"
COUNTERS = 4096
TIME_BITS = 48
RANDOM_LENGTH = 14
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase

_numbers = itertools.count()


def make_message_id(now_ms: int | None = None) -> str:
    return make_id(MESSAGE, now_ms)


def make_part_id(now_ms: int | None = None) -> str:
    return make_id(PART, now_ms)


def make_id(prefix: str, now_ms: int | None = None) -> str:
    """`now_ms` is Unix time in milliseconds. Two ids of one process are never the same."""
    now_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    moment = (now_ms * COUNTERS + next(_numbers) % COUNTERS) % 2**TIME_BITS
    chance = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return f"{prefix}{moment:012x}{chance}"
