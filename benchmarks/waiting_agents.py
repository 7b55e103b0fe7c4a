"""Admin pages while 200 agents wait for decisions: `python -m benchmarks.waiting_agents [--agents 200]`.

The real server on SQLite, the agents in `wait/`, one person loading the dashboard. Prints the medians idle
and waiting, and their ratio, from one run: idle is measured before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PAGES = ("/admin/", "/admin/governance/permissionrequest/")
LOADS = 40

SET_UP = """
import json
from datetime import timedelta
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from accounts.domain.teams import add_member, create_team
from accounts.domain.tokens import create_token
from accounts.domain.users import create_user
from events.actors import build_command_actor

actor = build_command_actor("benchmark")
team = create_team(actor=actor, name="Bench")
owner = create_user(actor=actor, username="ada", is_superuser=True)
add_member(actor=actor, team=team, user=owner, role="approver")
agent = create_user(actor=actor, username="agent", kind="service", owner=owner)
add_member(actor=actor, team=team, user=agent, role="viewer")
ends = timezone.now() + timedelta(days=1)
made = create_token(actor=actor, user=agent, name="bench", scopes=["requests:create"], expires_at=ends)
session = SessionStore()
session[SESSION_KEY] = owner.pk
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = owner.get_session_auth_hash()
session.save()
print(json.dumps({"token": made.secret, "cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"}))
"""


@dataclass(frozen=True)
class Site:
    port: int
    token: str
    cookie: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder, running_site(Path(folder)) as site:
        asyncio.run(measure(site, options.agents))


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    environment = {
        **os.environ,
        "COUNTERSIGN_DATA_DIR": str(folder / "data"),
        "COUNTERSIGN_KEYS_FILE": str(folder / "keys" / "countersign.keys"),
        "COUNTERSIGN_BIND": "127.0.0.1:0",
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    server = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--no-relay"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        port = read_port(server)
        made = run_in_shell(SET_UP, environment)
        yield Site(port, made["token"], made["cookie"])
    finally:
        server.terminate()
        server.wait(30)


def read_port(server: subprocess.Popen[str]) -> int:
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"127\.0\.0\.1:(\d+)/", line):
            return int(found[1])
    raise SystemExit("the server did not start")


def run_in_shell(code: str, environment: Mapping[str, str]) -> dict[str, str]:
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code]
    finished = subprocess.run(command, env=dict(environment), stdout=subprocess.PIPE, text=True, check=True)
    made: dict[str, str] = json.loads(finished.stdout)
    return made


async def measure(site: Site, agents: int) -> None:
    bearer = f"Authorization: Bearer {site.token}\r\n"
    requests = [await create_request(site, bearer, number) for number in range(agents)]
    await load_pages(site)
    before = await load_pages(site)
    waits = [asyncio.create_task(wait(site, bearer, request_id)) for request_id in requests]
    await asyncio.sleep(agents * 0.02)
    during = await load_pages(site)
    assert not any(task.done() for task in waits), "an agent stopped waiting"
    for task in waits:
        task.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    await asyncio.sleep(1)
    after = await load_pages(site)
    print(f"Daphne, SQLite (synchronous=FULL), {agents} agents in wait/, {LOADS} loads of each page")
    for page in PAGES:
        idle = statistics.median(before[page] + after[page])
        waiting = statistics.median(during[page])
        print(f"{page:<40} idle {idle:6.1f} ms  waiting {waiting:6.1f} ms  ratio {waiting / idle:4.2f}")


async def load_pages(site: Site) -> dict[str, list[float]]:
    """Milliseconds of each load, pages in turn."""
    times: dict[str, list[float]] = {page: [] for page in PAGES}
    for _ in range(LOADS):
        for page in PAGES:
            started_at = time.perf_counter()
            await ask(site.port, f"GET {page}", f"Cookie: {site.cookie}\r\n")
            times[page].append((time.perf_counter() - started_at) * 1000)
    return times


async def create_request(site: Site, bearer: str, number: int) -> str:
    wish = {"permission": "bash", "patterns": [f"make step-{number}"], "command": f"make step-{number}"}
    body = json.dumps(wish)
    headers = f"{bearer}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    answer = json.loads(await ask(site.port, "POST /api/v1/permission-requests/", headers, body))
    return str(answer["id"])


async def wait(site: Site, bearer: str, request_id: str) -> None:
    await ask(site.port, f"GET /api/v1/permission-requests/{request_id}/wait/?timeout=60", bearer)


async def ask(port: int, question: str, headers: str, body: str = "") -> bytes:
    """The body of a good answer; a bad one stops the run."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"{question} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"
        writer.write((head + body).encode())
        status, _, rest = (await reader.read()).partition(b"\r\n")
        assert status.split()[1] in {b"200", b"201"}, (question, status, rest[-500:])
        return rest.partition(b"\r\n\r\n")[2]
    finally:
        writer.close()


if __name__ == "__main__":
    main()
