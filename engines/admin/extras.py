"""Apps further right add buttons to an engine's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.admin.base import Button
from accounts.principal import Principal
from engines.models import Engine

# (model admin, request, engine): what a press does; errors of the domain become answers.
Press = Callable[[Any, HttpRequest, Engine], HttpResponse]


@dataclass(frozen=True, slots=True)
class EngineExtra:
    """One button. `build(principal, engine, url)` returns None where it has no place.

    A press is one transaction, unless `is_atomic` is False: one that asks somebody over the network.
    """

    slug: str
    press: Press
    build: Callable[[Principal, Engine, str], Button | None]
    is_atomic: bool = True


_extras: list[EngineExtra] = []


def register_extra(extra: EngineExtra) -> None:
    if extra not in _extras:
        _extras.append(extra)


def list_extras() -> tuple[EngineExtra, ...]:
    return tuple(_extras)
