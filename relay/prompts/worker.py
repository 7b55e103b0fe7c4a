"""The prompt outbox's worker: what people write on its way to the engine, each message once.

Look first, claim, post, follow. A prompt is claimed with ids of ours before anything is sent, and every
attempt carries the same ones: the engine takes them as one message. Delivered is what the agent has taken up;
a claim that did not come to an end, because a process died or a call timed out, is resolved by looking.
"""

from __future__ import annotations

import asyncio
import logging
import time
from http import HTTPStatus

from django.utils import timezone

from chats.domain.prompts import PromptIds, claim_prompt, fail_prompt, record_posted
from relay.due import Due
from relay.ingest import Ingest
from relay.link import EngineLink
from relay.liveness import read_busy
from relay.opencode.errors import EngineError, EngineUnauthorized, EngineUnknown, EngineUnreachable
from relay.opencode.frames import Frame
from relay.opencode.ids import make_message_id, make_part_id
from relay.prompts.following import Following
from relay.prompts.judgement import Fate, judge_fate
from relay.prompts.sessions import ensure_session, forget_session, has_session
from relay.prompts.stops import Stops
from relay.prompts.work import Prompt, Stop, find_unsettled

logger = logging.getLogger(__name__)

CONCURRENT_PROMPTS = 8
# When the engine could not be asked, or a session works, what is due stays queued for this long.
LOOK_AGAIN_S = 1.0
# The engine read what was sent and will not take it, however often.
REFUSALS = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
)

NO_FOLDER = "Its engine has no project folder."
NO_CONNECTION = "No connection to the engine."
NO_SESSION = "The engine could not start a session."
SESSION_GONE = "The engine no longer knew the session."
REFUSED = "The engine refused the message."


class PromptWorker:
    def __init__(self, link: EngineLink, ingest: Ingest, due: Due[Prompt | Stop]) -> None:
        self.link = link
        self.due = due
        self.is_closing = False
        # Chat → its prompt or stop on the way; one at a time for a chat.
        self._in_flight: dict[str, asyncio.Task[None]] = {}
        self._not_before: dict[str, float] = {}
        self.stops = Stops(link, ingest)
        self.following = Following(link, self._in_flight)

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                work = await self.due.take()
                if not self.is_closing and self.link.is_ready.is_set():
                    self._start(group, work)

    async def close(self, deadline_s: float) -> None:
        """Start nothing more, and give what is on its way time to get on record."""
        self.is_closing = True
        if self._in_flight:
            await asyncio.wait(list(self._in_flight.values()), timeout=deadline_s)

    def take(self, frame: Frame) -> None:
        self.following.take(frame)

    def tick(self) -> None:
        self.following.tick()

    async def resolve(self) -> None:
        """After a (re)connect, before anything is sent. Raises EngineUnauthorized."""
        await self.stops.resolve()
        await self.following.resolve()

    def _start(self, group: asyncio.TaskGroup, work: list[Prompt | Stop]) -> None:
        now_s = time.monotonic()
        self._not_before = {pk: until_s for pk, until_s in self._not_before.items() if until_s > now_s}
        for item in work:
            chat_id = item.place.chat_id
            is_held = chat_id in self._in_flight or item.pk in self._not_before
            if is_held or len(self._in_flight) >= CONCURRENT_PROMPTS:
                continue
            self._in_flight[chat_id] = group.create_task(self._work_and_free(item))

    async def _work_and_free(self, item: Prompt | Stop) -> None:
        try:
            await (self.stops.send(item) if isinstance(item, Stop) else self._deliver(item))
        except EngineUnauthorized:
            raise
        except EngineError as error:
            logger.info("Left to the next look: %s", error)
            self._hold(item)
        finally:
            self._in_flight.pop(item.place.chat_id, None)
            self.due.look()

    def _hold(self, item: Prompt | Stop) -> None:
        self._not_before[item.pk] = time.monotonic() + LOOK_AGAIN_S

    async def _deliver(self, prompt: Prompt) -> None:
        """Raises EngineError when the engine could not be asked: it waits for the next look."""
        if not prompt.place.directory:
            await self.link.write(fail_prompt, prompt=prompt.row, why=NO_FOLDER, now=timezone.now())
            return
        if not await self._may_send(prompt):
            return
        is_claimed = await self.link.write(
            claim_prompt,
            prompt=prompt.row,
            epoch=self.link.lease.epoch,
            ids=PromptIds(make_message_id(), [make_part_id()]),
            now=timezone.now(),
        )
        claimed = await self.link.read(find_unsettled, pk=prompt.pk) if is_claimed else None
        if claimed is None:
            self._hold(prompt)
        else:
            await self._send(claimed)

    async def _may_send(self, prompt: Prompt) -> bool:
        """Whether its session waits for the next message, and does not have this one. Raises EngineError."""
        place = prompt.place
        if not prompt.attempts:
            # Asked without a session too: a gate reports from a folder once something is asked there.
            is_free = place.session_id not in await read_busy(self.link, place.directory)
        else:
            seen = await self.following.look(prompt)
            fate = judge_fate(seen, age=prompt.measure_age(timezone.now()), has_error=False)
            if fate is Fate.DELIVERED:
                await self.following.confirm(prompt)
                return False
            is_free = fate is Fate.SEND_AGAIN
        if not is_free:
            self._hold(prompt)
        return is_free

    async def _send(self, prompt: Prompt) -> None:
        """Send what was claimed; whatever becomes of that is written down, or found out by looking."""
        try:
            session_id = await ensure_session(self.link, prompt)
        except EngineError as error:
            await self.following.queue_again(prompt, f"{NO_SESSION} {error}")
            if isinstance(error, EngineUnauthorized):
                raise
            return
        prompt = prompt.move_to(session_id)
        self.following.begin(prompt)
        try:
            async with self.link.calls:
                await self._post(prompt)
        except EngineUnreachable as error:
            if not error.may_have_arrived:
                await self.following.queue_again(prompt, NO_CONNECTION)
        except EngineUnauthorized as error:
            await self.following.queue_again(prompt, str(error))
            raise
        except EngineUnknown as error:
            await self._take_refusal(prompt, error)
        else:
            await self.link.write(record_posted, prompt=prompt.row, now=timezone.now())

    async def _post(self, prompt: Prompt) -> None:
        await self.link.client.prompt_async(
            prompt.place.directory,
            prompt.place.session_id,
            prompt.text,
            message_id=prompt.message_id,
            part_id=prompt.part_ids[0],
            agent=prompt.agent,
            provider=prompt.provider,
            model=prompt.model,
            variant=prompt.variant,
        )

    async def _take_refusal(self, prompt: Prompt, error: EngineUnknown) -> None:
        """404: no such session, so the next attempt makes one. Raises EngineError."""
        if error.status == HTTPStatus.NOT_FOUND:
            if not await has_session(self.link, prompt.place):
                await forget_session(self.link, prompt)
            await self.following.queue_again(prompt, SESSION_GONE)
        elif error.status in REFUSALS:
            await self.following.fail(prompt, REFUSED)
        # Any other status says nothing about it: its session is read soon.
