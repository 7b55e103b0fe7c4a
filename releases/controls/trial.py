"""A release tried on a throwaway engine: nobody's credentials, nobody's project, ended whatever happens.

The engine answers 400 to every call of a folder whose configuration it can't read, with the reason; an
invalid MCP entry makes it exit at its start. So a release is started once here before it goes anywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import re
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings

from deploy.bootstrap import opencode_binary
from events.masking import mask_secrets
from events.text import make_storable
from relay.opencode.calls import Call, Timeouts
from relay.opencode.decoding import decode_json
from relay.opencode.errors import EngineError
from relay.opencode.gate_files import bake_modules
from relay.opencode.process import EngineProcess, EngineStartFailed
from relay.opencode.process_tree import end_recorded_process
from releases.config_agent.countersign_config_agent import (
    GATE_PLUGIN,
    FolderError,
    check_files,
    remove_tree,
    write_release,
)
from releases.controls.interface import ReleaseFile, Trial

START_TIMEOUT_S = 60.0
CALL_TIMEOUT_S = 30.0
# A loaded machine tries one after the other: each engine takes 300 MB.
CONCURRENT_TRIALS = 1
PREFIX = "countersign-trial-"
OLD_S = 600
NOWHERE = "http://127.0.0.1:1/"
MAX_ERROR_CHARACTERS = 2_000
LOG_TAIL_BYTES = 4_000
NO_BINARY = "There is no OpenCode binary on this host (make demo fetches one), so it was not tried."
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

_slots = threading.BoundedSemaphore(CONCURRENT_TRIALS)


async def try_release(files: Sequence[ReleaseFile], *, binary: Path | None = None) -> Trial:
    """What the engine says of these files; `error` is its own text. Never raises for what a release holds."""
    found = binary or await asyncio.to_thread(opencode_binary)
    if found is None:
        return Trial(False, "", NO_BINARY)
    try:
        check_files(files)
        error = await ask_throwaway(found, files)
    except FolderError as refusal:
        return Trial(True, str(refusal))
    except OSError as failure:
        return Trial(False, "", f"No throwaway engine could be set up: {failure.strerror or failure}.")
    return Trial(True, clean(error))


async def ask_throwaway(binary: Path, files: Sequence[ReleaseFile]) -> str:
    """Start it in a folder of its own, ask, end it. Raises OSError."""
    await asyncio.to_thread(_slots.acquire)
    root = None
    try:
        root, lock = await asyncio.to_thread(make_root)
        engine = await asyncio.to_thread(prepare, binary, root, files)
        try:
            await engine.start(START_TIMEOUT_S)
            return await ask(engine, str(root / "project"))
        except EngineStartFailed:
            return f"It did not start: {await asyncio.to_thread(read_tail, engine.log_path)}"
        finally:
            engine.stop(timeout_s=0)
            os.close(lock)
    finally:
        if root is not None:
            remove_tree(root)
        _slots.release()


def make_root() -> tuple[Path, int]:
    """A new folder and the lock that says it is in use; what a killed process of ours left is ended first."""
    trials = Path(settings.COUNTERSIGN_DATA_DIR) / "trials"
    trials.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in trials.iterdir():
        end_left(left)
    root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=trials))
    lock = os.open(root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return root, lock


def end_left(root: Path) -> None:
    """Unless somebody is at it."""
    try:
        lock = os.open(root / "lock", os.O_RDWR)
    except OSError:
        # About to be used, or hardly begun: only an old one is nobody's.
        with contextlib.suppress(OSError):
            if time.time() - root.stat().st_mtime > OLD_S:
                remove_tree(root)
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        end_recorded_process(root)
        remove_tree(root)
    except OSError:
        return
    finally:
        os.close(lock)


def prepare(binary: Path, root: Path, files: Sequence[ReleaseFile]) -> EngineProcess:
    project = root / "project"
    project.mkdir()
    engine = EngineProcess(binary, root, project, config=None)
    engine.config_dir.mkdir()
    write_release(engine.config_dir, [disarm(file) for file in files if file[0] != GATE_PLUGIN])
    bake_modules(root / "config" / "opencode")
    return engine


def disarm(file: ReleaseFile) -> ReleaseFile:
    """No MCP server is started or asked for a trial: it would be somebody's command on this host."""
    path, text = file
    if path != "opencode.json":
        return file
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        return file
    servers = config.get("mcp") if isinstance(config, dict) else None
    if not isinstance(servers, dict) or not servers:
        return file
    harmless = {name: disarm_server(server) for name, server in servers.items()}
    return path, json.dumps({**config, "mcp": harmless}, indent=2)


def disarm_server(server: Any) -> Any:
    """As valid or invalid as it was: switched off, the engine would look at nothing else of it."""
    if not isinstance(server, dict):
        return server
    harmless = dict(server)
    command = server.get("command")
    if isinstance(command, list) and all(isinstance(word, str) for word in command):
        harmless["command"] = ["true"]
    if isinstance(server.get("url"), str):
        harmless["url"] = NOWHERE
        # Values of secrets are not there, and without them the engine would refuse everything.
        harmless.pop("headers", None)
    return harmless


async def ask(engine: EngineProcess, directory: str) -> str:
    """Nothing when it reads its configuration and lists its agents."""
    async with engine.build_client(Timeouts(call_s=CALL_TIMEOUT_S)) as client:
        for path in ("/config", "/agent"):
            try:
                status, body = await client.connection.send(Call("GET", path, directory))
            except EngineError as error:
                return f"It did not answer: {error}"
            if status != httpx.codes.OK:
                return describe_refusal(status, body)
    return ""


def describe_refusal(status: int, body: bytes) -> str:
    """The engine's words: a name, a place and its issues, or whatever else it said."""
    try:
        answer = decode_json(body)
    except EngineError:
        return f"It answered {status}."
    data = answer.get("data") if isinstance(answer, dict) else None
    facts: dict[str, Any] = data if isinstance(data, dict) else answer if isinstance(answer, dict) else {}
    words = [str(answer.get("name") or answer.get("_tag") or f"It answered {status}")]
    words += [str(facts[name]) for name in ("path", "message") if facts.get(name)]
    issues = facts.get("issues")
    for issue in issues if isinstance(issues, list) else []:
        if isinstance(issue, dict):
            place = ".".join(str(part) for part in issue.get("path") or [])
            words.append(f"{place}: {issue.get('message')}" if place else str(issue.get("message")))
    return "; ".join(words)


def read_tail(log: Path) -> str:
    with contextlib.suppress(OSError):
        return log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()
    return "it said nothing."


def clean(error: str) -> str:
    """One text for people, without secrets, escapes or places of ours."""
    text = re.sub(r"\S*countersign-trial-[^/\s]+/config-dir/", "", _ESCAPES.sub("", error))
    text = re.sub(r"\S*countersign-trial-[^/\s]+", "…", text)
    return make_storable(mask_secrets(text), MAX_ERROR_CHARACTERS)
