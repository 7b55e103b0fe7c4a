"""Which agents and models the composer offers: what the team has in production, and the engine's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from chats.models import OutgoingMessage
from configs.enums import AgentMode, ConfigKind, KnownLabel
from configs.models import ConfigLabel
from configs.queries import list_usable
from engines.enums import EngineKind
from engines.models import Chat, Engine
from events.text import make_visible

# Agents that every engine of a kind has without being configured, and that people talk to.
OWN_AGENTS = {EngineKind.OPENCODE: ("build", "plan")}
MAX_OFFERED = 200


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    words: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen for the next message; the first of each is to leave it as it is."""

    agents: list[Option]
    models: list[Option]
    variant: str = ""


def build_choices(engine: Engine, *, agent: str = "", model: str = "", variant: str = "") -> Choices:
    """`agent` and `model` ("provider/identifier") are those chosen now, offered whatever is configured."""
    names = list(
        list_released(ConfigKind.AGENT, engine)
        .filter(is_disabled=False, is_hidden=False)
        .exclude(mode=AgentMode.SUBAGENT)
        .values_list("name", flat=True)[:MAX_OFFERED]
    )
    own = [name for name in OWN_AGENTS.get(EngineKind(engine.kind), ()) if name not in names]
    keys = list(
        list_released(ConfigKind.MODEL, engine)
        .filter(is_enabled=True)
        .values_list("key", flat=True)[:MAX_OFFERED]
    )
    return Choices(
        agents=build_options("the engine's default agent", [*names, *own], agent),
        models=build_options("the agent's own model", keys, model),
        variant=variant,
    )


def list_released(kind: str, engine: Engine) -> QuerySet[Any]:
    labels = ConfigLabel.objects.filter(kind=kind, object_id=OuterRef("pk"), name=KnownLabel.PRODUCTION)
    return list_usable(kind, engine.team_id).filter(Exists(labels))


def build_options(nothing: str, values: list[str], chosen: str) -> list[Option]:
    offered = list(dict.fromkeys([*values, *([chosen] if chosen else [])]))
    return [
        Option("", nothing, not chosen),
        *(Option(value, make_visible(value), value == chosen) for value in offered),
    ]


def build_chat_choices(chat: Chat) -> Choices:
    """As the chat's last message from here was sent."""
    last = OutgoingMessage.objects.filter(chat=chat).order_by("-position").first()
    if last is None:
        return build_choices(chat.engine, agent=chat.agent)
    model = f"{last.provider}/{last.model}" if last.model else ""
    return build_choices(chat.engine, agent=last.agent or chat.agent, model=model, variant=last.variant)


def split_model(value: str) -> tuple[str, str]:
    """("provider", "identifier"); both "" for none."""
    provider, _, identifier = value.strip().partition("/")
    return provider, identifier
