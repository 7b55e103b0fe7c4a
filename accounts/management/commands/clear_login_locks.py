from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.addresses import read_network
from accounts.domain.login_throttles import clear_locks, list_locks
from events.actors import build_command_actor


class Command(BaseCommand):
    help = "List the login locks that stand, or clear those of one account, of one address, or all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--username", help="clear the locks of this account")
        which.add_argument("--address", help="clear the locks of this address")
        which.add_argument("--all", action="store_true", help="clear every lock")

    def handle(self, *args: Any, username: str | None, address: str | None, **options: Any) -> None:
        locks = list_locks(timezone.now())
        if not (username or address or options["all"]):
            for lock in locks:
                ends = lock.locked_until.isoformat(timespec="seconds") if lock.locked_until else ""
                who = lock.user.username if lock.user else "-"
                self.stdout.write(f"{lock.kind} {who} {lock.address or '-'} until {ends}")
            return
        if username:
            locks = [lock for lock in locks if lock.user and lock.user.username == username]
        if address:
            locks = [lock for lock in locks if lock.address == read_network(address)]
        if not locks:
            raise CommandError("No such lock stands.")
        count = clear_locks(actor=build_command_actor("clear_login_locks"), throttles=locks)
        self.stdout.write(f"Cleared: {count}")
