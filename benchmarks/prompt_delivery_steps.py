"""The process that `benchmarks.prompt_delivery` starts: engine, model, relay, and who kills the engine."""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 - needs the settings above
from django.core.management import call_command  # noqa: E402

from chats.domain.chats import create_chat  # noqa: E402
from chats.domain.sending import send_message  # noqa: E402
from chats.enums import PromptState  # noqa: E402
from chats.models import OutgoingMessage  # noqa: E402
from deploy.opencode import find_binary  # noqa: E402
from engines.enums import EngineMessageStatus, EngineState  # noqa: E402
from engines.models import Chat, Engine, Message  # noqa: E402
from events.database_threads import DatabaseThread  # noqa: E402
from events.keyring import make_keys_file  # noqa: E402
from relay.demo.project import PERMISSION, make_project  # noqa: E402
from relay.demo.scenarios import Say  # noqa: E402
from relay.demo.scripted_llm import ScriptedModel, build_engine_config  # noqa: E402
from relay.opencode.process import EngineProcess, EngineStartFailed  # noqa: E402
from relay.supervisor import run_supervisors  # noqa: E402
from tests.factories import make_engine, make_gated, make_principal, make_team, make_user  # noqa: E402

CALM_ROUNDS = 5
# A round's kill comes within as much of the time that one message takes, so that it meets each of the three.
SPAN = 2.0
THINKING_S = 0.3
DEADLINE_S = 120.0
START_ATTEMPTS = 10
POLL_S = 0.02


