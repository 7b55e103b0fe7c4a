from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from events.actors import Subject, build_command_actor
from events.changes import changes
from events.encryption import reencrypt_rows, register_keys
from events.keyring import KeyringError, get_keyring


class Command(BaseCommand):
    help = "Encrypt every stored secret again with the first key of the keys file."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            register_keys()
        except KeyringError as error:
            raise CommandError(f"{error}; nothing changed.") from error
        rotation = reencrypt_rows()
        with changes(build_command_actor("rotate_keys")) as change:
            change.audit(
                "keyring.rotate",
                Subject("keyring", get_keyring().first.id),
                after={"rows": rotation.counts, "unreadable": rotation.unreadable},
            )
        for label, count in rotation.counts.items():
            self.stdout.write(f"{label}: {count} rows")
        if rotation.unreadable:
            raise CommandError(
                f"These can't be read and were left as they are: {', '.join(rotation.unreadable)}"
            )
        self.stdout.write("Old keys still verify tokens and signed heads made with them; keep their lines.")
