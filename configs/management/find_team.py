from __future__ import annotations

from django.core.management.base import CommandError

from accounts.models import Team


def find_team(name: str) -> Team:
    """The live team of this name. Raises CommandError."""
    team = Team.objects.filter(name=name, retired_at=None).first()
    if team is None:
        raise CommandError("There is no such team.")
    return team
