"""Who acts, as the log knows it: text only, so that history never depends on a live row."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models


class ActorKind(models.TextChoices):
    USER = "user", "person"
    SERVICE = "service", "service account"
    ENGINE = "engine", "engine"
    SYSTEM = "system", "Countersign"
    COMMAND = "command", "command line"
    RULE = "rule", "rule"


class Door(models.TextChoices):
    ADMIN = "admin", "admin"
    API = "api", "API"
    WEBSOCKET = "websocket", "websocket"
    RELAY = "relay", "relay"
    TASK = "task", "task"
    COMMAND = "command", "command line"
    RULE = "rule", "rule"
    GATE = "gate", "gate"
    MCP = "mcp", "MCP endpoint"


@dataclass(frozen=True, slots=True)
class Actor:
    """`label` is what a person reads; it never enters hashed text, so a name can be erased."""

    kind: str
    id: str
    door: str
    label: str = ""

    @property
    def is_authenticated(self) -> bool:
        return self.kind in {ActorKind.USER, ActorKind.SERVICE}


def actor_columns(actor: Actor, prefix: str) -> dict[str, str]:
    """`<prefix>_kind`, `_id` and `_label` of a row that keeps who did something."""
    return {f"{prefix}_kind": actor.kind, f"{prefix}_id": actor.id, f"{prefix}_label": actor.label[:200]}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is acted on: `kind` is the snake_case name of the model, `id` its key."""

    kind: str
    id: str


RELAY_ACTOR = Actor(ActorKind.SYSTEM, "relay", Door.RELAY, "Countersign relay")
CLOCK_ACTOR = Actor(ActorKind.SYSTEM, "clock", Door.TASK, "Countersign clock")


def build_command_actor(name: str) -> Actor:
    """The operator at the machine's command line; `name` is the command."""
    return Actor(ActorKind.COMMAND, name, Door.COMMAND, f"manage.py {name}")
