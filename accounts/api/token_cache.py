"""Valid tokens, remembered for a moment, so that an agent's hundredth request costs no look-up.

An entry lives three seconds at most: that bounds how long another process may go on believing in a token
that was revoked elsewhere. In this process the entry ends with the transaction that took the right away
(see `accounts.rights`).
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from accounts.domain.tokens import find_token
from accounts.models import ApiToken
from accounts.rights import read_rights_generation

LIFETIME_S = 3.0
MAX_ENTRIES = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """`generation` is the state of everybody's rights that the token was read under."""

    token: ApiToken
    generation: int
    ends_at_s: float


class TokenCache:
    """Never remembers a failure, and keeps digests of the tokens' texts, not the texts."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.lock = threading.Lock()
        self.entries: dict[bytes, Entry] = {}

    def find(self, secret: str) -> ApiToken | None:
        """The valid token with this text, with its user; None otherwise."""
        key = hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
        generation, now_s = read_rights_generation(), self.clock()
        entry = self.entries.get(key)
        if entry is not None and entry.generation == generation and now_s < entry.ends_at_s:
            return entry.token if entry.token.is_valid(timezone.now()) else None
        token = find_token(secret)
        if token is not None:
            self.remember(key, Entry(token, generation, now_s + LIFETIME_S))
        return token

    def remember(self, key: bytes, entry: Entry) -> None:
        with self.lock:
            if len(self.entries) >= MAX_ENTRIES:
                self.entries.clear()
            self.entries[key] = entry


token_cache = TokenCache()
