"""One CAO server: looked at every second, read when its database has changed, kept in the ledger."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.utils import timezone

from engines.domain.cao_servers import note_stop_failed, set_cao_state, stamp_cao_seen
from engines.domain.delegations import (
    DelegationFacts,
    list_open_refs,
    lose_delegations,
    record_delegations,
    stamp_delegations_seen,
)
from engines.domain.leases import Lease
from engines.enums import EngineState, SubagentKind, SubagentStatus
from engines.models import CaoServer, Subagent
from events.actors import RELAY_ACTOR
from events.database_threads import DatabaseThread
from relay.cao.delegations import list_delegations, name_run, name_step
from relay.cao.foreign_sqlite import SourceUnavailable
from relay.cao.http import CaoClient, CaoError
from relay.cao.picture import DATABASE, Picture, read_picture
from relay.cao.snapshots import Snapshot, SnapshotFolder
from relay.domain.cao_leases import CAO_LEASES

LOOK_EVERY_S = 1.0
UNREADABLE_GRACE_S = 3.0
# CAO records how a handoff failed a moment after its terminal is gone.
GONE_GRACE_S = 5.0
# Without a change in its database: so that nothing is missed by an unlucky time stamp.
READ_ANYWAY_EVERY_S = 5.0
WORDS_EVERY_S = 2.0
MAX_ASKED = 40
# Rows written in one transaction, which everybody else waits for.
BATCH = 200
CONCURRENT_CALLS = 8
STOP_AGAIN_S = 10.0
STOP_FOR = timedelta(days=1)
MAX_STOPPED = 500
NO_ADDRESS = "Its CAO server has no address here: it can only be stopped by hand."


class Collector:
    """Lives on the event loop; our database is reached through its thread, its server's files by others."""

    def __init__(
        self, server: CaoServer, lease: Lease, database: DatabaseThread, client: CaoClient | None
    ) -> None:
        self.server = server
        self.lease = lease
        self.database = database
        self.client = client
        self.home = Path(server.home_folder)
        self.snapshots = SnapshotFolder(self.home)
        self.words: dict[str, str] = {}
        self.trouble = ""
        self.present: frozenset[str] = frozenset()
        self.is_whole = True
        self._stamp: tuple[int, ...] = ()
        self._read_s = self._words_s = self._well_s = float("-inf")
        self._told: dict[str, DelegationFacts] = {}
        self._gone_s: dict[str, float] = {}
        self._state: tuple[str, str] | None = None
        self._stop_again_s: dict[str, float] = {}
        self._asked_s: dict[str, float] = {}

    async def look(self) -> None:
        """Once a second. Raises LeaseLost."""
        try:
            if self.is_due():
                await self.read()
        except SourceUnavailable as error:
            # It may just be writing for longer than we wait.
            if time.monotonic() - self._well_s >= UNREADABLE_GRACE_S:
                await self.tell_state(EngineState.OFFLINE, str(error))
            return
        await self.stop_asked()
        await self.tell_state(*self.describe_state())

    def is_due(self) -> bool:
        stamp = stamp_of(self.home)
        is_changed, self._stamp = stamp != self._stamp, stamp
        late_s = time.monotonic() - self._read_s
        is_late = late_s >= (LOOK_EVERY_S if self._gone_s else READ_ANYWAY_EVERY_S)
        return is_changed or is_late or self.wants_words()

    def wants_words(self) -> bool:
        is_open = any(is_asked_about(facts) for facts in self._told.values())
        return self.client is not None and is_open and time.monotonic() - self._words_s >= WORDS_EVERY_S

    async def read(self) -> None:
        """Raises SourceUnavailable."""
        picture, snapshots = await asyncio.to_thread(self.read_files)
        self._read_s = self._well_s = time.monotonic()
        self.present = list_present(picture)
        self.is_whole = picture.is_whole
        await self.ask_words(list_delegations(picture, snapshots, self.words))
        await self.record(list_delegations(picture, snapshots, self.words), snapshots)

    def read_files(self) -> tuple[Picture, dict[str, Snapshot]]:
        """The snapshots come last: one is written before its row goes. Raises SourceUnavailable."""
        picture = read_picture(self.home)
        return picture, self.snapshots.read()

    async def ask_words(self, delegations: list[DelegationFacts]) -> None:
        """What the open terminals do now; without an answer the ledger goes by what was told last."""
        if self.client is None:
            return
        self._words_s = time.monotonic()
        self.words = {terminal: word for terminal, word in self.words.items() if terminal in self.present}
        asked = [facts.source_ref for facts in delegations if is_asked_about(facts)]
        # Those that nothing is known of, and the rest in turn.
        asked.sort(key=lambda terminal: (terminal in self.words, self._asked_s.get(terminal, 0.0)))
        asked = [terminal for terminal in asked if terminal in self.present][:MAX_ASKED]
        try:
            await self.ask_each(self.client, asked)
        except* CaoError as errors:
            self.trouble = str(errors.exceptions[0])
        else:
            self.trouble = ""

    async def ask_each(self, client: CaoClient, asked: list[str]) -> None:
        """Raises CaoError, in a group."""
        places = asyncio.Semaphore(CONCURRENT_CALLS)

        async def ask(terminal: str) -> None:
            async with places:
                word = await client.read_word(terminal)
            self._asked_s[terminal] = time.monotonic()
            if word:
                self.words[terminal] = word

        async with asyncio.TaskGroup() as group:
            for terminal in asked:
                group.create_task(ask(terminal))
            if not asked:
                group.create_task(client.check())

    async def record(self, delegations: list[DelegationFacts], snapshots: Mapping[str, Snapshot]) -> None:
        """Write what is news. What vanished is lost after a while, unless its end becomes known."""
        news = [facts for facts in delegations if self._told.get(facts.source_ref) != facts]
        now = timezone.now()
        for start in range(0, len(news), BATCH):
            batch = news[start : start + BATCH]
            await self.write(record_delegations, actor=RELAY_ACTOR, server=self.server, facts=batch, now=now)
        self._told = {facts.source_ref: facts for facts in delegations}
        self._asked_s = {key: value for key, value in self._asked_s.items() if key in self.present}
        await self.lose(snapshots, now)
        await self.database.run(stamp_delegations_seen, server=self.server, refs=self.present, now=now)
        await self.database.run(stamp_cao_seen, server_id=self.server.pk, at=now)

    async def lose(self, snapshots: Mapping[str, Snapshot], now: datetime) -> None:
        if not self.is_whole:
            return
        gone = await self.database.run(list_open_refs, self.server) - self.present
        now_s = time.monotonic()
        self._gone_s = {ref: self._gone_s.get(ref, now_s) for ref in gone}
        late = {ref for ref, since_s in self._gone_s.items() if now_s - since_s >= GONE_GRACE_S}
        if late:
            removed_at = {ref: snapshots[ref].removed_at for ref in late if ref in snapshots}
            lost = {ref: min(removed_at.get(ref, now), now) for ref in late}
            await self.write(lose_delegations, actor=RELAY_ACTOR, server=self.server, gone=lost)
            self._gone_s = {ref: since_s for ref, since_s in self._gone_s.items() if ref not in late}

    # Stopping

    async def stop_asked(self) -> None:
        """Remove the terminals, and cancel the runs, of trees that a person stopped."""
        due: list[Subagent] = []
        for row in await self.database.run(list_to_stop, self.server):
            is_over = row.status in SubagentStatus.ended() and row.source_ref not in self.present
            if not is_over and self._stop_again_s.get(row.pk, 0.0) <= time.monotonic():
                due.append(row)
        # Each may take long, and looking waits for them: a few at a time, the deepest first.
        due = due[:CONCURRENT_CALLS]
        for row in due:
            self._stop_again_s[row.pk] = time.monotonic() + STOP_AGAIN_S
        await asyncio.gather(*(self.try_to_stop(row) for row in due))

    async def try_to_stop(self, row: Subagent) -> None:
        try:
            await self.stop(row)
        except CaoError as error:
            await self.database.run(note_stop_failed, row=row, error=str(error))
        else:
            self._read_s = float("-inf")

    async def stop(self, row: Subagent) -> None:
        if self.client is None:
            raise CaoError(NO_ADDRESS)
        if row.kind == SubagentKind.CAO_WORKFLOW_RUN:
            await self.client.cancel_run(row.source_ref.removeprefix("run:"))
        elif row.kind in SubagentKind.terminals():
            await self.client.stop_terminal(row.source_ref)

    # Its state

    def describe_state(self) -> tuple[EngineState, str]:
        if self.trouble:
            return EngineState.DEGRADED, self.trouble
        if self.snapshots.unreadable:
            return EngineState.DEGRADED, f"{len(self.snapshots.unreadable)} snapshot files can't be read."
        return EngineState.ONLINE, ""

    async def tell_state(self, state: EngineState, reason: str) -> None:
        if self._state == (state, reason):
            return
        await self.write(
            set_cao_state, actor=RELAY_ACTOR, server_id=self.server.pk, state=state, reason=reason
        )
        self._state = (state, reason)

    async def write(self, function: Any, /, **arguments: Any) -> None:
        """In one transaction that proves the lease. Raises LeaseLost."""
        await self.database.run(write_under_lease, self.lease, function, arguments)


