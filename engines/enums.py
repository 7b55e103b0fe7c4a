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
    """What was delegated; a CAO terminal that no other asked for, and a workflow's run, begin trees."""

    OPENCODE_TASK = "opencode_task", "OpenCode task"
    CAO_TERMINAL = "cao_terminal", "CAO terminal"
    CAO_ASSIGN = "cao_assign", "CAO assignment"
    CAO_HANDOFF = "cao_handoff", "CAO handoff"
    CAO_WORKFLOW_RUN = "cao_workflow_run", "CAO workflow run"
    CAO_WORKFLOW_STEP = "cao_workflow_step", "CAO workflow step"
    CAO_FLOW = "cao_flow", "CAO flow"

    @classmethod
    def terminals(cls) -> frozenset[str]:
        """Those that are a terminal of a CAO server: what can be asked about and stopped."""
        return frozenset({cls.CAO_TERMINAL, cls.CAO_ASSIGN, cls.CAO_HANDOFF, cls.CAO_FLOW})


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
