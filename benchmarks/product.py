"""The product as a process of its own, with its own data, for the time of a benchmark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SERVERS = ("daphne", "uvicorn")


def build_environment(folder: Path, **changes: str) -> dict[str, str]:
    """Everything below `folder`; SQLite with full flushes and one process unless `changes` say otherwise."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "COUNTERSIGN_DATA_DIR": str(folder / "data"),
        "COUNTERSIGN_KEYS_FILE": str(folder / "keys" / "countersign.keys"),
        "COUNTERSIGN_AUDIT_HEADS_FILE": str(folder / "audit" / "heads.jsonl"),
        "COUNTERSIGN_BIND": "127.0.0.1:0",
        "COUNTERSIGN_LOG_LEVEL": "ERROR",
        # Calls are counted as ever; one token makes all of them here.
        "COUNTERSIGN_API_CALLS_PER_MINUTE": "100000000",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "SQLITE_SYNCHRONOUS": "FULL",
        **changes,
    }


@contextmanager
def running_server(
    module: str, *arguments: str, folder: Path, **changes: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Run `python -m module arguments`; (process id, what it says of itself in its first line of output)."""
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=build_environment(folder, **changes),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"{module} did not start"
        yield process.pid, json.loads(line)
    finally:
        process.terminate()
        process.wait(30)


def serve(application: Any, server: str, facts: dict[str, Any]) -> None:
    """In the server's process: print `facts` and the port in one line, then serve until a signal."""
    if server == "uvicorn":
        serve_with_uvicorn(application, facts)
        return
    from django.conf import settings

    from portal.server import PortalServer  # installs the event loop

    def announce(bind: Any) -> None:
        print(json.dumps({**facts, "port": bind.port}), flush=True)

    PortalServer(application, settings.COUNTERSIGN_BIND, on_listening=announce).serve()


def serve_with_uvicorn(application: Any, facts: dict[str, Any]) -> None:
    import uvicorn

    config = uvicorn.Config(application, port=0, log_level="error", lifespan="on", ws_max_queue=1024)
    socket = config.bind_socket()
    socket.listen(2048)
    print(json.dumps({**facts, "port": socket.getsockname()[1]}), flush=True)
    uvicorn.Server(config).run(sockets=[socket])
