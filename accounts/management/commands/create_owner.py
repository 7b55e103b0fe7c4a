from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from accounts.domain.login_links import create_login_link
from accounts.domain.users import create_user
from accounts.models import User
from events.actors import build_command_actor
from events.errors import DomainError
from events.management.readiness import require_ready_database


class Command(BaseCommand):
    help = "Create an owner (or a new login link for an existing one) and print a one-use login link."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        actor = build_command_actor("create_owner")
        require_ready_database()
        user = User.objects.filter(username=username).first()
        try:
            if user is None:
                user = create_user(actor=actor, username=username, is_superuser=True)
            elif not user.is_superuser:
                raise CommandError(f"{username} exists and is not an owner; nothing changed.")
            made = create_login_link(actor=actor, user=user)
        except DomainError as error:
            raise CommandError(str(error)) from error
        path = reverse("login-link", args=[made.secret])
        self.stdout.write(f"Open within 15 minutes, once: {settings.COUNTERSIGN_PUBLIC_URL}{path}")
