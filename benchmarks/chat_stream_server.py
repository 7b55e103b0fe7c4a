"""The engine of `benchmarks.chat_stream`: it speaks a real one's HTTP and writes in many sessions at once.

A real engine can't write in 200 sessions on one small machine. It prints its address; then `listened` (there
is somebody who reads its stream), `begin`, `write` with deltas a second in each session and seconds, `end`
on its input are done and printed back.
"""

from __future__ import annotations

import asyncio
import sys
import time

from tests.relay.fake_engine import FakeEngine, give, message_info

# Every delta begins with the moment of its writing, in microseconds on the machine's clock.
STAMP_CHARACTERS = 16
# Ends with a blank: a word is told when it is complete.
WORDS = " and so it goes on, well "
DELTA_CHARACTERS = STAMP_CHARACTERS + len(WORDS)


class Writer:
    """One session's agent."""

    def __init__(self, engine: FakeEngine, session_id: str) -> None:
        self.engine = engine
        self.session_id = session_id
        self.message_id, self.part_id = f"msg_of_{session_id}", f"prt_of_{session_id}"
        self.text: list[str] = []

    def begin(self) -> None:
        info = self.engine.sessions[self.session_id]
        self.tell("session.created", info=info)
        self.engine.busy.add(self.session_id)
        self.tell("session.status", status={"type": "busy"})
        self.tell("message.updated", info=message_info(self.session_id, self.message_id))
        self.tell_part(end=None)

    def write(self) -> None:
        delta = f"{time.monotonic_ns() // 1000:0{STAMP_CHARACTERS}}{WORDS}"
        self.text.append(delta)
        self.tell(
            "message.part.delta", messageID=self.message_id, partID=self.part_id, field="text", delta=delta
        )

    def end(self) -> None:
        self.tell_part(end=2)
        self.tell("message.updated", info=message_info(self.session_id, self.message_id, completed=2))
        self.engine.busy.discard(self.session_id)
        self.tell("session.idle")

    def tell_part(self, end: int | None) -> None:
        part = {
            "id": self.part_id,
            "messageID": self.message_id,
            "sessionID": self.session_id,
            "type": "text",
            "text": "".join(self.text),
            "time": {"start": 1, "end": end},
        }
        self.tell("message.part.updated", part=part)

    def tell(self, kind: str, **properties: object) -> None:
        self.engine.emit(kind, {"sessionID": self.session_id, **properties})


async def write(writers: list[Writer], rate: float, seconds: float) -> None:
    """Each at its own moment of the interval, as agents do."""
    interval_s = 1 / rate
    started_s = time.monotonic()
    for turn in range(int(rate * seconds)):
        for number, writer in enumerate(writers):
            due_s = started_s + (turn + number / len(writers)) * interval_s
            if (left_s := due_s - time.monotonic()) > 0:
                await asyncio.sleep(left_s)
            writer.write()


async def main(chats: int) -> None:
    engine = FakeEngine()
    engine.overrides["GET", "/agent"] = lambda _request: give([])
    await engine.start()
    writers = [Writer(engine, engine.add_session()) for _ in range(chats)]
    print(engine.address, flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        command, *numbers = line.split()
        if command == "listened":
            await engine.wait_listened()
        elif command == "begin":
            for writer in writers:
                writer.begin()
        elif command == "write":
            await write(writers, *map(float, numbers))
        else:
            for writer in writers:
                writer.end()
        print(command, flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
