"""Where something is used, as links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from configs.enums import ConfigKind
from configs.pages.doors import Door
from configs.queries import find_uses


@dataclass(frozen=True, slots=True)
class Use:
    name: str
    url: str
    word: str


def list_uses(door: Door, row: Any) -> list[Use]:
    """The agents that use it, in their latest or a labelled version."""
    field = {ConfigKind.PROMPT: "prompt_id", ConfigKind.MODEL: "model_id"}[row.kind]
    return [
        Use(
            agent.name,
            door.url(ConfigKind.AGENT, "show", agent.pk),
            "agent" if getattr(agent, field) == row.pk else "agent, in an older version with a label",
        )
        for agent in find_uses(row)
    ]
