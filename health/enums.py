from __future__ import annotations

from django.db import models


class Component(models.TextChoices):
    """What kind of part a check is about."""

    DATABASE = "database", "database"
    CHANNEL_LAYER = "channel_layer", "hints between processes"
    ENGINE = "engine", "engine"
    EVENT_STREAM = "event_stream", "event stream"
    GATE = "gate", "gate"
    RELAY = "relay", "relay"
    TASK = "task", "background task"
    CAO = "cao", "CAO server"
    DISK = "disk", "disk"
    MCP_SERVER = "mcp_server", "MCP server"


class HealthState(models.TextChoices):
    """From well to worst, in this order but for `starting`, which says nothing yet."""

    STARTING = "starting", "starting"
    READY = "ready", "ready"
    DEGRADED = "degraded", "degraded"
    OFFLINE = "offline", "offline"
    ERROR = "error", "error"

    @classmethod
    def alarming(cls) -> frozenset[str]:
        """What people are told of on every page."""
        return frozenset({cls.OFFLINE, cls.ERROR})

    @property
    def rank(self) -> int:
        """How bad it is: a whole is as its worst part."""
        return RANKS[self]


RANKS = {
    HealthState.READY: 0,
    HealthState.STARTING: 1,
    HealthState.DEGRADED: 2,
    HealthState.OFFLINE: 3,
    HealthState.ERROR: 4,
}
