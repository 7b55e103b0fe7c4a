from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from events.actors import build_command_actor
from events.audit import parse_moment
from events.audit_export import ExportFormat, begin_export, iterate_export
from events.audit_reading import Selection

TEXTS = {
    "actor": "id of who acted",
    "actor-kind": "user, service, engine, system or command",
    "group": "a verb's first word, for example permission_request",
    "verb": "the whole verb, for example vote.cast",
    "subject": "id of what was acted on",
    "subject-kind": "kind of what was acted on",
    "door": "admin, api, websocket, relay, task or command",
}
MOMENTS = {"since": "from this time on (ISO 8601 with its offset)", "until": "before this time"}


class Command(BaseCommand):
    help = (
        "Write the audit chain, or a selection of it, to a file that verify_audit checks without a database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a new file; - for the standard output")
        parser.add_argument("--format", choices=ExportFormat.values, default=ExportFormat.JSON_LINES.value)
        for name, explanation in {**TEXTS, **MOMENTS}.items():
            parser.add_argument(f"--{name}", default="", help=explanation)

    def handle(self, *args: Any, **options: Any) -> None:
        texts = {name.replace("-", "_"): options[name.replace("-", "_")] for name in TEXTS}
        moments = {name: read_moment(name, options[name]) for name in MOMENTS}
        selection = Selection(**texts, since=moments["since"], until=moments["until"])
        if options["file"] == "-":
            write_export(sys.stdout.buffer, selection, options["format"])
            return
        path = Path(options["file"])
        try:
            # Whoever may read the file reads the whole log: its owner alone.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                write_export(file, selection, options["format"])
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        self.stdout.write(f"Written to {path}; check it with: manage.py verify_audit --export {path}")


def write_export(file: BinaryIO, selection: Selection, export_format: str) -> None:
    export = begin_export(build_command_actor("export_audit"), selection, export_format)
    file.writelines(iterate_export(export, export_format))


def read_moment(name: str, text: str) -> datetime | None:
    try:
        return parse_moment(text) if text else None
    except ValueError as error:
        raise CommandError(
            f"--{name}: give a time with its offset, for example 2030-01-31T12:00Z."
        ) from error
