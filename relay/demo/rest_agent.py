"""A scripted agent without an engine: it asks over the REST door, waits, and acts only on `approved`."""

from __future__ import annotations

import asyncio
import difflib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from relay.demo.runner import PAUSE_S, RETRY_S, sleep_unless

logger = logging.getLogger(__name__)

PATH = "/api/v1/permission-requests/"
WAIT_S = 25
CALL_TIMEOUT = httpx.Timeout(WAIT_S + 15, connect=5)
COMMAND_TIMEOUT_S = 30
OPEN_STATE = "pending"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the agent asks for, and what it does once it may. Exactly one of `command` and `diff` is set."""

    permission: str
    patterns: tuple[str, ...]
    command: str = ""
    diff: str = ""
    write: Callable[[], None] | None = None


@dataclass(slots=True)
class RestAgent:
    """`tell` is given what reviewers told it."""

    base_url: str
    token: str
    project: Path
    tell: Callable[[str], None]

    async def run(self, *, stop: asyncio.Event, pause_s: float = PAUSE_S) -> None:
        """Keep one request of each kind pending until `stop`."""
        headers = {"authorization": f"Bearer {self.token}"}
        async with (
            httpx.AsyncClient(
                base_url=self.base_url, headers=headers, timeout=CALL_TIMEOUT, trust_env=False
            ) as client,
            asyncio.TaskGroup() as group,
        ):
            for number, build in enumerate(WISHES):
                group.create_task(self._play(client, build, f"story-{number}", stop, pause_s))

    async def _play(
        self,
        client: httpx.AsyncClient,
        build: Callable[[Path, int], Wish],
        session: str,
        stop: asyncio.Event,
        pause_s: float,
    ) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            wish = build(self.project, turn)
            try:
                decided = await self._ask(client, wish, f"{session}-{turn}", session, stop)
            except httpx.HTTPError as error:
                logger.warning("The scripted agent waits for the portal: %s", type(error).__name__)
                await sleep_unless(stop, RETRY_S)
                turn -= 1
                continue
            if decided.get("state") == "approved":
                await self._act(wish)
            elif decided.get("decision_message"):
                self.tell(str(decided["decision_message"]))
            await sleep_unless(stop, pause_s)

    async def _ask(
        self, client: httpx.AsyncClient, wish: Wish, key: str, session: str, stop: asyncio.Event
    ) -> dict[str, Any]:
        """Ask and wait until somebody has decided; asked again with the same key, it is the same request."""
        body = {
            "permission": wish.permission,
            "patterns": list(wish.patterns),
            "command": wish.command,
            "diff": wish.diff,
            "directory": str(self.project),
            "agent": "scripted",
            "session_id": session,
        }
        answer = await client.post(PATH, json=body, headers={"idempotency-key": key})
        request: dict[str, Any] = answer.raise_for_status().json()
        while request["state"] == OPEN_STATE and not stop.is_set():
            answer = await client.get(f"{PATH}{request['id']}/wait/", params={"timeout": WAIT_S})
            request = answer.raise_for_status().json()
        return request

    async def _act(self, wish: Wish) -> None:
        if wish.write is not None:
            wish.write()
            return
        process = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            wish.command,
            cwd=self.project,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(COMMAND_TIMEOUT_S):
            await process.wait()


def _look(_project: Path, _turn: int) -> Wish:
    command = "git log --oneline | head -n 5"
    return Wish("bash", ("git log --oneline", "head -n 5"), command=command)


def _chain(_project: Path, turn: int) -> Wish:
    parts = ("mkdir -p build", f"echo round-{turn} > build/stamp.txt", "rm -rf build", "git status --short")
    return Wish("bash", parts, command=" && ".join(parts))


def _read_outside(_project: Path, _turn: int) -> Wish:
    return Wish("external_directory", ("/etc/*",), command="cat /etc/hostname")


def _edit(project: Path, turn: int) -> Wish:
    path = project / "README.md"
    before = path.read_text()
    anchor = "## What was done\n\n"
    after = before.replace(anchor, f"{anchor}- Round {turn}: looked through the greeting.\n", 1)
    return Wish(
        "edit", ("README.md",), diff=_diff("README.md", before, after), write=lambda: _write(path, after)
    )


def _write_notes(project: Path, turn: int) -> Wish:
    path = project / "notes" / f"round-{turn}.md"
    after = f"# Notes of round {turn}\n\nThe greeting works.\n"
    name = f"notes/round-{turn}.md"
    return Wish("edit", (name,), diff=_diff(name, "", after), write=lambda: _write(path, after))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _diff(name: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}"
    )
    return "".join(lines)


WISHES: Sequence[Callable[[Path, int], Wish]] = (_look, _chain, _read_outside, _edit, _write_notes)
