"""One look at what an engine runs, held against its live release: its folder, its agents, its rules."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from engines.models import Engine
from events.database_threads import DatabaseThread
from relay.opencode.client import OpenCodeClient
from relay.opencode.errors import EngineError
from relay.reconcile import list_known_directories
from releases.controls.interface import PROJECT_CONFIG_FLAG, Control, ControlError
from releases.domain.drift import Found, record_flags, record_seen, record_unseen
from releases.domain.leases import Lease
from releases.domain.servers import load_secrets
from releases.engine_calls import ConfigRefused, describe_error, list_directories, read_running
from releases.models import Release
from releases.queries import find_live_release
from releases.reading_back import compare_all

FOLDER = "configuration folder"
AS_RELEASED = "as released"


@dataclass(slots=True)
class DriftCheck:
    engine: Engine
    lease: Lease
    database: DatabaseThread
    client: OpenCodeClient
    control: Control

    async def run(self) -> None:
        """Raises LeaseLost."""
        release = await self.database.run(find_live_release, self.engine)
        if release is None:
            return
        try:
            await self.deliver_secrets(release)
            found = [*await self.look_at_folder(release), *await self.ask_engine(release)]
        except (EngineError, ControlError) as error:
            words = describe_error(error) if isinstance(error, EngineError) else str(error)
            await self.database.run(record_unseen, self.lease, self.engine, words)
        else:
            await self.database.run(record_seen, self.lease, self.engine, found)

    async def deliver_secrets(self, release: Release) -> None:
        """What somebody set since it was published; a server reads it when it is started next."""
        values = await self.database.run(load_secrets, release)
        if values and self.control.can_swap:
            await self.control.keep_secrets(values, only=True)

    async def look_at_folder(self, release: Release) -> list[Found]:
        """Files that somebody changed by hand; the engine reads them when it next disposes or restarts."""
        if not self.control.can_swap:
            return []
        found: list[Found] = []
        current = await self.control.read_current()
        if current != release.content_hash:
            found.append(
                (FOLDER, f"release {release.content_hash[:12]}", f"shows {(current or 'nothing')[:12]}")
            )
        changed = await self.control.find_changed(release.file_pairs)
        found.extend((f"file {path}", AS_RELEASED, "changed by hand") for path in changed)
        flags = await self.control.read_flags()
        await self.database.run(record_flags, self.lease, self.engine, flags)
        if flags.get(PROJECT_CONFIG_FLAG) is False:
            found.append((f"environment {PROJECT_CONFIG_FLAG}", "1", "not set: project files loosen rules"))
        return found

    async def ask_engine(self, release: Release) -> list[Found]:
        ours = await self.database.run(list_known_directories, self.engine)
        directories = await list_directories(self.client, [*self.engine.directories, *ours])
        try:
            running = await read_running(self.client, directories)
        except ConfigRefused as refusal:
            return [("configuration", "readable to the engine", f"refused by it: {refusal}")]
        differences = await asyncio.to_thread(compare_all, release, running)
        return [(one.path, one.expected, one.found) for one in differences]
