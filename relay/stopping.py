"""Sessions that a person wants stopped: aborted until they have ended, however often that fails."""

from __future__ import annotations

import time
from collections import OrderedDict
from functools import partial

from django.utils import timezone

from engines.domain.cao_servers import note_stop_failed
from engines.enums import SubagentStatus
from engines.models import Engine, Subagent
from governance.enums import CloseReason
from relay.endings import Endings
from relay.link import EngineLink
from relay.memory import remember
from relay.opencode.errors import EngineError, EngineUnauthorized
from relay.sessions import Sessions

FIRST_PAUSE_S = 2.0
LAST_PAUSE_S = 60.0
AT_ONCE = 50


class TreeStops:
    def __init__(self, link: EngineLink, sessions: Sessions, endings: Endings) -> None:
        self.link = link
        self.sessions = sessions
        self.endings = endings
        self._not_before_s: OrderedDict[str, float] = OrderedDict()

    async def tick(self) -> None:
        """Once a second while the engine is there."""
        for row in await self.link.read(list_to_stop, self.link.engine):
            key = ("stop", row.pk)
            if self.link.tasks.is_running(key) or self._not_before_s.get(row.pk, 0.0) > time.monotonic():
                continue
            pause_s = min(FIRST_PAUSE_S * 2 ** min(row.stop_attempts, 10), LAST_PAUSE_S)
            remember(self._not_before_s, row.pk, time.monotonic() + pause_s)
            self.link.tasks.start(key, partial(self.stop, row))

    async def stop(self, row: Subagent) -> None:
        try:
            async with self.link.calls:
                await self.link.client.abort(row.working_directory, row.source_ref)
        except EngineUnauthorized:
            raise
        except EngineError as error:
            await self.link.write(note_stop_failed, row=row, error=str(error))
            return
        now = timezone.now()
        await self.sessions.take_abort(row.source_ref, now)
        self.endings.note(row.source_ref, CloseReason.SESSION_ABORTED, now)


def list_to_stop(engine: Engine) -> list[Subagent]:
    rows = Subagent.objects.filter(instance=engine, stop_asked_at__isnull=False)
    return list(rows.exclude(status__in=SubagentStatus.ended()).order_by("-depth", "pk")[:AT_ONCE])
