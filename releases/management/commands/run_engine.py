from __future__ import annotations

import os
import signal
import threading
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deploy.bootstrap import opencode_binary
from engines.management.password_files import read_password
from relay.opencode.process import EngineProcess, EngineStartFailed

PAUSE_S = 2.0
WATCH_S = 0.2
# Until the first release comes: everything is asked about.
FIRST_CONFIG = {"$schema": "https://opencode.ai/config.json", "share": "disabled", "permission": {"*": "ask"}}


class Command(BaseCommand):
    help = "Run an OpenCode server in a folder of its own, and start it again whenever it has ended."
    # It needs no database: it may be started before the portal, and goes on while that is away.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="its folder: configuration, data, log; made if missing")
        parser.add_argument("--project", type=Path, required=True, help="the project it works on")
        parser.add_argument("--port", type=int, required=True, help="loopback port")
        parser.add_argument("--password-file", type=Path, required=True, help="holds the server's password")
        parser.add_argument("--binary", type=Path, help="an OpenCode binary in place of the fetched one")
        parser.add_argument(
            "--pass",
            dest="passed",
            action="append",
            default=[],
            metavar="NAME",
            help="pass this variable of the environment on, such as a model provider's key; can be repeated",
        )

    def handle(
        self,
        *args: Any,
        folder: Path,
        project: Path,
        port: int,
        password_file: Path,
        binary: Path | None,
        passed: list[str],
        **options: Any,
    ) -> None:
        found = binary or opencode_binary()
        if found is None:
            raise CommandError(
                "There is no OpenCode binary: make demo fetches one; or name yours with --binary."
            )
        if not project.is_dir():
            raise CommandError(f"There is no folder {project}.")
        if missing := [name for name in passed if name not in os.environ]:
            raise CommandError(f"The environment has no {', '.join(missing)}.")
        root = folder.absolute()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        engine = EngineProcess(
            found,
            root,
            project.absolute(),
            None,
            environment={name: os.environ[name] for name in passed},
            password=read_password(password_file),
            port=port,
        )
        if not (engine.config_dir / "opencode.json").exists():
            engine.config = FIRST_CONFIG
        self.keep(engine)

    def keep(self, engine: EngineProcess) -> None:
        """Until a signal. Whoever wants it restarted ends its process."""
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: stop.set())
        try:
            while not stop.is_set():
                self.start(engine)
                while engine.is_running and not stop.is_set():
                    time.sleep(WATCH_S)
                if not stop.is_set():
                    self.say("The engine has ended; starting it again.")
                    stop.wait(PAUSE_S)
        finally:
            engine.stop()
        self.say("The engine has stopped.")

    def start(self, engine: EngineProcess) -> None:
        """Raises CommandError when it can't be started at all."""
        try:
            engine.launch()
        except (EngineStartFailed, OSError) as error:
            raise CommandError(f"The engine can't be started: {error}") from error
        # What the folder holds from now on, a release or a person put there.
        engine.config = None
        self.say(f"The engine runs at {engine.address}, in {engine.root}.")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
