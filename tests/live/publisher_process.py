"""A process that reads an engine, as far as chats are concerned: `python -m tests.live.publisher_process`.

Each line of its input is an object with `chat`, `audience` and `text`, which continues what came before. It
says "ready" first.
"""

from __future__ import annotations

import asyncio
import sys

import django

django.setup()

import orjson  # noqa: E402 - needs the set-up above

from live import deltas  # noqa: E402
from live.courier import Sender  # noqa: E402
from live.deltas import Delta  # noqa: E402


async def main() -> None:
    texts: dict[str, str] = {}
    deltas.add_source(lambda chat: [Delta("msg_1", "prt_1", "text", 0, texts[chat])] if chat in texts else [])
    async with asyncio.TaskGroup() as group:
        group.create_task(Sender().run())
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while line := await asyncio.to_thread(sys.stdin.readline):
            facts = orjson.loads(line)
            chat, text = facts["chat"], facts["text"]
            offset = len(texts.get(chat, ""))
            texts[chat] = texts.get(chat, "") + text
            deltas.publish(
                chat_id=chat,
                audience=facts["audience"],
                message_id="msg_1",
                part_id="prt_1",
                kind="text",
                offset=offset,
                text=text,
            )
        raise SystemExit


if __name__ == "__main__":
    asyncio.run(main())
