"""The part of the messages table's benchmark that needs Django.

`python -m benchmarks.message_size_steps MESSAGES` makes the same conversations in four tables and prints how
many bytes each takes, as JSON.

A conversation is made of turns: a person's message, then answers of the agent, each but the last with one
call of a tool. Lengths are drawn from log-normal distributions with the medians below, always the same ones.
The eight columns hold what the engine says of such a message, in the form in which OpenCode 1.18 says it.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

MEDIAN_ASKED, MEDIAN_SAID, MEDIAN_ANSWER, MEDIAN_THOUGHT = 160, 120, 900, 350
MEDIAN_INPUT, MEDIAN_OUTPUT = 120, 1800
# Standard deviation of the logarithm.
SPREAD = 0.9
STEPS_A_TURN = 6
SHARE_WITH_WORDS, SHARE_WITH_THOUGHTS, SHARE_FAILED = 0.5, 0.4, 0.02
TURNS_A_CHAT = 8
TOOLS = ("read", "grep", "bash", "edit", "glob", "write", "todowrite")
WORDS = (
    *(
        "the",
        "file",
        "build",
        "test",
        "error",
        "value",
        "function",
        "returns",
        "when",
        "list",
        "user",
        "because",
    ),
    *("checks", "path", "config", "change", "line", "first", "again", "should", "where", "import", "module"),
    *("class", "call", "result", "string", "number", "data", "request", "none", "every", "after"),
)
FOLDER = "/home/dev/projects/storefront"
BATCH = 2000


@dataclass(slots=True)
class Said:
    """One message: `facts` are the eight columns, `whole` the parts as the engine keeps them."""

    chat: int
    role: str
    id: str
    parent_id: str
    at: datetime
    whole: list[dict[str, Any]]
    facts: dict[str, Any]


class Talk:
    """Conversations, always the same ones."""

    def __init__(self) -> None:
        self.random = Random(11)
        self.at = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def draw(self, median: int) -> int:
        return max(1, round(self.random.lognormvariate(math.log(median), SPREAD)))

    def write(self, length: int) -> str:
        words: list[str] = []
        while length > 0:
            word = self.random.choice(WORDS)
            words.append(word)
            length -= len(word) + 1
        return " ".join(words)

    def name(self, prefix: str) -> str:
        """An id as the engine makes them: 12 hexadecimal digits, 14 letters and digits."""
        letters = "".join(
            self.random.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz0123456789", k=14)
        )
        return f"{prefix}_{self.random.getrandbits(48):012x}{letters}"

    def messages(self) -> Iterator[Said]:
        chat = 0
        while True:
            for _ in range(TURNS_A_CHAT):
                yield from self.turn(chat)
            chat += 1

    def turn(self, chat: int) -> Iterator[Said]:
        asked = self.ask(chat)
        yield asked
        steps = 1 + min(int(self.random.expovariate(1 / STEPS_A_TURN)), 40)
        for number in range(steps):
            yield self.answer(chat, asked.id, is_last=number == steps - 1)

    def ask(self, chat: int) -> Said:
        self.at += timedelta(minutes=4)
        part = {"id": self.name("prt"), "type": "text", "text": self.write(self.draw(MEDIAN_ASKED))}
        facts = {"agent_name": "build", "provider_name": "anthropic", "model_name": "claude-sonnet-4-5"}
        facts["metadata"] = json.dumps({"time": {"created": self.milliseconds()}, "summary": {"diffs": []}})
        return Said(chat, "user", self.name("msg"), "", self.at, [part], facts)

    def answer(self, chat: int, asked: str, *, is_last: bool) -> Said:
        self.at += timedelta(seconds=self.random.uniform(2, 20))
        parts: list[dict[str, Any]] = [
            {"id": self.name("prt"), "type": "step-start", "snapshot": f"{self.random.getrandbits(160):040x}"}
        ]
        if self.random.random() < SHARE_WITH_THOUGHTS:
            parts.append(self.speak("reasoning", MEDIAN_THOUGHT))
        if is_last or self.random.random() < SHARE_WITH_WORDS:
            parts.append(self.speak("text", MEDIAN_ANSWER if is_last else MEDIAN_SAID))
        if not is_last:
            parts.append(self.call())
        tokens = self.count_tokens()
        cost = round(tokens["input"] * 3e-6 + tokens["output"] * 15e-6, 6)
        finish = {
            "id": self.name("prt"),
            "type": "step-finish",
            "reason": "stop",
            "cost": cost,
            "tokens": tokens,
        }
        facts = {**self.describe(is_last=is_last), "cost": cost, "tokens": json.dumps(tokens)}
        return Said(chat, "assistant", self.name("msg"), asked, self.at, [*parts, finish], facts)

    def describe(self, *, is_last: bool) -> dict[str, Any]:
        path = {"cwd": FOLDER, "root": FOLDER}
        created = self.milliseconds()
        times = {"created": created, "completed": created + self.random.randint(900, 20_000)}
        facts = {
            "agent_name": "build",
            "provider_name": "anthropic",
            "model_name": "claude-sonnet-4-5",
            "finish_reason": "stop" if is_last else "tool-calls",
            "metadata": json.dumps({"mode": "build", "path": path, "time": times, "variant": "high"}),
        }
        if self.random.random() < SHARE_FAILED:
            data = {"message": "Overloaded", "statusCode": 529, "isRetryable": True, "responseBody": "{}"}
            facts["error"] = json.dumps({"name": "APIError", "data": data})
        return facts

    def speak(self, kind: str, median: int) -> dict[str, Any]:
        times = {"start": self.milliseconds(), "end": self.milliseconds() + 900}
        return {"id": self.name("prt"), "type": kind, "text": self.write(self.draw(median)), "time": times}

    def call(self) -> dict[str, Any]:
        tool = self.random.choice(TOOLS)
        state = {
            "status": "completed",
            "input": {"filePath": FOLDER, "content": self.write(self.draw(MEDIAN_INPUT))},
            "output": self.write(self.draw(MEDIAN_OUTPUT)),
            "title": f"src/{self.random.choice(WORDS)}/{self.random.choice(WORDS)}.py",
            "metadata": {"truncated": False},
            "time": {"start": self.milliseconds(), "end": self.milliseconds() + 300},
        }
        call_id = f"toolu_{self.random.getrandbits(96):024x}"
        return {"id": self.name("prt"), "type": "tool", "callID": call_id, "tool": tool, "state": state}

    def count_tokens(self) -> dict[str, Any]:
        counts = {"input": self.draw(900), "output": self.draw(260), "reasoning": 0}
        return {**counts, "cache": {"read": self.draw(40_000), "write": self.draw(1500)}}

    def milliseconds(self) -> int:
        return int(self.at.timestamp() * 1000)


def shorten(part: dict[str, Any]) -> dict[str, Any]:
    """As we keep it, by the product's own code."""
    from engines.domain.parts import PartFacts, describe_part

    state = part.get("state", {})
    facts = PartFacts(
        id=part["id"],
        message_id="",
        session_id="",
        kind=part["type"].partition("-")[0],
        text=part.get("text", ""),
        tool=part.get("tool", ""),
        call_id=part.get("callID", ""),
        status=state.get("status", ""),
        title=state.get("title", ""),
        phase=part["type"].partition("-")[2],
    )
    return describe_part(facts)


