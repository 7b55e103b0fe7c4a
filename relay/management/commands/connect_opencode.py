from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Team
from engines.domain.registry import normalize_address, register_engine
from engines.management.password_files import read_password
from engines.models import Engine
from events.actors import build_command_actor
from events.errors import DomainError
from events.management.readiness import require_ready_database
from relay.gate_install import check_place, describe_steps, install_gate
from relay.inspection import OWN_FOLDER, TESTED_VERSION, EngineUnfit, Inspection, inspect_engine
from relay.opencode.project_files import check_project_files
from relay.shell_check import check_shell

NO_GATE = (
    "It has no gate: what its rules let through is not asked about, and nothing of it is approved"
    " automatically. Install one: manage.py install_gate {engine} --folder FOLDER"
)


class Command(BaseCommand):
    help = "Register an OpenCode server after checking it, and say what its rules let through unasked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url", help="http://host:port of the server")
        parser.add_argument("--team", required=True, help="name of the team that its requests belong to")
        parser.add_argument("--name", default="", help="how people will know it (default: its host and port)")
        parser.add_argument("--username", default="opencode")
        parser.add_argument("--password-file", type=Path, help="file that holds the server's password")
        parser.add_argument(
            "--gate-folder",
            type=Path,
            help="the server's OPENCODE_CONFIG_DIR, or a folder to be copied there: gets the gate's plugin",
        )
        parser.add_argument(
            "--portal", default="", help="this portal's address for the server's host (default: public)"
        )
        parser.add_argument(
            "--without-shell-check",
            action="store_true",
            help="do not run a command on the server to see whether its agents could read its credentials",
        )
        parser.add_argument(
            "--directory",
            action="append",
            default=[],
            help="absolute path of a project folder on the server, besides those it reports; can be repeated",
        )

    def handle(
        self,
        *args: Any,
        url: str,
        team: str,
        name: str,
        username: str,
        password_file: Path | None,
        directory: list[str],
        gate_folder: Path | None,
        portal: str,
        without_shell_check: bool,
        **options: Any,
    ) -> None:
        """Nothing is registered when a check fails."""
        require_ready_database()
        password = read_password(password_file) if password_file else ""
        owner = Team.objects.filter(name=team, retired_at=None).first()
        if owner is None:
            names = ", ".join(Team.objects.filter(retired_at=None).values_list("name", flat=True))
            raise CommandError(f"There is no team {team!r}. Teams: {names or 'none yet'}.")
        try:
            address = normalize_address(url)
            portal = portal or settings.COUNTERSIGN_PUBLIC_URL
            if gate_folder is not None:
                check_place(gate_folder, portal)
            inspection = inspect_engine(address, username, password, directory)
            engine = register_engine(
                actor=build_command_actor("connect_opencode"),
                team=owner,
                name=name or address.partition("://")[2],
                address=address,
                username=username,
                password=password,
                directories=directory,
                version=inspection.version,
            )
        except (DomainError, EngineUnfit) as error:
            raise CommandError(f"{error} Nothing was registered.") from error
        self.report(engine, inspection)
        if gate_folder is not None:
            self.install(engine, gate_folder, portal)
        else:
            self.stdout.write(self.style.WARNING(NO_GATE.format(engine=engine.pk)))
        if warning := check_project_files(address, username, password):
            self.stdout.write(self.style.ERROR(warning))
        if not without_shell_check:
            place = directory[0] if directory else OWN_FOLDER
            check = check_shell(address, username, password, place, gate_folder)
            style = self.style.SUCCESS if check.is_safe else self.style.WARNING
            self.stdout.write(style(check.describe()))

    def install(self, engine: Engine, folder: Path, portal: str) -> None:
        """The engine stays registered, and ungated, when its gate can't be installed."""
        actor = build_command_actor("connect_opencode")
        try:
            install_gate(actor=actor, engine=engine, folder=folder, portal=portal)
        except (DomainError, OSError) as error:
            raise CommandError(f"{error} {NO_GATE.format(engine=engine.pk)}") from error
        self.stdout.write(self.style.SUCCESS(f"Installed its gate in {folder}."))
        for step in describe_steps(folder):
            self.stdout.write(step)

    def report(self, engine: Engine, inspection: Inspection) -> None:
        self.stdout.write(
            self.style.SUCCESS(f"Registered {engine.name} (OpenCode {inspection.version}) for {engine.team}.")
        )
        if not inspection.is_tested:
            self.stdout.write(
                self.style.WARNING(
                    f"Countersign is tested with OpenCode {TESTED_VERSION}; another version may behave"
                    " differently where it matters."
                )
            )
        if not engine.password:
            self.stdout.write(
                self.style.WARNING("It has no password: whoever reaches its port can answer its requests.")
            )
        for line in inspection.unasked:
            self.stdout.write(self.style.WARNING(line))