def write_under_lease(lease: Lease, function: Any, arguments: dict[str, Any]) -> None:
    with CAO_LEASES.changes(lease):
        function(**arguments)


def stamp_of(home: Path) -> tuple[int, ...]:
    """Changes whenever the database, its log or the folder of snapshots does."""
    stamps: list[int] = []
    for path in (home / DATABASE, home / f"{DATABASE}-wal", home / "logs/terminal"):
        try:
            status = path.stat()
        except OSError:
            stamps.append(0)
        else:
            stamps += [status.st_mtime_ns, status.st_size, status.st_ino]
    return tuple(stamps)


def list_present(picture: Picture) -> frozenset[str]:
    """What its database holds now, by the ids of the ledger."""
    return frozenset(
        {
            *(row.id for row in picture.terminals),
            *(name_run(run.id) for run in picture.runs),
            *(name_step(step.run, step.id) for step in picture.steps),
        }
    )


def is_asked_about(facts: DelegationFacts) -> bool:
    """Whether a terminal may still do something; nobody else's word ends one that nobody delegated to."""
    is_over = facts.status in SubagentStatus.ended() and facts.kind != SubagentKind.CAO_TERMINAL
    return facts.kind in SubagentKind.terminals() and not is_over


def list_to_stop(server: CaoServer) -> list[Subagent]:
    """What a person stopped: `stop_asked_at` is the order. A worker may be there after its task."""
    rows = Subagent.objects.filter(cao_server=server, stop_asked_at__isnull=False)
    is_open = ~Q(status__in=SubagentStatus.ended())
    lately = Q(stop_asked_at__gt=timezone.now() - STOP_FOR)
    return list(rows.filter(is_open | lately).order_by("-depth", "pk")[:MAX_STOPPED])