class Bench:
    """One run. `asked` counts what the model was given, by the key of each message."""

    def __init__(self, process: EngineProcess, model: ScriptedModel, chance: random.Random) -> None:
        self.process, self.model, self.chance = process, model, chance
        self.database = DatabaseThread("bench")
        self.asked: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.keys: dict[str, str] = {}

    async def prepare(self) -> None:
        def make() -> None:
            team = make_team()
            self.principal = make_principal(make_user(team))
            self.engine = make_engine(
                team,
                address=self.process.address,
                username=self.process.username,
                password=self.process.password,
                directories=[str(self.process.project)],
            )
            make_gated(self.engine)

        await self.database.run(make)
        self.chat = await self.database.run(self.begin_chat)

    def begin_chat(self) -> Chat:
        return create_chat(principal=self.principal, team=self.engine.team, engine=self.engine, title="Bench")

    def send(self, chat: Chat) -> str:
        """Queue a message with a key of its own; the prompt's id."""
        key = "bench_" + "".join(chr(ord("a") + int(digit)) for digit in str(len(self.keys)))

        def think(_turn: int) -> list[Say]:
            with self.lock:
                self.asked[key] += 1
            time.sleep(self.chance.uniform(0, THINKING_S))
            return [Say("Done.")]

        self.model.scenarios[key] = think
        message = send_message(principal=self.principal, chat_id=chat.pk, text=f"Please. [{key}]")
        prompt = OutgoingMessage.objects.get(message=message)
        self.keys[prompt.pk] = key
        return prompt.pk

    def send_round(self) -> list[str]:
        return [self.send(self.chat), self.send(self.begin_chat()), self.send(self.chat)]

    async def wait(self, is_so: Any, what: str) -> None:
        deadline_s = time.monotonic() + DEADLINE_S
        while not await self.database.run(is_so):
            if time.monotonic() > deadline_s:
                raise SystemExit(f"not within {DEADLINE_S:g} s: {what}")
            await asyncio.sleep(POLL_S)

    async def wait_online(self) -> None:
        rows = Engine.objects.filter(pk=self.engine.pk, state=EngineState.ONLINE)
        await self.wait(rows.exists, "the engine, online")

    async def wait_delivered(self, prompts: list[str]) -> None:
        rows = OutgoingMessage.objects.filter(pk__in=prompts, state=PromptState.DELIVERED)
        await self.wait(lambda: rows.count() == len(prompts), "every message delivered")

    async def run(self, kills: int) -> dict[str, Any]:
        calm_ms: list[float] = []
        killed_ms: list[float] = []
        killed_at: Counter[str] = Counter()
        await self.wait_online()
        for _ in range(CALM_ROUNDS):
            began_s = time.perf_counter()
            await self.wait_delivered(await self.database.run(lambda: [self.send(self.begin_chat())]))
            calm_ms.append(1000 * (time.perf_counter() - began_s))
        span_s = SPAN * statistics.median(calm_ms) / 1000
        for _ in range(kills):
            await self.wait_online()
            began_s = time.perf_counter()
            prompts = await self.database.run(self.send_round)
            await asyncio.sleep(self.chance.uniform(0, span_s))
            self.process.kill()
            killed_at.update(await self.database.run(read_states, prompts))
            await self.start_engine()
            await self.wait_delivered(prompts)
            killed_ms.append(1000 * (time.perf_counter() - began_s))
        await self.wait(self.is_at_rest, "the end of every turn")
        return {
            "kills": kills,
            "calm_ms": calm_ms,
            "killed_ms": killed_ms,
            "killed_at": dict(killed_at),
            **await self.judge(),
        }

    async def start_engine(self) -> None:
        """What a killed engine had started may hold its port for a moment longer."""
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                await self.process.start()
            except EngineStartFailed:
                if attempt == START_ATTEMPTS:
                    raise
                await asyncio.sleep(1)
            else:
                return

    def is_at_rest(self) -> bool:
        """Every answer is on record, and nobody works; what the engine says is gathered for a second."""
        working = Message.objects.filter(engine_message_status=EngineMessageStatus.PROCESSING)
        sent = OutgoingMessage.objects.values_list("engine_message_id", flat=True)
        return (
            not working.exists()
            and not Chat.objects.filter(turn="assistant").exists()
            and set(sent) <= set(self.read_answers())
        )

    async def judge(self) -> dict[str, Any]:
        """What the engine, the model and the database say of each message."""
        in_engine, finished = await self.read_engine()
        prompts = await self.database.run(lambda: list(OutgoingMessage.objects.select_related("message")))
        answers = await self.database.run(self.read_answers)
        wrong: dict[str, list[str]] = {
            "undelivered": [],
            "not_once": [],
            "asked_again": [],
            "unexplained": [],
        }
        ends: Counter[str] = Counter()
        for prompt in prompts:
            key = self.keys[prompt.pk]
            if prompt.state != PromptState.DELIVERED:
                wrong["undelivered"].append(key)
            if in_engine[key] != 1:
                wrong["not_once"].append(f"{key}: {in_engine[key]}")
            if self.asked[key] > 1:
                wrong["asked_again"].append(f"{key}: {self.asked[key]}")
            status = answers.get(prompt.engine_message_id, "none")
            ends[status] += 1
            expected = prompt.engine_message_id in finished
            if status != (EngineMessageStatus.COMPLETED if expected else EngineMessageStatus.ABORTED):
                word = "finished" if expected else "unfinished"
                wrong["unexplained"].append(f"{key}: {status}, in the engine {word}")
        return {
            **wrong,
            "messages": len(prompts),
            "answered": ends[EngineMessageStatus.COMPLETED],
            "cut_off": ends[EngineMessageStatus.ABORTED],
            "sent_again": sum(prompt.attempts > 1 for prompt in prompts),
        }

    def read_answers(self) -> dict[str, str]:
        """The engine's id of each message → how the last answer to it ended."""
        rows = Message.objects.filter(role="assistant").order_by("created", "id")
        return dict(rows.values_list("parent_id", "engine_message_status"))

    async def read_engine(self) -> tuple[Counter[str], set[str]]:
        """How often each message stands in any session, and the ids of those that were answered whole."""
        found: Counter[str] = Counter()
        finished: set[str] = set()
        directory = str(self.process.project)
        async with self.process.build_client() as client:
            for session in await client.list_sessions(directory):
                for item in await client.list_messages(directory, session.id, limit=1000) or ():
                    message = item.message
                    if message.role == "user":
                        texts = [part.text for part in item.parts]
                        found.update(text[text.index("[") + 1 : -1] for text in texts if "[" in text)
                    elif message.completed_ms is not None and not message.error_name:
                        finished.add(message.parent_id or "")
        return found, finished


def read_states(prompts: list[str]) -> list[str]:
    return list(OutgoingMessage.objects.filter(pk__in=prompts).values_list("state", flat=True))


async def measure(folder: Path, kills: int, seed: int) -> dict[str, Any]:
    project = folder / "project"
    make_project(project)
    binary = find_binary()
    assert binary is not None, "no engine is installed: make set-up"
    with ScriptedModel({}) as model:
        process = EngineProcess(
            binary, folder / "tree", project, build_engine_config(model.base_url, PERMISSION)
        )
        await process.start()
        stop = asyncio.Event()
        bench = Bench(process, model, random.Random(seed))
        try:
            await bench.prepare()
            relaying = asyncio.create_task(run_supervisors(stop))
            found = await bench.run(kills)
            stop.set()
            await relaying
        finally:
            process.stop()
            await bench.database.aclose()
    return found


def main() -> None:
    folder, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    make_keys_file(Path(settings.COUNTERSIGN_KEYS_FILE))
    call_command("migrate", verbosity=0)
    json.dump(asyncio.run(measure(folder, kills, seed)), sys.stdout)


if __name__ == "__main__":
    main()
