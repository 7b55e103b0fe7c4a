"""An OpenCode server as a child process of ours: started in a tree of its own, stopped for certain.

The tree holds the engine's home, data, cache, state, temporary files and log, so that nothing of the
user who runs Countersign is read or written. The configuration lies in a folder of its own that the
engine reads before any project's; project files can't loosen it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import secrets
import socket
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from relay.opencode.calls import Timeouts
from relay.opencode.client import OpenCodeClient
from relay.opencode.errors import EngineError
from relay.opencode.gate_files import GateFiles, bake_modules
from relay.opencode.process_tree import ChildProcess, end_recorded_process

LOOPBACK = "127.0.0.1"
# Its OPENCODE_CONFIG_DIR, inside its own folder; a link once a release has been published to it.
CONFIG_FOLDER = "config-dir"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 5.0
POLL_S = 0.1
# What an engine that was just killed held is let go of within moments.
PORT_WAIT_S = 2.0
# Below the ports that systems lend to outgoing connections: one of those would stop a restart on our port.
KEPT_PORTS = range(20_000, 32_000)
PORT_ATTEMPTS = 50
# A request that arrives while the engine starts may never be answered: ask again instead of waiting.
HEALTH_TIMEOUTS = Timeouts(connect_s=1.0, call_s=1.0)
# Quiet and offline: the model provider comes from our configuration alone.
SETTINGS = {
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
    "OPENCODE_DISABLE_SHARE": "1",
    "OPENCODE_DISABLE_CLAUDE_CODE": "1",
    # A file in the project could otherwise loosen the rules.
    "OPENCODE_DISABLE_PROJECT_CONFIG": "1",
}


class EngineStartFailed(Exception):
    """The engine exited, or did not become healthy in time; the message names its log file."""


@dataclass(slots=True)
class EngineProcess:
    """One `opencode serve`. Not thread-safe; `start` may be called again after `stop`, on the same tree.

    `config` is what its folder gets as long as no release is there; None leaves the folder as it is.
    """

    binary: Path
    root: Path
    project: Path
    config: Mapping[str, Any] | None
    environment: Mapping[str, str] = field(default_factory=dict)
    username: str = "opencode"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    port: int = 0
    # (the portal's address, the gate's token): with them the engine gets the gate's plugin.
    gate: tuple[str, str] | None = field(default=None, repr=False)
    _child: ChildProcess = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._child = ChildProcess(self.root)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def log_path(self) -> Path:
        return self.root / "engine.log"

    @property
    def config_dir(self) -> Path:
        return self.root / CONFIG_FOLDER

    @property
    def is_running(self) -> bool:
        return self._child.is_running

    @property
    def pid(self) -> int | None:
        return self._child.pid

    async def start(self, timeout_s: float = START_TIMEOUT_S) -> str:
        """Start the engine and wait until it is healthy; return its version. Raises EngineStartFailed."""
        self.launch()
        try:
            return await self.wait_healthy(timeout_s)
        except BaseException:
            self.kill()
            raise

    def launch(self) -> None:
        """Write the configuration and start the process, on the port it had or a free one.

        An engine that a killed predecessor of ours left running on this tree is ended first.
        """
        if self.is_running:
            raise EngineStartFailed("This engine is running already.")
        end_recorded_process(self.root)
        self.port = probe_port(self.port, wait_s=PORT_WAIT_S)
        environment = self._build_environment()
        if self.config is not None and not self.config_dir.is_symlink():
            write_config(self.config_dir, self.config)
        if self.gate is not None:
            GateFiles(self.config_dir, *self.gate).write()
            bake_modules(self.root / "config" / "opencode")
        command = [str(self.binary), "serve", "--hostname", LOOPBACK, "--port", str(self.port)]
        with self.log_path.open("ab") as log:
            self._child.launch(command, cwd=self.project, environment=environment, output=log)

    async def wait_healthy(self, timeout_s: float = START_TIMEOUT_S) -> str:
        deadline = time.monotonic() + timeout_s
        async with self.build_client(HEALTH_TIMEOUTS) as client:
            while time.monotonic() < deadline:
                if not self.is_running:
                    raise EngineStartFailed(f"The engine ended while starting; see {self.log_path}.")
                with contextlib.suppress(EngineError):
                    health = await client.health()
                    if health.is_healthy:
                        return health.version
                await asyncio.sleep(POLL_S)
        raise EngineStartFailed(f"The engine was not healthy after {timeout_s:g} s; see {self.log_path}.")

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """End the engine and what its tools left running: SIGTERM, after `timeout_s` SIGKILL.

        Blocks until all are gone. The engine flushes nothing on SIGTERM: running turns stay `running` in
        its own records.
        """
        self._child.stop(timeout_s)

    async def stop_async(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        await asyncio.to_thread(self.stop, timeout_s)

    def kill(self) -> None:
        """End the engine as a crash would."""
        self.stop(timeout_s=0)

    def build_client(self, timeouts: Timeouts | None = None) -> OpenCodeClient:
        return OpenCodeClient(self.address, self.username, self.password, timeouts=timeouts)

    def _build_environment(self) -> dict[str, str]:
        """Built from nothing: the agent's shell inherits all of it, and must find no secret of ours."""
        places = {
            "HOME": self.root / "home",
            "TMPDIR": self.root / "tmp",
            "XDG_DATA_HOME": self.root / "data",
            "XDG_CONFIG_HOME": self.root / "config",
            "XDG_CACHE_HOME": self.root / "cache",
            "XDG_STATE_HOME": self.root / "state",
            "OPENCODE_CONFIG_DIR": self.config_dir,
        }
        for place in places.values():
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            **{name: str(place) for name, place in places.items()},
            **SETTINGS,
            "OPENCODE_SERVER_USERNAME": self.username,
            "OPENCODE_SERVER_PASSWORD": self.password,
            **self.environment,
        }


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Write `opencode.json` in one step: a half-written one bricks the engine until it is restarted."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".opencode-", suffix=".json")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(config, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(folder / "opencode.json")
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def probe_port(wanted: int, *, wait_s: float = 0.0) -> int:
    """`wanted` when it is free within `wait_s`, any free port for 0. On a used one another server answers.

    Raises EngineStartFailed when it is taken.
    """
    if wanted:
        deadline = time.monotonic() + wait_s
        while not is_free(wanted) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        bind_once(wanted)
        return wanted
    for candidate in random.sample(KEPT_PORTS, k=PORT_ATTEMPTS):
        if is_free(candidate):
            return candidate
    raise EngineStartFailed(f"None of {PORT_ATTEMPTS} ports tried is free.")


def is_free(port: int) -> bool:
    try:
        bind_once(port)
    except EngineStartFailed:
        return False
    return True


def bind_once(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise EngineStartFailed(f"Port {port} is taken: {error.strerror}.") from error
