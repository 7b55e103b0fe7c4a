"""What the end of a turn means for its open requests and questions.

Idle and abort are hints: they may be about an earlier turn of the same session. A request first seen before
the hint is expired once the engine shows that its tool call no longer waits; each then gets a `reject`, since
the engine would still run it on a late `once`. A deletion needs no second look: the session never comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.utils import timezone

from governance.domain.close import close_dead_requests
from governance.domain.question_endings import close_dead_questions
from governance.enums import CloseReason
from governance.models import PermissionRequest, Question
from relay.domain.open_calls import OpenCall, list_stoppable_calls_below
from relay.gate_watch import GateWatch
from relay.link import EngineLink
from relay.liveness import find_end, list_waiting, read_busy

# The stronger reason is kept when several hints come for one session.
STRENGTH = (CloseReason.SESSION_ENDED, CloseReason.SESSION_ABORTED, CloseReason.SESSION_DELETED)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Hint:
    """A session's turn is said to have ended; requests first seen at or before `at` are meant."""

    session_id: str
    reason: CloseReason
    at: datetime

    def join(self, other: Hint | None) -> Hint:
        if other is None:
            return self
        reason = max(self.reason, other.reason, key=STRENGTH.index)
        return Hint(self.session_id, reason, max(self.at, other.at))


class Endings:
    def __init__(self, link: EngineLink, gate: GateWatch) -> None:
        self.link = link
        self.gate = gate
        self._hints: dict[str, Hint] = {}

    def note(self, session_id: str, reason: CloseReason, at: datetime) -> None:
        """Look into the session's open requests soon."""
        hint = Hint(session_id, reason, at)
        self._hints[session_id] = hint.join(self._hints.get(session_id))
        self.link.tasks.start(("ending", session_id), lambda: self._settle(session_id))

    async def _settle(self, session_id: str) -> None:
        hint = self._hints.pop(session_id, None)
        if hint is None:
            return
        await self.gate.end_held_below(session_id, hint.reason, hint.at + TICK)
        calls = await self.link.read(
            list_stoppable_calls_below,
            engine=self.link.engine,
            session_id=session_id,
            seen_before=hint.at + TICK,
        )
        if hint.reason == CloseReason.SESSION_DELETED:
            await close_dead(
                self.link, [call for call in calls if call.session_id == session_id], hint.reason
            )
            calls = [call for call in calls if call.session_id != session_id]
        calls.sort(key=lambda call: call.directory)
        for directory, group in groupby(calls, key=lambda call: call.directory):
            dead = await self._find_dead(directory, list(group))
            await close_dead(self.link, dead, hint.reason)

    async def _find_dead(self, directory: str, calls: list[OpenCall]) -> list[OpenCall]:
        listings = {
            is_question: await list_waiting(self.link, directory, is_question=is_question)
            for is_question in {call.is_question for call in calls}
        }
        busy = await read_busy(self.link, directory)
        # One that is no longer listed was answered: its own event says by whom.
        waiting = [call for call in calls if listings[call.is_question].holds(call.request_id) is not False]
        return [call for call in waiting if await find_end(self.link, call, busy)]


async def close_dead(link: EngineLink, calls: list[OpenCall], reason: CloseReason, why: str = "") -> None:
    """Expire or orphan what no longer waits, and have it rejected."""
    requests = [call.pk for call in calls if not call.is_question]
    if requests:
        rows = PermissionRequest.objects.filter(pk__in=requests)
        await link.write(close_dead_requests, rows=rows, reason=reason, now=timezone.now(), why=why)
    questions = [call.pk for call in calls if call.is_question]
    if questions:
        asked = Question.objects.filter(pk__in=questions)
        await link.write(close_dead_questions, rows=asked, reason=reason, now=timezone.now(), why=why)
