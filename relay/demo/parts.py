"""Apps further right put their own part into the demo's database."""

from __future__ import annotations

from collections.abc import Callable

from accounts.principal import Principal
from engines.models import Engine

# (the demo's person, its engine, the address of its scripted model): before the engine starts.
Part = Callable[[Principal, Engine, str], None]

_parts: list[Part] = []


def register_part(part: Part) -> None:
    if part not in _parts:
        _parts.append(part)


def seed_parts(person: Principal, engine: Engine, model_url: str) -> None:
    for part in _parts:
        part(person, engine, model_url)