def main(messages: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from django.db import connection

    sizes: dict[str, int] = {}
    for name, has_columns, is_whole in (
        ("ours", False, False),
        ("ours, with the eight columns", True, False),
        ("whole parts", False, True),
        ("whole parts, with the eight columns", True, True),
    ):
        table = make_table(len(sizes), has_columns=has_columns)
        with connection.schema_editor() as editor:
            editor.create_model(table)
        fill(table, messages, has_columns=has_columns, is_whole=is_whole)
        sizes[name] = measure_table(table._meta.db_table)
    print(json.dumps(sizes), flush=True)


def make_table(number: int, *, has_columns: bool) -> Any:
    """A table like the product's own, its keys and indexes included, under another name."""
    from django.db import models

    from engines.models import Message

    fields: dict[str, Any] = {
        field.name: field.clone() for field in Message._meta.concrete_fields if field.name != "chat"
    }
    fields["chat"] = models.CharField(max_length=15, db_index=True)
    if has_columns:
        fields["cost"] = models.FloatField(null=True)
        for name in ("agent_name", "provider_name", "model_name", "finish_reason"):
            fields[name] = models.CharField(max_length=120, blank=True)
        for name in ("tokens", "error", "metadata"):
            fields[name] = models.TextField(null=True)
    unique = models.UniqueConstraint(fields=["chat", "ai_engine_message_id"], name=f"bench_one_row_{number}")
    meta = type("Meta", (), {"app_label": "engines", "db_table": f"bench_{number}", "constraints": [unique]})
    return type(f"Bench{number}", (models.Model,), {"__module__": __name__, "Meta": meta, **fields})


def fill(table: Any, messages: int, *, has_columns: bool, is_whole: bool) -> None:
    rows: list[Any] = []
    said = Talk().messages()
    for _ in range(messages):
        rows.append(make_row(table, next(said), has_columns=has_columns, is_whole=is_whole))
        if len(rows) == BATCH:
            table.objects.bulk_create(rows)
            rows = []
    table.objects.bulk_create(rows)


def make_row(table: Any, said: Said, *, has_columns: bool, is_whole: bool) -> Any:
    is_own = said.role == "user"
    return table(
        chat=f"c{said.chat:014}",
        role=said.role,
        ai_engine_message_id=said.id,
        parent_id=said.parent_id,
        user_message_status="delivered" if is_own else "",
        engine_message_status="" if is_own else "completed",
        parts=said.whole if is_whole else [shorten(part) for part in said.whole],
        created=said.at,
        updated=said.at,
        **(said.facts if has_columns else {}),
    )


def measure_table(table: str) -> int:
    """Bytes of its rows and indexes, after tidying up."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f'VACUUM FULL "{table}"')
            cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        else:
            cursor.execute("VACUUM")
            names = "SELECT name FROM sqlite_master WHERE tbl_name = %s"
            cursor.execute(f"SELECT SUM(pgsize) FROM dbstat WHERE name IN ({names})", [table])  # noqa: S608 - our words
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main(int(sys.argv[1]))
