"""Where something is used, as links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.principal import Principal
from configs.enums import ConfigKind
from configs.pages.doors import Door
from configs.queries import find_uses


@dataclass(frozen=True, slots=True)
class Use:
    name: str
    url: str
    word: str


def list_uses(door: Door, row: Any, principal: Principal) -> list[Use]:
    """What uses it, in its latest or a labelled version, as far as this person sees."""
    return [
        Use(use.name, door.url(use.kind, "show", use.pk), describe_use(row, use))
        for use in find_uses(row, principal)
    ]


def describe_use(row: Any, use: Any) -> str:
    if row.kind == ConfigKind.AGENT:
        return "agent that may call it"
    if row.kind == ConfigKind.PROVIDER:
        return "model"
    is_latest = getattr(use, f"{row.kind}_id") == row.pk
    return "agent" if is_latest else "agent, in an older version with a label"
