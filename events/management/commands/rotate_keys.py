from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from events.actors import Subject, build_command_actor
from events.changes import changes
from events.encryption import reencrypt_rows, register_keys
from events.keyring import get_keyring


class Command(BaseCommand):
    help = "Encrypt every stored secret again with the first key of the keys file."

    def handle(self, *args: Any, **options: Any) -> None:
        register_keys()
        counts = reencrypt_rows()
        with changes(build_command_actor("rotate_keys")) as change:
            change.audit("keyring.rotate", Subject("keyring", get_keyring().first.id), after=counts)
        for label, count in counts.items():
            self.stdout.write(f"{label}: {count} rows")
        self.stdout.write("Old keys still verify tokens and signed heads made with them; keep their lines.")
