from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from events.encryption import register_keys
from events.keyring import KeyringError
from relay.supervisor import run_supervisors


class Command(BaseCommand):
    help = "Relay for the registered engines in a process of its own, beside `manage.py up --no-relay`."
    requires_system_checks = "__all__"

    def handle(self, *args: Any, **options: Any) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The database is not up to date: run manage.py migrate first.")
        try:
            register_keys()
        except KeyringError as error:
            raise CommandError(str(error)) from error
        connection.close()
        asyncio.run(self.relay())

    async def relay(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        self.stdout.write("Relaying. Stop with Ctrl-C.")
        self.stdout.flush()
        await run_supervisors(stop)
