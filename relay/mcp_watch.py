"""Keeps an engine to the MCP servers that people approved.

What runs is read from the engine itself, in every folder that it has opened: after each connect, when a
folder was read anew, when a server says that its tools changed, and every few seconds, since the engine tells
nobody when somebody adds a server at run time. Whatever is not approved, or no longer, is disconnected; what
nobody of us has put there is an incident besides. The engine shows names and states, not what a name stands
for: a server put in an approved one's place by somebody with the engine's password is not seen here.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable

from mcp_servers.enums import IncidentKind, ProbeCause
from relay.domain.mcp import KnownServer, ask_for_probes, load_known, put_incident, store_states
from relay.link import EVERYWHERE, EngineLink
from relay.opencode.errors import EngineError, EngineUnauthorized
from relay.opencode.frames import BaseFrame, GlobalDisposed, InstanceDisposed, McpToolsChanged, SessionCreated
from relay.opencode.mcp_calls import CONNECTED, McpState, connect_mcp, disconnect_mcp, list_mcp_states

LOOK_EVERY_S = 3.0
# A server that can't be stopped is tried again at every look, and told about this often.
TELL_EVERY_S = 60.0
MAX_FOLDERS = 200
CONCURRENT_FOLDERS = 4
NOT_THERE = McpState("missing", "The engine has not read a release with it yet.")
# What is worst about a server comes first.
ORDER = ("failed", "needs_auth", "needs_client_registration", "missing", "disabled", CONNECTED)


class McpWatch:
    def __init__(self, link: EngineLink) -> None:
        self.link = link
        self._folders: OrderedDict[str, None] = OrderedDict()
        # Folder → server → how it stands there.
        self._seen: dict[str, dict[str, McpState]] = {}
        self._told: dict[str, McpState] = {}
        self._known: dict[str, KnownServer] | None = None
        self._handled: dict[tuple[str, str], McpState] = {}
        # What we switched off, by folder and name.
        self._ended: set[tuple[str, str]] = set()
        self._failures: dict[str, int] = {}
        self._told_at_s: dict[tuple[str, str], float] = {}
        self._looked_s = 0.0
        # Its process may be another one since somebody last asked for probes.
        self._is_anew = True

    def note_folder(self, directory: str) -> None:
        """The engine has opened this folder."""
        if directory.startswith("/") and directory not in self._folders:
            self._folders[directory] = None
            while len(self._folders) > MAX_FOLDERS:
                self._seen.pop(self._folders.popitem(last=False)[0], None)

    # What tells that something may have changed

    def take(self, frame: BaseFrame) -> None:
        """Any frame; nothing here waits."""
        directory = frame.session.directory if isinstance(frame, SessionCreated) else frame.directory
        is_new = directory.startswith("/") and directory not in self._folders
        self.note_folder(directory)
        if isinstance(frame, InstanceDisposed | GlobalDisposed):
            self._forget(directory if isinstance(frame, InstanceDisposed) else EVERYWHERE)
            self._probe_soon(ProbeCause.ENGINE_START)
        elif isinstance(frame, McpToolsChanged):
            self._probe_soon(ProbeCause.TOOLS_CHANGED, frame.server)
        elif not is_new:
            return
        self.look_soon()

    def _forget(self, directory: str) -> None:
        """The folder is read anew: what was switched off there may be on again."""
        for key in [key for key in (*self._handled, *self._ended) if directory in {EVERYWHERE, key[0]}]:
            self._handled.pop(key, None)
            self._ended.discard(key)

    def _probe_soon(self, cause: ProbeCause, name: str = "") -> None:
        self.link.tasks.start(("mcp probes", name), lambda: self._ask_for_probes(cause, name))

    async def _ask_for_probes(self, cause: ProbeCause, name: str) -> None:
        known = await self.link.read(load_known, engine=self.link.engine)
        wanted = [item.server_id for key, item in known.items() if item.is_on and name in {"", key}]
        if wanted:
            await self.link.write(
                ask_for_probes, engine=self.link.engine, server_ids=wanted, cause=cause.value
            )

    def note_break(self) -> None:
        """The stream ended: a quick restart looks like a break of the line."""
        self._is_anew = True

    async def begin(self, directories: Iterable[str]) -> None:
        """After each (re)connect. The engine may be slow to tell: nothing else waits for that."""
        for directory in directories:
            self.note_folder(directory)
        if self._is_anew:
            self._forget(EVERYWHERE)
            await self._ask_for_probes(ProbeCause.ENGINE_START, "")
            self._is_anew = False
        self.look_soon()

    async def tick(self) -> None:
        """Once a second, while connected: at once when people changed something, else every few seconds."""
        known = await self.link.read(load_known, engine=self.link.engine)
        is_due = time.monotonic() - self._looked_s >= LOOK_EVERY_S
        if known != self._known or is_due:
            self.look_soon()

    def look_soon(self) -> None:
        self.link.tasks.start("mcp", self.look)

    # The look

    async def look(self) -> None:
        """Every folder, a few at a time. Raises EngineUnauthorized."""
        self._looked_s = time.monotonic()
        known = await self.link.read(load_known, engine=self.link.engine)
        self._known = known
        gate = asyncio.Semaphore(CONCURRENT_FOLDERS)

        async def visit(directory: str) -> None:
            async with gate:
                await self._visit(directory, known)

        try:
            async with asyncio.TaskGroup() as group:
                for directory in dict.fromkeys([*self.link.engine.directories, *self._folders]):
                    group.create_task(visit(directory))
        except* EngineUnauthorized as refused:
            raise refused.exceptions[0] from None
        await self._tell(known)

    async def _visit(self, directory: str, known: dict[str, KnownServer]) -> None:
        try:
            await self._look_at(directory, known)
        except EngineUnauthorized:
            raise
        except EngineError as error:
            self._seen.pop(directory, None)
            self._note_failure(directory, str(error))
        else:
            self._failures.pop(directory, None)
            self.link.problems.pop(("mcp", directory), None)

    async def _look_at(self, directory: str, known: dict[str, KnownServer]) -> None:
        states = await self._list(directory)
        has_acted = False
        for name, state in states.items():
            item = known.get(name)
            if item is not None and item.is_on:
                has_acted |= state.is_off and await self._resume(directory, name)
            elif state.is_off:
                self._handled.pop((directory, name), None)
            elif self._handled.get((directory, name)) != state:
                await self._stop(directory, name, state)
                has_acted = True
        self._seen[directory] = await self._list(directory) if has_acted else states

    async def _resume(self, directory: str, name: str) -> bool:
        """It may run again: what we switched off ourselves is switched on."""
        if (directory, name) not in self._ended:
            return False
        self._ended.discard((directory, name))
        async with self.link.calls:
            await connect_mcp(self.link.client, directory, name)
        return True

    def _note_failure(self, directory: str, why: str) -> None:
        """The engine answers once its servers have started, which takes a while: one failure is none."""
        self._failures[directory] = self._failures.get(directory, 0) + 1
        if self._failures[directory] > 1:
            self.link.problems["mcp", directory] = f"Its MCP servers of {directory} can't be had: {why}"

    async def _list(self, directory: str) -> dict[str, McpState]:
        async with self.link.calls:
            return await list_mcp_states(self.link.client, directory)

    async def _stop(self, directory: str, name: str, state: McpState) -> None:
        """End what may not run here, look whether it did, and put it on record."""
        # By now the engine may have read a release that brought it.
        item = (await self.link.read(load_known, engine=self.link.engine)).get(name)
        if item is not None and item.is_on:
            return
        async with self.link.calls:
            await disconnect_mcp(self.link.client, directory, name)
        after = (await self._list(directory)).get(name)
        is_stopped = after is None or after.status != CONNECTED
        if is_stopped:
            self._handled[directory, name] = after or state
            self._ended.add((directory, name))
            if item is None or not item.is_carried:
                await self._report(directory, name, state, item)
        elif self._may_tell(directory, name):
            await self._put(
                IncidentKind.NOT_STOPPED,
                name,
                item,
                f"It runs in {directory} and may not.",
                "The engine was told to disconnect it, and still says that it is connected.",
            )

    async def _report(self, directory: str, name: str, state: McpState, item: KnownServer | None) -> None:
        """Somebody put it there past Countersign. One that a release carries and that is off now did not."""
        kind = IncidentKind.UNKNOWN_SERVER if item is None else IncidentKind.SWITCHED_ON
        what = f"The engine had it in {directory} ({state.status})."
        await self._put(kind, name, item, what, "It was disconnected.")

    async def _put(
        self, kind: IncidentKind, name: str, item: KnownServer | None, what: str, action: str
    ) -> None:
        await self.link.write(
            put_incident,
            engine=self.link.engine,
            server_id=item.server_id if item else "",
            kind=kind.value,
            name=name,
            what=what,
            action=action,
        )

    def _may_tell(self, directory: str, name: str) -> bool:
        last_s = self._told_at_s.get((directory, name))
        now_s = time.monotonic()
        if last_s is not None and now_s - last_s < TELL_EVERY_S:
            return False
        self._told_at_s[directory, name] = now_s
        return True

    # What the server's page shows

    async def _tell(self, known: dict[str, KnownServer]) -> None:
        """How each of ours stands, the worst of all folders, when it is news."""
        found = {}
        for name, item in known.items():
            state = find_worst([states.get(name, NOT_THERE) for states in self._seen.values()])
            if (
                state is not None
                and (item.is_on or item.is_carried)
                and self._told.get(item.server_id) != state
            ):
                found[item.server_id] = state
        if found:
            words = {server_id: (state.status, state.error) for server_id, state in found.items()}
            await self.link.write(store_states, engine=self.link.engine, states=words)
            self._told |= found


def find_worst(states: list[McpState]) -> McpState | None:
    """None where no folder was seen."""
    ranked = sorted(states, key=lambda state: ORDER.index(state.status) if state.status in ORDER else -1)
    return ranked[0] if ranked else None
