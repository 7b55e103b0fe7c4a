"""The first look at an engine, before its address or credentials are stored.

The wire stands further right: `relay` registers how an engine of each kind is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from events.errors import Invalid


@dataclass(frozen=True, slots=True)
class FirstLook:
    """`warnings` are sentences about what its agents may do without a request."""

    version: str
    warnings: list[str]


# (address, user name, password, directories); raises Invalid with what is wrong and what to do.
Inspector = Callable[[str, str, str, Sequence[str]], FirstLook]
_inspectors: dict[str, Inspector] = {}


def register_inspector(kind: str, inspector: Inspector) -> None:
    _inspectors[kind] = inspector


def look_at_engine(
    *, kind: str, address: str, username: str, password: str, directories: Sequence[str]
) -> FirstLook:
    """Ask the engine itself, over the network: never inside a transaction. Raises Invalid."""
    inspector = _inspectors.get(kind)
    if inspector is None:
        raise Invalid(f"Engines of the kind {kind!r} can't be looked at here.")
    return inspector(address, username, password, directories)
