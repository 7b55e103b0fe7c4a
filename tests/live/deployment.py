"""A deployment as in production: PostgreSQL, Valkey, web processes on both servers, processes that write."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import psycopg

from deploy.postgres import PostgresServer
from deploy.valkey import ValkeyServer
from tests.live.listening_clients import WRITTEN
from tests.portal.server_client import ROOT, ServerProcess, running

DAPHNE = ["manage.py", "up", "--no-relay"]
UVICORN = ["-m", "uvicorn", "portal.asgi:application", "--port", "0", "--no-access-log"]
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


class WebProcess:
    """One server process; `port` is None while it is not there."""

    def __init__(self, command: list[str], variables: dict[str, str]) -> None:
        self.command = command
        self.variables = variables
        self.port: int | None = None
        self.stack = ExitStack()
        self.server: ServerProcess | None = None

    def start(self) -> None:
        self.server = self.stack.enter_context(running(self.command, **self.variables))

    def wait_until_it_serves(self) -> None:
        assert self.server is not None
        line = self.server.wait_for_line(lambda line: ADDRESS.search(line) is not None)
        found = ADDRESS.search(line)
        assert found is not None
        self.port = int(found[1])

    def kill(self) -> None:
        assert self.server is not None
        self.port = None
        self.server.stop(signal.SIGKILL)
        self.stack.close()

    def stop(self) -> None:
        self.port = None
        self.stack.close()


class Writer:
    """One process that commits events when it is told to."""

    def __init__(self, seed: int, variables: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.live.writer_process", str(seed)],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, line: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = orjson.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Deployment:
    """Two processes on Daphne, one on uvicorn, two writers, all on one PostgreSQL and one Valkey."""

    def __init__(self, folder: Path) -> None:
        self.stack = ExitStack()
        self.folder = folder
        self.web: list[WebProcess] = []
        self.writers: list[Writer] = []

    def start(self) -> None:
        self.postgres = PostgresServer().start()
        self.stack.callback(self.postgres.stop)
        self.valkey = ValkeyServer().start()
        self.stack.callback(self.valkey.stop)
        self.database_url = self.postgres.url()
        variables = {
            "COUNTERSIGN_DATA_DIR": str(self.folder / "data"),
            "COUNTERSIGN_KEYS_FILE": str(self.folder / "keys" / "countersign.keys"),
            "COUNTERSIGN_RELAY": "0",
            # Long polls that are answered at once, again and again, are many calls.
            "COUNTERSIGN_API_CALLS_PER_MINUTE": "0",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.valkey.url,
        }
        for seed in (1, 2):
            writer = Writer(seed, variables)
            self.writers.append(writer)
            self.stack.callback(writer.close)
        facts = self.writers[0].ask("prepare")
        self.first_seq: int = facts["start"]
        self.listeners: list[dict[str, Any]] = facts["listeners"]
        for command in (DAPHNE, DAPHNE, UVICORN):
            process = WebProcess(command, variables)
            self.web.append(process)
            self.stack.callback(process.stop)
        self.serve()

    def serve(self) -> None:
        """Start the web processes that are not there."""
        missing = [process for process in self.web if process.port is None]
        for process in missing:
            process.start()
        for process in missing:
            process.wait_until_it_serves()

    @property
    def ports(self) -> list[int]:
        return [process.port for process in self.web if process.port is not None]

    async def write(self, count: int) -> None:
        """Half of it by each writer, at the same time."""
        await asyncio.gather(
            *(asyncio.to_thread(writer.ask, f"write {count // 2}") for writer in self.writers)
        )

    def read_log(self, since: int) -> list[tuple[int, str, str]]:
        """(seq, audience, topic) of each event of the writers, straight from the database."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(
                "SELECT seq, audience, topic FROM events_event WHERE seq > %s AND kind = %s ORDER BY seq",
                [since, WRITTEN],
            ).fetchall()

    def list_log_lines(self) -> list[str]:
        return [line for process in self.web if process.server for line in process.server.lines]

    def stop(self) -> None:
        self.stack.close()
