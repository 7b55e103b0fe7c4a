from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Team
from accounts.queries import list_admitted_ssh_keys
from accounts.ssh.authorized_keys import render


class Command(BaseCommand):
    """For sshd's AuthorizedKeysCommand. It prints nothing, and fails, rather than too much."""

    # Somebody waits for the login: what the checks look at is none of this command's business.
    requires_system_checks: tuple[str, ...] = ()
    help = "Print the SSH keys that may log in as an account now, as sshd reads them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "user", metavar="USER", help="the account that somebody logs in as (sshd's %%u): a username here"
        )
        parser.add_argument(
            "--team", default="", help="only who may log in to this team's sandbox, by its name"
        )
        parser.add_argument(
            "--shared",
            metavar="ACCOUNT",
            default="",
            help="when USER is this account, the keys of everybody in --team, not of one person",
        )

    def handle(self, *args: Any, user: str, team: str, shared: str, **options: Any) -> None:
        if shared and not team:
            raise CommandError("--shared needs --team: nobody's account is everybody's.")
        keys = list_admitted_ssh_keys(now=timezone.now(), team=find_team(team) if team else None)
        if not shared or user != shared:
            # An account of the machine that is nobody's here has no keys: sshd asks for those as well.
            keys = keys.filter(user__username=user)
        self.stdout.write(render(keys), ending="")


def find_team(name: str) -> Team:
    team = Team.objects.filter(name=name, retired_at=None).first()
    if team is None:
        raise CommandError("There is no such team.")
    return team
