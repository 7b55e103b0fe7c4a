"""Agents that keep the demo's inbox busy: one session for each story, a new prompt whenever it is idle."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

from relay.demo.scenarios import STORIES, Story
from relay.opencode.client import OpenCodeClient
from relay.opencode.errors import EngineError

logger = logging.getLogger(__name__)

POLL_S = 1.0
# Long enough for a person to see how a turn ended before the next request comes.
PAUSE_S = 4.0
BUSY_WITHIN_S = 10.0
RETRY_S = 3.0


async def run_demo_agents(
    client: OpenCodeClient,
    project_dir: Path,
    *,
    stop: asyncio.Event,
    stories: Sequence[Story] = STORIES,
    pause_s: float = PAUSE_S,
) -> None:
    """Play the stories until `stop` is set. Each asks for something, waits for its turn's end, and goes on.

    An engine that is away for a while, or a session that somebody deleted, only delays a story.
    """
    async with asyncio.TaskGroup() as group:
        for story in stories:
            group.create_task(_play(client, str(project_dir), story, stop, pause_s))


async def _play(
    client: OpenCodeClient, directory: str, story: Story, stop: asyncio.Event, pause_s: float
) -> None:
    session_id = ""
    turn = 0
    while not stop.is_set():
        try:
            if not session_id or await client.get_session(directory, session_id) is None:
                session_id = (await client.create_session(directory, title=story.title)).id
            await client.prompt_async(directory, session_id, story.write_prompt(turn))
            turn += 1
            await _wait_for_end(client, directory, session_id, stop)
            await sleep_unless(stop, pause_s)
        except EngineError as error:
            logger.warning("The demo's agent %r waits for the engine: %s", story.title, error)
            await sleep_unless(stop, RETRY_S)


async def _wait_for_end(client: OpenCodeClient, directory: str, session_id: str, stop: asyncio.Event) -> None:
    """Return once the turn that was just prompted has begun and ended, or never began."""
    loop = asyncio.get_running_loop()
    begun_by = loop.time() + BUSY_WITHIN_S
    has_begun = False
    while not stop.is_set():
        is_busy = session_id in await client.session_status(directory)
        if not is_busy and (has_begun or loop.time() > begun_by):
            return
        has_begun = has_begun or is_busy
        await sleep_unless(stop, POLL_S)


async def sleep_unless(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but wake at once when `stop` is set."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
