from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from events.encryption import register_keys
from events.keyring import KeyringError, make_keys_file
from portal.binding import Bind, parse_bind, refuse_unready_bind
from portal.env import SettingError


class Command(BaseCommand):
    help = "Serve Countersign: the portal, the live hub and the relay in one process."
    # They run once the database is migrated.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", help="address to listen on, host:port (default COUNTERSIGN_BIND)")
        parser.add_argument("--no-relay", action="store_true", help="leave engines to `manage.py relay`")

    def handle(self, *args: Any, bind: str | None, no_relay: bool, **options: Any) -> None:
        """Prepare what is missing, say so, and serve until a signal."""
        address = self.read_bind(bind)
        self.make_keys()
        self.migrate()
        self.compare_keys()
        self.check(databases=[connection.alias])
        has_people = User.objects.filter(is_active=True).exists()
        # The server's threads open connections of their own.
        connections.close_all()

        # Imported here: it installs the server's event loop in this process.
        from portal.application import build_application
        from portal.server import PortalServer

        def announce(listening: Bind) -> None:
            self.announce(listening, has_people=has_people)

        application = build_application(with_relay=settings.COUNTERSIGN_RELAY and not no_relay)
        exit_code = PortalServer(application, address, on_listening=announce).serve()
        if exit_code:
            raise SystemExit(exit_code)

    def read_bind(self, bind: str | None) -> Bind:
        try:
            address = parse_bind(bind) if bind else settings.COUNTERSIGN_BIND
            refuse_unready_bind(address, given=settings.COUNTERSIGN_GIVEN, debug=settings.DEBUG)
        except SettingError as error:
            raise CommandError(str(error)) from error
        return address

    def make_keys(self) -> None:
        path = Path(settings.COUNTERSIGN_KEYS_FILE)
        if not path.exists():
            make_keys_file(path)
            self.say(f"Made the deployment's keys in {path}. Back this file up, apart from the database.")

    def compare_keys(self) -> None:
        """Data that nobody here can read must stop the start, not fail later one row at a time."""
        try:
            register_keys()
        except KeyringError as error:
            raise CommandError(f"{settings.COUNTERSIGN_KEYS_FILE}: {error}") from error

    def migrate(self) -> None:
        try:
            executor = MigrationExecutor(connection)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        if plan:
            self.say(f"Bringing the database up to date: {len(plan)} migrations.")
            call_command("migrate", interactive=False, verbosity=0)

    def announce(self, listening: Bind, *, has_people: bool) -> None:
        is_default = listening == settings.COUNTERSIGN_BIND
        address = settings.COUNTERSIGN_PUBLIC_URL if is_default else f"http://{listening}"
        self.say(f"Countersign is at {address}/ (stop with Ctrl-C).")
        if not has_people:
            self.say(
                "Nobody can log in yet. In another terminal, make the owner and get a one-use login link:"
            )
            self.say("    .venv/bin/python manage.py create_owner NAME")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
