"""Prompts that were sent, or perhaps sent, followed to their end: by the engine's events, and by looking.

Nothing is sent from here: what did not arrive goes back into the queue, under the ids it has.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Container
from dataclasses import dataclass

from django.utils import timezone

from chats.domain.prompts import confirm_prompt, fail_prompt, requeue_prompt
from relay.link import EngineLink
from relay.liveness import read_busy
from relay.opencode.errors import EngineError, EngineUnauthorized
from relay.opencode.frames import Frame, MessageUpdated, SessionError
from relay.prompts.judgement import NO_SESSION, Fate, Sighting, is_answered, judge_fate
from relay.prompts.sessions import forget_session
from relay.prompts.work import Prompt, describe_error, find_unsettled, list_unsettled

logger = logging.getLogger(__name__)

# A prompt that the engine took shows its answer within moments; after this its session is read.
LOOK_AFTER_S = 3.0
LOOK_AFTER_ERROR_S = 1.0
LOOK_EVERY_S = 2.0
# A message that was given up is still listened for: what the agent takes up after all is delivered.
LISTEN_FOR_S = 600.0
NEWEST_MESSAGES = 50
# As often as this a message is given anew to an engine that has it and does not begin.
MOST_UNANSWERED = 3

NOT_TAKEN_UP = "The engine had not taken it up."
NEVER_BEGUN = "The engine took the message, and the agent never began to answer."


@dataclass(slots=True)
class Followed:
    """One prompt on its way. `error`: what the engine said since it was sent, "" for nothing.

    `given_up_s`: when it was failed, 0 while it is not.
    """

    prompt: Prompt
    look_at_s: float
    error: str = ""
    given_up_s: float = 0.0


class Following:
    """`posting` holds the chats whose prompt is being posted: those are not looked at yet."""

    def __init__(self, link: EngineLink, posting: Container[str]) -> None:
        self.link = link
        self.posting = posting
        # By the engine's message id.
        self._followed: dict[str, Followed] = {}
        self._unanswered: dict[str, int] = {}

    def begin(self, prompt: Prompt) -> None:
        self._followed[prompt.message_id] = Followed(prompt, time.monotonic() + LOOK_AFTER_S)

    def forget(self, prompt: Prompt) -> None:
        self._followed.pop(prompt.message_id, None)

    # The engine's events

    def take(self, frame: Frame) -> None:
        """Nothing here waits."""
        if isinstance(frame, MessageUpdated):
            followed = self._followed.get(frame.message.parent_id or "")
            if followed is not None and frame.message.role == "assistant":
                self._start_confirming(followed.prompt)
        elif isinstance(frame, SessionError) and frame.session_id:
            for followed in self._followed.values():
                if followed.prompt.place.session_id == frame.session_id:
                    # The engine may tell it twice, the second time with a stack.
                    followed.error = followed.error or describe_error(frame)
                    followed.look_at_s = time.monotonic() + LOOK_AFTER_ERROR_S

    def _start_confirming(self, prompt: Prompt) -> None:
        self.link.tasks.start(("prompt", prompt.pk), lambda: self.confirm(prompt))

    # Looking

    def tick(self) -> None:
        """Once a second while the engine is there: what shows no end is read."""
        now_s = time.monotonic()
        for followed in list(self._followed.values()):
            if followed.given_up_s:
                if now_s - followed.given_up_s > LISTEN_FOR_S:
                    self.forget(followed.prompt)
            elif followed.look_at_s <= now_s:
                followed.look_at_s = now_s + LOOK_EVERY_S
                self._start_looking(followed.prompt)

    def _start_looking(self, prompt: Prompt) -> None:
        self.link.tasks.start(("prompt", prompt.pk), lambda: self._look_after(prompt))

    async def resolve(self) -> None:
        """After a (re)connect: look at whatever was sent before it. Raises EngineUnauthorized."""
        for prompt in await self.link.read(list_unsettled, engine_id=self.link.engine.pk):
            if prompt.message_id not in self._followed:
                self.begin(prompt)
            try:
                await self._look_after(prompt)
            except EngineUnauthorized:
                raise
            except EngineError as error:
                # One session that can't be read holds its own chat up, not the engine.
                logger.info("A message is looked at again later: %s", error)

    async def _look_after(self, prompt: Prompt) -> None:
        """Raises EngineError."""
        if prompt.message_id not in self._followed or prompt.place.chat_id in self.posting:
            return
        fresh = await self.link.read(find_unsettled, pk=prompt.pk)
        if fresh is None:
            self.forget(prompt)
            return
        seen = await self.look(fresh)
        # Events came meanwhile, or its end did.
        followed = self._followed.get(prompt.message_id)
        if followed is not None:
            followed.prompt = fresh
            await self._settle(followed, seen)

    async def look(self, prompt: Prompt) -> Sighting:
        """What the engine has of it. Raises EngineError.

        Whether it works is asked first: one that was idle and shows no answer afterwards had not begun.
        """
        place = prompt.place
        if not place.session_id:
            return NO_SESSION
        is_busy = place.session_id in await read_busy(self.link, place.directory)
        async with self.link.calls:
            newest = await self.link.client.list_messages(
                place.directory, place.session_id, limit=NEWEST_MESSAGES
            )
        if newest is None:
            return NO_SESSION
        if not any(item.message.id == prompt.message_id for item in newest):
            async with self.link.calls:
                message = await self.link.client.get_message(
                    place.directory, place.session_id, prompt.message_id
                )
            if message is None:
                return Sighting(has_session=True, is_busy=is_busy)
        return Sighting(
            has_session=True,
            has_message=True,
            is_answered=is_answered(prompt.message_id, newest),
            is_busy=is_busy,
        )

    async def _settle(self, followed: Followed, seen: Sighting) -> None:
        prompt = followed.prompt
        error = followed.error or prompt.stopped_since
        fate = judge_fate(seen, age=prompt.measure_age(timezone.now()), has_error=bool(error))
        if fate is Fate.DELIVERED:
            await self.confirm(prompt)
        elif fate is Fate.FAILED:
            await self.fail(prompt, error)
        elif fate is Fate.SEND_AGAIN and seen.has_message and self._is_too_often(prompt):
            await self.fail(prompt, NEVER_BEGUN)
        elif fate is Fate.SEND_AGAIN:
            if not seen.has_session:
                await forget_session(self.link, prompt)
            await self.queue_again(prompt, NOT_TAKEN_UP)

    def _is_too_often(self, prompt: Prompt) -> bool:
        self._unanswered[prompt.pk] = self._unanswered.get(prompt.pk, 0) + 1
        return self._unanswered[prompt.pk] > MOST_UNANSWERED

    # Writing down

    async def confirm(self, prompt: Prompt) -> None:
        await self.link.write(confirm_prompt, prompt=prompt.row, now=timezone.now())
        self._unanswered.pop(prompt.pk, None)
        self.forget(prompt)

    async def fail(self, prompt: Prompt, why: str) -> None:
        await self.link.write(fail_prompt, prompt=prompt.row, why=why, now=timezone.now())
        self._unanswered.pop(prompt.pk, None)
        followed = self._followed.get(prompt.message_id)
        if followed is not None:
            followed.given_up_s = time.monotonic()

    async def queue_again(self, prompt: Prompt, error: str) -> None:
        await self.link.write(requeue_prompt, prompt=prompt.row, error=error, now=timezone.now())
        self.forget(prompt)
