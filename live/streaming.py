"""The event stream as server-sent events (HTML standard, section 9.2): the body of one answer.

Nothing comes back from the client, so what bounds memory is that an answer ends, after 4 MB or 60 seconds.
The client comes back by itself, with the last id it has seen. An answer that merely ends says nothing; one
that ends for a reason says so in its last event, `close`, with the websocket's codes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from django.db import Error as DatabaseProblem

from live.enums import CloseCode, ListenerKind
from live.hub import get_hub
from live.listeners import Listener
from live.messages import ProtocolError, encode_close
from live.rights import Credential

logger = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_ANSWER_S = 60.0
# What a browser waits before it comes back.
RETRY_MS = 1000


async def stream_events(
    credential: Credential, topics: frozenset[str], since: int | None
) -> AsyncIterator[bytes]:
    """Chunks of the body; `since` None: from now."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    try:
        async with aclosing(
            follow(Listener(credential, topics, ListenerKind.SERVER_SENT_EVENTS), since)
        ) as body:
            async for chunk in body:
                yield chunk
    except ProtocolError as end:
        yield encode_close(end.code)
    except DatabaseProblem as error:
        logger.warning("a stream was ended: %s", type(error).__name__)
        yield encode_close(CloseCode.UNAVAILABLE)


async def follow(listener: Listener, since: int | None) -> AsyncGenerator[bytes]:
    """What there is to hear until the answer is long enough; raises ProtocolError."""
    hub = get_hub()
    ends_at = asyncio.get_running_loop().time() + MAX_ANSWER_S
    size_bytes = 0
    try:
        await hub.join(listener, since)
        while size_bytes < MAX_ANSWER_BYTES:
            async with asyncio.timeout_at(ends_at):
                frames = await hub.next_frames(listener)
            chunk = b"".join(frame.block for frame in frames)
            size_bytes += len(chunk)
            yield chunk
            # The server has taken it; a server that holds back its senders lets nothing pile up here.
            listener.acknowledge(min(listener.told, max(frame.cursor for frame in frames)))
    except TimeoutError:
        return
    finally:
        hub.leave(listener)
