"""The arguments of tool calls: they come in a part of a message, before or after the request about them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from events.text import make_visible
from relay.domain.intake import seal_call
from relay.domain.open_calls import OpenCall, list_unsealed_calls
from relay.link import EngineLink
from relay.opencode.errors import EngineError, EngineUnauthorized
from relay.opencode.records import Part, PermissionAsk

MAX_PARTS = 512
MAX_CHARACTERS = 32 * 1024 * 1024
# Seconds after a request was first seen at which its message is read when the part did not come by itself.
READ_AFTER_S = (0.2, 0.6, 1.4, 4.0, 8.0, 16.0, 29.0)
# Then it is sealed as "arguments unknown".
GIVE_UP_AFTER_S = 30.0

# Session, message, and the call's id as the request's row holds it.
Key = tuple[str, str, str]


def show_call_id(call_id: str) -> str:
    """A call id as a request's row holds it: the model provider's, so it may hold anything."""
    return make_visible(call_id)[:200]


def find_parts(parts: Iterable[Part], shown_call_id: str) -> list[Part]:
    """The parts of one tool call, named as its request's row names it."""
    return [part for part in parts if part.type == "tool" and show_call_id(part.call_id) == shown_call_id]


def pick_part(parts: Iterable[Part], shown_call_id: str) -> Part | None:
    """The one part of a call with its arguments.

    None while they are not there, and None for two parts with one call id: a model may number its calls as it
    likes, and a reviewer would be shown the one and let the other run.
    """
    found = find_parts(parts, shown_call_id)
    return found[0] if len(found) == 1 and found[0].has_arguments else None


class PartMemory:
    """The newest tool parts, bounded in number and size; what has fallen out is read from its message."""

    def __init__(self) -> None:
        self._parts: OrderedDict[Key, dict[str, tuple[Part, int]]] = OrderedDict()
        self._characters = 0

    def keep(self, part: Part) -> None:
        if part.type != "tool":
            return
        key = part_key(part)
        parts = self._parts.setdefault(key, {})
        self._parts.move_to_end(key)
        old, size = parts.get(part.id), measure(part.input)
        if old is not None and old[0].has_arguments and not part.has_arguments:
            return
        self._characters += size - (old[1] if old else 0)
        parts[part.id] = (part, size)
        while len(self._parts) > MAX_PARTS or (self._characters > MAX_CHARACTERS and self._parts):
            _, dropped = self._parts.popitem(last=False)
            self._characters -= sum(size for _, size in dropped.values())

    def find(self, key: Key) -> Part | None:
        return pick_part((part for part, _ in self._parts.get(key, {}).values()), key[2])


def measure(value: Any) -> int:
    """Roughly how many characters a decoded JSON value holds."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(key) + measure(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(measure(item) for item in value)
    return 8


class Sealer:
    """Seals requests when their arguments arrive, from the stream or from the message itself."""

    def __init__(self, link: EngineLink) -> None:
        self.link = link
        self.parts = PartMemory()
        self._waiting: dict[Key, dict[str, OpenCall]] = {}

    async def take_up_unsealed(self) -> None:
        """Go on with what an earlier relay left unsealed."""
        for call in await self.link.read(list_unsealed_calls, engine=self.link.engine):
            self.expect(call)

    def expect(self, call: OpenCall) -> None:
        """Seal this request as soon as its arguments are known."""
        waiting = self._waiting.setdefault(key_of(call), {})
        if call.pk not in waiting:
            waiting[call.pk] = call
            self.link.tasks.start(("seal", call.pk), lambda: self._read_until_sealed(call))

    async def keep_part(self, part: Part) -> None:
        """A part came: it may be what a request waits for."""
        self.parts.keep(part)
        if not part.has_arguments:
            return
        known = self.parts.find(part_key(part))
        for call in list(self._waiting.get(part_key(part), {}).values()) if known else ():
            await self.seal(call, known)

    async def seal(self, call: OpenCall, part: Part | None) -> None:
        await self.link.write(seal_call, call=call, part=part, now=timezone.now())
        self.forget(call)

    def forget(self, call: OpenCall) -> None:
        """It needs no arguments any more."""
        waiting = self._waiting.get(key_of(call), {})
        waiting.pop(call.pk, None)
        if not waiting:
            self._waiting.pop(key_of(call), None)

    def is_waiting(self, call: OpenCall) -> bool:
        return call.pk in self._waiting.get(key_of(call), {})

    async def read_part(self, call: OpenCall) -> Part | None:
        """The part from the engine's own record of the message. Raises EngineError."""
        if not call.message_id:
            return None
        async with self.link.calls:
            message = await self.link.client.get_message(call.directory, call.session_id, call.message_id)
        return None if message is None else pick_part(message.parts, call.call_id)

    async def _read_until_sealed(self, call: OpenCall) -> None:
        for due_s in plan_reads(age_s(call)) if call.message_id else ():
            await asyncio.sleep(due_s - age_s(call))
            if not self.is_waiting(call):
                return
            part = await self._try_to_read(call)
            if part is not None:
                await self.seal(call, part)
                return
        if call.message_id:
            await asyncio.sleep(GIVE_UP_AFTER_S - age_s(call))
        if self.is_waiting(call):
            await self.seal(call, None)

    async def _try_to_read(self, call: OpenCall) -> Part | None:
        try:
            return await self.read_part(call)
        except EngineUnauthorized:
            raise
        except EngineError:
            return None


def plan_reads(age_s: float) -> list[float]:
    """When to read the message of a request of this age: at once for one that is no longer new."""
    coming = [due_s for due_s in READ_AFTER_S if due_s > age_s]
    return coming if len(coming) == len(READ_AFTER_S) else [age_s, *coming]


def part_key(part: Part) -> Key:
    return (part.session_id, part.message_id, show_call_id(part.call_id))


def ask_key(ask: PermissionAsk) -> Key | None:
    """None for a request that is not about one call."""
    if ask.tool is None:
        return None
    return (ask.session_id, ask.tool.message_id, show_call_id(ask.tool.call_id))


def key_of(call: OpenCall) -> Key:
    return (call.session_id, call.message_id, call.call_id)


def age_s(call: OpenCall) -> float:
    return (timezone.now() - call.created_at).total_seconds()
