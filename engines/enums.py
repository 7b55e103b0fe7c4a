from __future__ import annotations

from django.db import models


class EngineKind(models.TextChoices):
    OPENCODE = "opencode", "OpenCode"


class EngineState(models.TextChoices):
    """What the relay last saw. `unknown` until a relay has looked."""

    UNKNOWN = "unknown", "not seen yet"
    CONNECTING = "connecting", "connecting"
    ONLINE = "online", "online"
    DEGRADED = "degraded", "degraded"
    OFFLINE = "offline", "offline"
    UNAUTHORIZED = "unauthorized", "credentials refused"


class EngineControl(models.TextChoices):
    """Who can restart the engine's process."""

    CHILD = "child", "Countersign starts it"
    AGENT = "agent", "an agent beside it"
    NONE = "none", "by hand"


class Turn(models.TextChoices):
    USER = "user", "the user's turn"
    ASSISTANT = "assistant", "the agent's turn"


class SessionState(models.TextChoices):
    """The engine's word on a session, as last seen."""

    IDLE = "idle", "idle"
    BUSY = "busy", "working"
    RETRY = "retry", "waiting for the model provider"
    DELETED = "deleted", "deleted in the engine"
    UNKNOWN = "unknown", "unknown"


class MessageRole(models.TextChoices):
    USER = "user", "user"
    ASSISTANT = "assistant", "assistant"
    SYSTEM = "system", "system"


class UserMessageStatus(models.TextChoices):
    PENDING = "pending", "pending"
    SENDING = "sending", "sending"
    DELIVERED = "delivered", "delivered"
    FAILED = "failed", "failed"


class EngineMessageStatus(models.TextChoices):
    PROCESSING = "processing", "processing"
    COMPLETED = "completed", "completed"
    FAILED = "failed", "failed"
    ABORTED = "aborted", "aborted"

    @classmethod
    def finished(cls) -> frozenset[str]:
        """A finished status is never lowered by a late event."""
        return frozenset({cls.COMPLETED, cls.FAILED, cls.ABORTED})


class SubagentKind(models.TextChoices):
    OPENCODE_TASK = "opencode_task", "OpenCode task"


class SubagentStatus(models.TextChoices):
    QUEUED = "queued", "queued"
    STARTING = "starting", "starting"
    RUNNING = "running", "running"
    WAITING_HUMAN = "waiting_human", "waiting for a person"
    COMPLETED = "completed", "completed"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"
    LOST = "lost", "lost"

    @classmethod
    def ended(cls) -> frozenset[str]:
        """Terminal: a late event may fill missing fields, never reopen."""
        return frozenset({cls.COMPLETED, cls.FAILED, cls.CANCELLED, cls.LOST})
