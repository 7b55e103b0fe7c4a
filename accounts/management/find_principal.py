from __future__ import annotations

from django.core.management.base import CommandError

from accounts.models import User
from accounts.principal import Principal
from events.actors import Door


def find_principal(username: str) -> Principal:
    """The person on whose behalf a command acts. Raises CommandError."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError("There is no such user.")
    return Principal(user, Door.COMMAND)
