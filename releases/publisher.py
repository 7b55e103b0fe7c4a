"""One release on its way to one engine, step by step.

The state in the database names the step that is being taken. Every step may be taken again, so whoever comes
after a crash begins with the same one: files are laid down once more, the folder is swapped to what it shows
already. The folder's link shows the old release or the new one, and never a mixture.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from django.utils import timezone

from configs.opencode.read_back import Difference
from engines.models import Engine
from events.database_threads import DatabaseThread
from events.until_set import wait_until_set
from relay.opencode.client import OpenCodeClient
from relay.opencode.errors import EngineError
from relay.reconcile import list_known_directories
from releases.controls.interface import Control, ControlError, ControlUnavailable, ReleaseFile, Trial
from releases.domain.drift import record_flags, record_seen
from releases.domain.leases import Lease
from releases.domain.servers import load_secrets, put_statuses
from releases.domain.signing import explain_broken_seal
from releases.domain.steps import finish, load_publication, move_on, note_waiting
from releases.domain.taken_back import explain_taken_back
from releases.engine_calls import (
    ConfigRefused,
    Idleness,
    describe_error,
    dispose,
    list_directories,
    look_idle,
    read_running,
)
from releases.enums import PublicationState as State
from releases.history import (
    find_way_back,
    has_other_plugin,
    has_servers,
    list_kept_hashes,
    was_live,
)
from releases.models import Publication, Release
from releases.reading_back import compare_all, describe_differences, explain_invalid

logger = logging.getLogger(__name__)

T = TypeVar("T")
Try = Callable[[Sequence[ReleaseFile]], Awaitable[Trial]]

FIRST_PAUSE_S = 0.5
LAST_PAUSE_S = 15.0
BUSY_PAUSE_S = 1.0
BY_HAND_PAUSE_S = 5.0
# An engine that was told to read a release, or was restarted, gets this long to answer.
ANSWER_WITHIN_S = 60.0
POLL_S = 0.5


class Postponed(Exception):
    """Not now; the message says what it waits for."""

    def __init__(self, sentence: str, *, pause_s: float | None = None) -> None:
        super().__init__(sentence)
        self.pause_s = pause_s


class Unfit(Exception):
    """The engine does not run what was released; the message says what it does or says instead."""


@dataclass(slots=True)
class Publisher:
    """`rung` is set when somebody pressed something: the next attempt is made at once."""

    engine: Engine
    lease: Lease
    database: DatabaseThread
    client: OpenCodeClient
    control: Control
    try_release: Try
    rung: asyncio.Event = field(default_factory=asyncio.Event)
    answer_within_s: float = ANSWER_WITHIN_S
    has_moved: bool = False

    async def run(self) -> None:
        """To its end. Raises LeaseLost, Overtaken or a database error; then somebody goes on later."""
        while (publication := await self.load()) is not None:
            await self.take_step(publication)

    async def load(self) -> Publication | None:
        return await self.database.run(load_publication, self.engine.pk)

    async def take_step(self, publication: Publication) -> None:
        step = STEPS[State(publication.state)]
        try:
            await step(self, publication)
            self.has_moved = True
        except Postponed as later:
            await self.wait(publication, str(later), later.pause_s)
        except ControlUnavailable as error:
            await self.wait(publication, str(error))
        except ControlError as error:
            await self.fail(publication, str(error))
        except EngineError as error:
            await self.wait(publication, f"The engine can't be asked: {describe_error(error)}")

    async def wait(self, publication: Publication, sentence: str, pause_s: float | None = None) -> None:
        if pause_s is None:
            pause_s = min(FIRST_PAUSE_S * 2**publication.attempts, LAST_PAUSE_S)
        after = timedelta(seconds=pause_s)
        await self.database.run(note_waiting, self.lease, publication, sentence, after=after)
        self.rung.clear()
        await wait_until_set(self.rung, timeout_s=pause_s)

    async def fail(self, publication: Publication, sentence: str) -> None:
        """Before the swap nothing has happened; after it the way back is a step of its own."""
        if publication.state in {State.SWAPPING, State.DISPOSING, State.READING_BACK}:
            await self.move(publication, State.ROLLING_BACK, cause=sentence)
        elif publication.state == State.ROLLING_BACK:
            cause = publication.details.get("cause", "")
            await self.end(publication, State.FAILED, error=f"{cause} Rolling back failed too: {sentence}")
        else:
            await self.end(publication, State.FAILED, error=sentence)

    async def move(self, publication: Publication, state: str, **details: Any) -> None:
        await self.database.run(move_on, self.lease, publication, state, **details)

    async def end(self, publication: Publication, state: str, *, error: str = "", **details: Any) -> None:
        await self.database.run(finish, self.lease, publication, state, error=error, **details)

    # Before the engine sees anything

    async def begin(self, publication: Publication) -> None:
        await self.move(publication, State.VALIDATING)

    async def validate(self, publication: Publication) -> None:
        release = publication.release
        wrong = explain_broken_seal(release) or await asyncio.to_thread(explain_invalid, release)
        wrong = wrong or await self.database.run(explain_taken_back, release)
        if wrong:
            await self.end(publication, State.FAILED, error=f"The release is not valid. {wrong}")
        else:
            await self.move(publication, State.TRYING)

    async def try_first(self, publication: Publication) -> None:
        """On a throwaway engine; not what this engine has run before, so that going back is quick."""
        target = State.STAGING if self.control.can_swap else State.BY_HAND
        if await self.database.run(was_live, publication):
            await self.move(publication, target, trial="It has been live on this engine before.")
            return
        trial = await self.try_release(publication.release.file_pairs)
        if trial.error:
            error = f"A throwaway engine refused it, so the engine never saw it.\n{trial.error}"
            await self.end(publication, State.FAILED, error=error)
        else:
            words = "A throwaway engine took it." if trial.was_tried else f"Not tried first: {trial.reason}"
            await self.move(publication, target, trial=words)

    async def stage(self, publication: Publication) -> None:
        await self.lay_down(publication.release)
        await self.move(publication, State.WAITING)

    async def lay_down(self, release: Release) -> None:
        """Its secrets first: an engine that misses the file of one refuses its whole configuration."""
        if values := await self.database.run(load_secrets, release):
            await self.control.keep_secrets(values, only=False)
        await self.control.stage(release.content_hash, release.file_pairs)

    async def put_statuses(self) -> None:
        """Before the engine reads it: the relay keeps the engine to the servers named there."""
        await self.database.run(put_statuses, self.engine)

    async def wait_for_idle(self, publication: Publication) -> None:
        known = await self.list_directories()
        idleness = await self.require_idle(publication, known)
        await self.move(
            publication,
            State.SWAPPING,
            came_from=await self.control.read_current(),
            directories=list(idleness.directories) or known,
            was_broken=idleness.is_broken,
        )

    async def require_idle(self, publication: Publication, directories: Sequence[str]) -> Idleness:
        """Raises Postponed while something goes on in them that nobody may cut off."""
        idleness = await look_idle(self.client, directories)
        if idleness.busy and not publication.is_forced:
            raise Postponed(f"In the engine {idleness.busy}.", pause_s=BUSY_PAUSE_S)
        return idleness

    async def list_directories(self) -> list[str]:
        ours = await self.database.run(list_known_directories, self.engine)
        return await list_directories(self.client, [*self.engine.directories, *ours])

    async def watch_by_hand(self, publication: Publication) -> None:
        """Somebody copies the files and restarts the engine; what it then says decides."""
        await self.put_statuses()
        if words := await self.describe_deviation(publication):
            raise Postponed(f"Copy the files and restart the engine. {words}", pause_s=BY_HAND_PAUSE_S)
        await self.settle_live(publication)

    async def describe_deviation(self, publication: Publication) -> str:
        """What the engine runs otherwise than released, "" for nothing."""
        try:
            differences = await self.compare(publication.release, await self.list_directories())
        except ConfigRefused as refusal:
            return f"It refuses what it reads now: {refusal}"
        except EngineError as error:
            return f"It can't be asked: {describe_error(error)}"
        return describe_differences(differences)

    # The engine takes it over

    async def swap(self, publication: Publication) -> None:
        await self.put_statuses()
        await self.control.swap(publication.release.content_hash)
        await self.move(publication, State.DISPOSING)

    async def have_it_read(self, publication: Publication) -> None:
        try:
            directories = await self.list_directories()
            if not self.has_moved:
                # Somebody else swapped the folder some time ago: by now people may work again.
                await self.require_idle(publication, directories)
            if publication.details.get("was_broken"):
                await self.restart_broken(directories)
            elif self.control.can_restart and has_other_plugin(publication):
                await self.control.restart()
            else:
                await dispose(self.client, directories)
        except EngineError as error:
            self.postpone_until(publication, f"The engine does not answer: {describe_error(error)}")
            await self.fail(publication, "The engine did not answer when it was told to read the release.")
            return
        await self.move(publication, State.READING_BACK)

    async def restart_broken(self, directories: Sequence[str]) -> None:
        """It refuses the configuration from before the swap; only a new process reads another one."""
        if self.control.can_restart:
            await self.control.restart()
        elif (await look_idle(self.client, directories)).is_broken:
            sentence = "It refuses its configuration from before: restart it by hand, then this goes on."
            raise Postponed(sentence, pause_s=BY_HAND_PAUSE_S)

    async def read_back(self, publication: Publication) -> None:
        directories = publication.details.get("directories") or await self.list_directories()
        try:
            differences = await self.compare(publication.release, directories)
        except ConfigRefused as refusal:
            await self.fail(publication, f"The engine refused it.\n{refusal}")
            return
        except EngineError as error:
            self.postpone_until(publication, f"The engine does not answer: {describe_error(error)}")
            await self.fail(publication, "The engine did not answer after it had read the release.")
            return
        if differences:
            shown = describe_differences(differences)
            await self.fail(publication, f"The engine runs something else than was released. {shown}")
        else:
            await self.settle_live(publication)

    def postpone_until(self, publication: Publication, sentence: str) -> None:
        """Raises Postponed as long as the engine may still come back."""
        if timezone.now() - publication.step_at < timedelta(seconds=self.answer_within_s):
            raise Postponed(sentence, pause_s=POLL_S)

    async def compare(self, release: Release, directories: Sequence[str]) -> list[Difference]:
        """What the engine runs otherwise, in any folder. Raises ConfigRefused or EngineError."""
        running = await read_running(self.client, directories)
        # Hundreds of agents take a while, and people are served on this loop.
        return await asyncio.to_thread(compare_all, release, running)

    async def settle_live(self, publication: Publication) -> None:
        await self.end(publication, State.LIVE)
        await self.put_statuses()
        await self.database.run(record_seen, self.lease, self.engine)
        await self.note_flags()
        await self.prune(publication)

    async def note_flags(self) -> None:
        try:
            flags = await self.control.read_flags()
        except ControlError as error:
            logger.info("What %s was started with can't be told: %s", self.engine, error)
        else:
            await self.database.run(record_flags, self.lease, self.engine, flags)

    async def prune(self, publication: Publication) -> None:
        """Old releases in the folder; any of them can be laid down again."""
        if not self.control.can_swap:
            return
        keep = await self.database.run(list_kept_hashes, self.engine)
        values = await self.database.run(load_secrets, publication.release)
        try:
            await self.control.prune(keep)
            if values or has_servers(publication.previous_release):
                await self.control.keep_secrets(values, only=True)
        except ControlError as error:
            logger.warning("Old releases of %s could not be removed: %s", self.engine, error)

    # Back to the last good one

    async def roll_back(self, publication: Publication) -> None:
        cause = publication.details.get("cause", "")
        target = find_way_back(publication)
        if target is None:
            await self.end(publication, State.FAILED, error=f"{cause} There is nothing else to go back to.")
            return
        good = publication.previous_release
        if good is not None and good.content_hash == target:
            await self.lay_down(good)
        await self.control.swap(target)
        await self.put_statuses()
        note = await self.revive(publication, good if good and good.content_hash == target else None)
        await self.end(publication, State.ROLLED_BACK, error=f"{cause} {note}".strip(), note=note)

    async def revive(self, publication: Publication, good: Release | None) -> str:
        """Have the engine run the last good one; what people still have to do, if anything."""
        try:
            await dispose(self.client, await self.list_directories())
            if await self.is_well(publication, good):
                return ""
        except EngineError as error:
            logger.info("After the way back %s does not answer: %s", self.engine, error)
        by_hand = "The last good release is in its folder again; restart the engine by hand to have it read."
        if not self.control.can_restart:
            return by_hand
        try:
            await self.control.restart()
        except ControlError as error:
            return f"{by_hand} ({error})"
        return (
            ""
            if await self.comes_back(publication, good)
            else f"It was restarted and does not run it yet. {by_hand}"
        )

    async def is_well(self, publication: Publication, good: Release | None) -> bool:
        """Whether it reads its configuration; with a release to compare, whether it runs that."""
        directories = publication.details.get("directories") or await self.list_directories()
        try:
            running = await read_running(self.client, directories)
        except ConfigRefused:
            return False
        return good is None or not await asyncio.to_thread(compare_all, good, running)

    async def comes_back(self, publication: Publication, good: Release | None) -> bool:
        deadline_s = time.monotonic() + self.answer_within_s
        while time.monotonic() < deadline_s:
            try:
                return await self.is_well(publication, good)
            except EngineError:
                await asyncio.sleep(POLL_S)
        return False


Step = Callable[[Publisher, Publication], Awaitable[None]]
STEPS: dict[State, Step] = {
    State.QUEUED: Publisher.begin,
    State.VALIDATING: Publisher.validate,
    State.TRYING: Publisher.try_first,
    State.STAGING: Publisher.stage,
    State.WAITING: Publisher.wait_for_idle,
    State.BY_HAND: Publisher.watch_by_hand,
    State.SWAPPING: Publisher.swap,
    State.DISPOSING: Publisher.have_it_read,
    State.READING_BACK: Publisher.read_back,
    State.ROLLING_BACK: Publisher.roll_back,
}
