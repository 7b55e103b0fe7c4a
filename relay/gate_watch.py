"""Looks after an engine's gate: that each tool call was asked about, and that what it holds still waits.

The plugin asks some milliseconds before a tool's part is told to run, so a part that nobody asked about
within two seconds ran past the gate.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from datetime import datetime

from django.utils import timezone

from governance.domain.gate import (
    UNASKED_CALL,
    distrust_rules,
    list_folders_without_rules,
    note_engine_away,
    prove_part,
    raise_alarm,
    store_rules,
)
from governance.domain.gate_calls import end_calls
from governance.enums import CloseReason
from relay.domain.gate_calls import (
    HeldCall,
    end_part,
    is_gate_expected,
    is_part_open,
    list_held_below,
    list_held_in,
)
from relay.domain.open_calls import LONGEST_SHOWN
from relay.link import EngineLink
from relay.liveness import FINISHED, find_end
from relay.memory import remember
from relay.opencode.records import Part

ASKED_WITHIN_S = 2.0
LOOK_EVERY_S = 0.25
# A part that has got so far was run. One in error may never have come to run.
RUN = frozenset({"running", "completed"})


class GateWatch:
    def __init__(self, link: EngineLink) -> None:
        self.link = link
        self._proven: OrderedDict[str, None] = OrderedDict()
        self._ended: OrderedDict[str, None] = OrderedDict()

    def take_part(self, part: Part, directory: str) -> None:
        """A part of a message came or went on; nothing here waits."""
        is_new = part.status in RUN and part.id not in self._proven
        is_over = part.status in FINISHED and part.id not in self._ended
        if part.type == "tool" and (is_new or is_over):
            self.link.tasks.start(("gate", part.id), lambda: self._follow(part, directory))

    async def _follow(self, part: Part, directory: str) -> None:
        engine = self.link.engine
        if not await self.link.read(is_gate_expected, engine=engine):
            return
        if part.id not in self._proven:
            is_proven = await self._prove(part)
            remember(self._proven, part.id, None)
            if not is_proven and part.status in RUN:
                await self.link.write(
                    raise_alarm,
                    engine=engine,
                    directory=directory,
                    reason=UNASKED_CALL,
                    now=timezone.now(),
                    session_id=part.session_id,
                    call_id=part.call_id,
                )
        if part.status in FINISHED:
            remember(self._ended, part.id, None)
            if await self.link.read(is_part_open, engine=engine, part_id=part.id):
                await self.link.write(end_part, engine=engine, part_id=part.id, now=timezone.now())

    async def _prove(self, part: Part) -> bool:
        started_s = time.monotonic()
        while True:
            is_proven = await self.link.write(
                prove_part,
                engine=self.link.engine,
                session_id=part.session_id,
                call_id=part.call_id,
                part_id=part.id,
                message_id=part.message_id,
            )
            if is_proven or time.monotonic() - started_s > ASKED_WITHIN_S:
                return is_proven
            await asyncio.sleep(LOOK_EVERY_S)

    # What it holds

    async def end_held_below(self, session_id: str, reason: CloseReason, seen_before: datetime) -> None:
        """A session's turn is said to have ended: what is held below it and no longer waits, ends too.

        Raises EngineError.
        """
        held = await self.link.read(
            list_held_below, engine=self.link.engine, session_id=session_id, seen_before=seen_before
        )
        if reason == CloseReason.SESSION_DELETED:
            await self._end([each for each in held if each.call.session_id == session_id], reason)
            held = [each for each in held if each.call.session_id != session_id]
        dead = [each for each in held if await find_end(self.link, each.call)]
        await self._end(dead, reason)

    async def end_held_in(self, directory: str, busy: dict[str, str], asked_at: datetime) -> None:
        """The same for a folder, by the engine's own view of it. Raises EngineError."""
        held = await self.link.read(
            list_held_in, engine=self.link.engine, directory=directory, seen_before=asked_at
        )
        dead = [each for each in held if await find_end(self.link, each.call, busy)]
        await self._end(dead, CloseReason.SESSION_ENDED)

    async def _end(self, held: list[HeldCall], reason: CloseReason) -> None:
        if held:
            rows = [each.row for each in held]
            await self.link.write(
                end_calls, engine=self.link.engine, calls=rows, reason=reason, now=timezone.now()
            )

    # What it says of itself

    async def note_away(self) -> None:
        """The engine's server was not there for a while: its plugin has to be heard of again."""
        away_at, self.link.connection.away_at = self.link.connection.away_at, None
        if away_at is not None:
            await self.link.write(note_engine_away, engine=self.link.engine, since=away_at)

    async def read_rules(self) -> None:
        """What each agent is asked for, in folders where the plugin has loaded anew. Raises EngineError."""
        for directory, instance in await self.link.read(list_folders_without_rules, engine=self.link.engine):
            if not is_exact(directory):
                continue
            async with self.link.calls:
                agents = await self.link.client.get_agents(directory)
            rules = {
                agent.name: [[rule.permission, rule.pattern, rule.action] for rule in agent.rules]
                for agent in agents
            }
            await self.link.write(
                store_rules, engine=self.link.engine, directory=directory, instance=instance, rules=rules
            )

    async def note_reply(self, reply: str, directory: str) -> None:
        """An `always` widens what the engine no longer asks, whatever its rules say."""
        if reply == "always":
            await self.link.write(distrust_rules, engine=self.link.engine, directory=directory)


def is_exact(shown: str) -> bool:
    """Whether a column shows a folder by its own name; the engine would make itself at home in another."""
    return shown.startswith("/") and shown.isascii() and shown.isprintable() and len(shown) < LONGEST_SHOWN
