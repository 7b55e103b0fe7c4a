from __future__ import annotations

from django.db import models


class ServerState(models.TextChoices):
    """Of a server: how far its first request is, or how what was approved stands."""

    REQUESTED = "requested", "requested"
    CHECKING = "checking", "being checked"
    NEEDS_REVIEW = "needs_review", "needs review"
    TRIAL = "trial", "on trial"
    APPROVED = "approved", "approved"
    ACTIVE = "active", "active"
    DRIFTED = "drifted", "drifted"
    SUSPENDED = "suspended", "suspended"
    REVOKED = "revoked", "revoked"
    REJECTED = "rejected", "rejected"
    WITHDRAWN = "withdrawn", "withdrawn"

    @classmethod
    def unapproved(cls) -> frozenset[str]:
        """Nothing of it was ever approved; the state follows its request's."""
        return frozenset({cls.REQUESTED, cls.CHECKING, cls.NEEDS_REVIEW, cls.TRIAL})

    @classmethod
    def approvable(cls) -> frozenset[str]:
        """Something of it was approved, and it has not ended."""
        return frozenset({cls.APPROVED, cls.ACTIVE, cls.DRIFTED, cls.SUSPENDED})

    @classmethod
    def enabled(cls) -> frozenset[str]:
        """Engines may run it."""
        return frozenset({cls.APPROVED, cls.ACTIVE})

    @classmethod
    def ended(cls) -> frozenset[str]:
        """Terminal; the name is free for another server."""
        return frozenset({cls.REVOKED, cls.REJECTED, cls.WITHDRAWN})

    @property
    def event(self) -> str:
        return f"mcp_server.{self.value}"


class RequestState(models.TextChoices):
    REQUESTED = "requested", "requested"
    CHECKING = "checking", "being checked"
    NEEDS_REVIEW = "needs_review", "needs review"
    TRIAL = "trial", "on trial"
    APPROVED = "approved", "approved"
    REJECTED = "rejected", "rejected"
    WITHDRAWN = "withdrawn", "withdrawn"
    SUPERSEDED = "superseded", "superseded"

    @classmethod
    def open(cls) -> frozenset[str]:
        return frozenset({cls.REQUESTED, cls.CHECKING, cls.NEEDS_REVIEW, cls.TRIAL})

    @classmethod
    def closed(cls) -> frozenset[str]:
        """Terminal states never change."""
        return frozenset(cls.values) - cls.open()

    @classmethod
    def claimable(cls) -> frozenset[str]:
        """What the worker works on."""
        return frozenset({cls.REQUESTED, cls.CHECKING, cls.TRIAL})

    @property
    def event(self) -> str:
        return f"mcp_server.{self.value}"


class RequestSource(models.TextChoices):
    FORM = "form", "form"
    API = "api", "API"
    IMPORT = "import", "import"


class CheckOutcome(models.TextChoices):
    """Never "clean" for what could not be looked at."""

    PASSED = "passed", "passed"
    FINDING = "finding", "finding"
    NOT_CHECKED = "not_checked", "not checked"


class Severity(models.TextChoices):
    INFO = "info", "info"
    LOW = "low", "low"
    HIGH = "high", "high: approving needs a typed confirmation"
    BLOCKING = "blocking", "blocking: can't be approved"


class ProbeState(models.TextChoices):
    QUEUED = "queued", "waiting"
    FETCHING = "fetching", "fetching the package"
    STARTING = "starting", "starting the server"
    LISTING = "listing", "listing what it offers"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    NOT_RUN = "not_run", "not run"

    @classmethod
    def running(cls) -> frozenset[str]:
        return frozenset({cls.QUEUED, cls.FETCHING, cls.STARTING, cls.LISTING})

    @classmethod
    def ended(cls) -> frozenset[str]:
        return frozenset(cls.values) - cls.running()


class ProbeCause(models.TextChoices):
    REQUEST = "request", "a request"
    TRIAL = "trial", "a trial"
    ENGINE_START = "engine_start", "an engine's start"
    TOOLS_CHANGED = "tools_changed", "an engine saw other tools"
    BY_HAND = "by_hand", "by hand"


class SecretKind(models.TextChoices):
    """As `McpServerContent.secret_names` says it."""

    ENVIRONMENT = "env", "environment variable"
    HEADER = "header", "header"


class EngineWish(models.TextChoices):
    """Whether an engine shall run a server."""

    ON = "on", "on"
    OFF = "off", "off"


class IncidentKind(models.TextChoices):
    UNKNOWN_SERVER = "unknown_server", "a server that nobody approved"
    SWITCHED_ON = "switched_on", "a server that shall be off runs"
    CHANGED = "changed", "a server is not what was approved"
    NOT_STOPPED = "not_stopped", "a server could not be switched off"


class IncidentState(models.TextChoices):
    OPEN = "open", "open"
    ACKNOWLEDGED = "acknowledged", "acknowledged"
