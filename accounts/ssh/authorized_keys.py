"""What sshd reads (sshd(8), AUTHORIZED_KEYS FILE FORMAT): one line for each key, the same options for all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

# A terminal and nothing else: no forwarding of ports, agent or X11, and no ~/.ssh/rc.
OPTIONS = "restrict,pty"


class KeyLine(Protocol):
    """A key that `read_public_key` has read, and whose it is."""

    @property
    def public_key(self) -> str: ...

    @property
    def user_id(self) -> str: ...


def render(keys: Iterable[KeyLine]) -> str:
    """One line each, the user's id as its comment; "" for none, which lets nobody in."""
    return "".join(f"{OPTIONS} {key.public_key} {key.user_id}\n" for key in keys)
