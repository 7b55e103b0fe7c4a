from __future__ import annotations

import asyncio
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from deploy.bootstrap import opencode_binary
from relay.demo.environment import DemoError, DemoFolder
from relay.demo.session import DemoRun
from relay.opencode.process import EngineStartFailed, probe_port

DEFAULT_PORT = 8000
# Tells the second process, which has the demo's settings, that its folder is prepared and locked.
PREPARED = "DEMO_PREPARED"
NOT_FETCHED = "it has not been fetched. `make demo` fetches it and says what went wrong."


class Command(BaseCommand):
    help = "Start portal, relay and a real OpenCode server with scripted agents, in a folder of its own."
    # They would look at the data of the deployment around us.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=0, help="loopback port (default 8000, or a free one)")
        parser.add_argument("--folder", type=Path, help="the demo's folder, emptied at each start")
        parser.add_argument("--engine", type=Path, help="an OpenCode binary in place of the fetched one")
        parser.add_argument(
            "--without-engine", action="store_true", help="drive the inbox through the REST door instead"
        )

    def handle(
        self,
        *args: Any,
        port: int,
        folder: Path | None,
        engine: Path | None,
        without_engine: bool,
        **options: Any,
    ) -> None:
        """Become a process with the demo's own settings, then run until a signal."""
        place = DemoFolder((folder or settings.BASE_DIR / "var" / "demo").resolve())
        if os.environ.pop(PREPARED, "") != str(place.root):
            self.begin_again(place, port)
        binary = None if without_engine else engine or opencode_binary()
        run = DemoRun(
            folder=place,
            manage=settings.BASE_DIR / "manage.py",
            public_url=settings.COUNTERSIGN_PUBLIC_URL,
            binary=binary,
            missing="asked to do without." if without_engine else NOT_FETCHED,
            say=self.say,
        )
        try:
            asyncio.run(run.run())
        except* DemoError as group:
            raise CommandError(" ".join(str(error) for error in group.exceptions)) from None
        self.say("Everything has stopped.")

    def begin_again(self, place: DemoFolder, port: int) -> NoReturn:
        """Replace this process by one that reads the demo's settings; it keeps the folder's lock."""
        try:
            chosen = probe_port(port) if port else choose_port()
            place.hold()
            place.begin_anew()
        except (DemoError, EngineStartFailed) as error:
            raise CommandError(str(error)) from None
        environment = {**place.build_environment(os.environ, chosen), PREPARED: str(place.root)}
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)  # noqa: S606 - the same program again

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def choose_port() -> int:
    try:
        return probe_port(DEFAULT_PORT)
    except EngineStartFailed:
        return probe_port(0)
