"""Ending an agent's turn because somebody asked for it. A stop that may not have arrived is sent again."""

from __future__ import annotations

import asyncio

from django.utils import timezone

from chats.domain.turns import claim_stop, end_stop, list_unsettled_stops, requeue_stop
from engines.models import Engine
from governance.enums import CloseReason
from relay.ingest import Ingest
from relay.link import EngineLink
from relay.liveness import read_busy
from relay.opencode.errors import EngineError, EngineUnauthorized
from relay.prompts.work import Place, Stop

LOOKS = 5
LOOK_EVERY_S = 0.2
STILL_WORKS = "The agent still works."


class Stops:
    def __init__(self, link: EngineLink, ingest: Ingest) -> None:
        self.link = link
        self.ingest = ingest

    async def send(self, stop: Stop) -> None:
        """Abort the turn; what it still asked for is then looked into, as after any abort."""
        place = stop.place
        claimed = await self.link.write(
            claim_stop, stop=stop.row, epoch=self.link.lease.epoch, now=timezone.now()
        )
        if not claimed:
            return
        if place.session_id:
            try:
                has_stopped = await self._abort(place)
            except EngineError as error:
                await self._queue_again(stop, str(error))
                if isinstance(error, EngineUnauthorized):
                    raise
                return
            if not has_stopped:
                await self._queue_again(stop, STILL_WORKS)
                return
        await self.link.write(end_stop, stop=stop.row, now=timezone.now())

    async def _abort(self, place: Place) -> bool:
        """Whether the session has fallen silent. Raises EngineError.

        One that was just about to begin may begin after the abort.
        """
        async with self.link.calls:
            await self.link.client.abort(place.directory, place.session_id)
        now = timezone.now()
        await self.ingest.sessions.take_abort(place.session_id, now)
        self.ingest.endings.note(place.session_id, CloseReason.SESSION_ABORTED, now)
        for _ in range(LOOKS):
            await asyncio.sleep(LOOK_EVERY_S)
            if place.session_id not in await read_busy(self.link, place.directory):
                return True
        return False

    async def _queue_again(self, stop: Stop, error: str) -> None:
        await self.link.write(requeue_stop, stop=stop.row, error=error, now=timezone.now())

    async def resolve(self) -> None:
        """What may have been sent before this connection is sent again; that does no harm."""
        await self.link.write(queue_unsettled, engine=self.link.engine)


def queue_unsettled(*, engine: Engine) -> None:
    for stop in list_unsettled_stops(engine=engine):
        requeue_stop(stop=stop, error="It may not have arrived.", now=timezone.now())
