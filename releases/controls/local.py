"""An engine that is a child of ours on this host: its folder, and the process that is noted beside it.

Whoever started it (the demo, `manage.py run_engine`) starts it again when it has ended: restarting it is
ending it. So it makes no difference which process of ours publishes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from relay.opencode.process import CONFIG_FOLDER, STOP_TIMEOUT_S
from relay.opencode.process_tree import end_process_tree, read_recorded_process
from releases.config_agent.countersign_config_agent import (
    FolderError,
    ReleaseFolder,
    digest_files,
    read_flags,
)
from releases.controls.by_hand import describe_steps
from releases.controls.interface import PROJECT_CONFIG_FLAG, ControlError, ControlUnavailable, ReleaseFile

RESTART_TIMEOUT_S = 30.0
POLL_S = 0.1

T = TypeVar("T")


class LocalControl:
    """`root` is the folder that the engine was started in (`relay.opencode.process.EngineProcess`)."""

    can_swap = True
    can_restart = True

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = ReleaseFolder(root / CONFIG_FOLDER)

    def describe_by_hand(self, release_hash: str, files: Sequence[ReleaseFile]) -> list[str]:
        return describe_steps(release_hash, files)

    async def stage(self, release_hash: str, files: Sequence[ReleaseFile]) -> None:
        await carry_out(lambda: self.folder.stage(release_hash, files))

    async def keep_secrets(self, values: Mapping[str, str], *, only: bool) -> None:
        await carry_out(lambda: self.folder.keep_secrets(values, only=only))

    async def read_current(self) -> str | None:
        return await carry_out(self.folder.read_current)

    async def swap(self, release_hash: str) -> None:
        await carry_out(lambda: self.folder.swap(release_hash))

    async def restart(self, timeout_s: float = RESTART_TIMEOUT_S) -> None:
        old = read_recorded_process(self.root)
        if old is not None:
            # The record stays: by now it may be its successor's.
            await asyncio.to_thread(end_process_tree, old[0], STOP_TIMEOUT_S)
        deadline = time.monotonic() + timeout_s
        while read_recorded_process(self.root) in (None, old):
            if time.monotonic() > deadline:
                raise ControlUnavailable("The engine has been ended, and nobody has started it again.")
            await asyncio.sleep(POLL_S)

    async def prune(self, keep: Sequence[str]) -> None:
        await carry_out(lambda: self.folder.prune(keep))

    async def find_changed(self, files: Sequence[ReleaseFile]) -> list[str]:
        return compare_digests(await carry_out(self.folder.read_digests), files)

    async def find_probe(self) -> str:
        return str(await carry_out(self.folder.make_probe))

    async def read_flags(self) -> dict[str, bool | None]:
        return await carry_out(lambda: read_flags(self.folder.link, [PROJECT_CONFIG_FLAG]))


async def carry_out(work: Callable[[], T]) -> T:
    """Off the event loop: files are written to disk, not only to memory."""
    try:
        return await asyncio.to_thread(work)
    except FolderError as error:
        raise ControlError(str(error)) from error
    except OSError as error:
        raise ControlError(f"The engine's folder can't be used: {error.strerror or error}.") from error


def compare_digests(found: dict[str, str], files: Sequence[ReleaseFile]) -> list[str]:
    expected = digest_files(files)
    return sorted(path for path in {*found, *expected} if found.get(path) != expected.get(path))
