"""What a tool is: its words, its arguments, the scopes it needs, and what it does for a caller.

A tool acts at once (`act`) or looks and waits (`look`). Both run on the door's database thread with the
caller as they are at that moment. What they raise is told to the agent as a tool's error, in our sentences.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from rest_framework import serializers

from accounts.api.bodies import ORJSON_OPTIONS, write_plain
from accounts.api.serializers import Integer, Text
from accounts.domain.idempotency import Attempt, hold_key
from accounts.principal import Principal
from events.actors import Subject
from mcp_door.callers import require_scope

Arguments = dict[str, Any]
Shown = dict[str, Any]

# Below the minute after which proxies and clients give up.
MAX_WAIT_S = 50
KEY_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Look:
    """How things stand. `awaited`: what has to change for another answer, None when none will come."""

    awaited: Subject | None
    shown: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """`arguments` reads them and gives their schema. Exactly one of `act` and `look` is there.

    `has_own_key`: the domain itself remembers idempotency keys.
    """

    name: str
    title: str
    description: str
    arguments: type[serializers.Serializer[Any]]
    scopes: tuple[str, ...]
    act: Callable[[Principal, Arguments], Shown] | None = None
    look: Callable[[Principal, Arguments], Look] | None = None
    is_reading: bool = False
    has_own_key: bool = False

    def read(self, arguments: Any) -> Arguments:
        """Raises REST framework's ValidationError."""
        serializer = self.arguments(data=arguments)
        serializer.is_valid(raise_exception=True)
        values: Arguments = serializer.validated_data
        return values

    def do(self, principal: Principal, arguments: Any) -> Shown:
        """Act, once for each idempotency key; raises DomainError or ValidationError, and nothing happened."""
        assert self.act is not None  # noqa: S101 - the other kind waits
        require_scope(principal, self.scopes)
        values = self.read(arguments)
        key = "" if self.has_own_key else values.pop("idempotency_key", "")
        if not key:
            return write_shown(self.act(principal, values))
        digest = hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()
        with hold_key(Attempt(principal, key, f"mcp:{self.name}", digest)) as slot:
            if not slot.is_new:
                remembered: Shown = orjson.loads(slot.record.answer)
                return remembered
            shown = write_shown(self.act(principal, values))
            slot.record.status = 200
            slot.record.subject_id = str(shown.get("id", ""))[:64]
            slot.record.answer = json.dumps(shown)
            slot.record.save(update_fields=["status", "subject_id", "answer"])
            return shown

    def see(self, principal: Principal, arguments: Any) -> Look:
        """Look once; raises as `do` does."""
        assert self.look is not None  # noqa: S101 - the other kind acts
        require_scope(principal, self.scopes)
        found = self.look(principal, self.read(arguments))
        return Look(found.awaited, write_shown(found.shown))


def write_shown(shown: Shown) -> Shown:
    """Plain JSON of it: times as text."""
    plain: Shown = orjson.loads(orjson.dumps(shown, default=write_plain, option=ORJSON_OPTIONS))
    return plain


def key_field() -> Text:
    return Text(
        required=False,
        max_length=KEY_LENGTH,
        help_text="Sent again within a day with the same arguments, it makes nothing more and is answered "
        "the same.",
    )


def team_field() -> Text:
    return Text(
        required=False,
        max_length=15,
        help_text="The id of the team. Needed only when the token's account belongs to several.",
    )


def timeout_field() -> Integer:
    return Integer(
        required=False,
        min_value=0,
        max_value=MAX_WAIT_S,
        default=MAX_WAIT_S,
        help_text=f"Seconds to wait, at most {MAX_WAIT_S}.",
    )
