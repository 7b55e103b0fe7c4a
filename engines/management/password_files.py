"""An engine's password comes from a file, never from the command line, where every process could read it."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import CommandError

MAX_PASSWORD_BYTES = 4096


def read_password(path: Path) -> str:
    """The file's one line. Raises CommandError."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_PASSWORD_BYTES + 1)
        password = content.decode().strip()
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8 text.") from error
    if not password or len(content) > MAX_PASSWORD_BYTES or "\n" in password:
        raise CommandError(f"{path} must hold one line with the password.")
    return password
