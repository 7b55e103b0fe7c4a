"""The secret key of a deployment that nobody gave one: made once, for loopback only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from portal.env import read_secret_file

SECRET_KEY_BYTES = 48


def read_or_make_secret_key(path: Path) -> str:
    """The key in `path`; a missing file is made with mode 0600, once, whoever else is starting."""
    if not path.exists():
        make_secret_key_file(path)
    return read_secret_file("The secret key file", path)


def make_secret_key_file(path: Path) -> None:
    """Write beside, then link: another process sees no file or a whole one, and the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(SECRET_KEY_BYTES) + "\n")
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first; its key is the key
    finally:
        draft.unlink()
