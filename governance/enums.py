from __future__ import annotations

from django.db import models


class RequestSource(models.TextChoices):
    ENGINE = "engine", "engine"
    API = "api", "API"
    GATE = "gate", "gate"


class RequestState(models.TextChoices):
    PENDING = "pending", "pending"
    APPROVED = "approved", "approved"
    DENIED = "denied", "denied"
    EXPIRED = "expired", "expired"
    CANCELLED = "cancelled", "cancelled"

    @classmethod
    def closed(cls) -> frozenset[str]:
        """Terminal states never change."""
        return frozenset({cls.APPROVED, cls.DENIED, cls.EXPIRED, cls.CANCELLED})

    @property
    def event(self) -> str:
        return f"permission_request.{self.value}"


class Risk(models.TextChoices):
    """How much attention an approval needs; found by fixed rules, only ever raised."""

    NORMAL = "normal", "normal risk"
    HIGH = "high", "high risk"


class Confirmation(models.TextChoices):
    """What a door has asked the person before an approval, beyond the approval itself."""

    HIGH_RISK = "high_risk", "typed the word that an approval of high risk needs"
    PAUSE = "pause", "looked up after many quick approvals"


class SnoozeLength(models.TextChoices):
    """For how long one person puts a request off."""

    QUARTER = "15m", "15 minutes"
    HOUR = "1h", "1 hour"
    TOMORROW = "tomorrow", "until tomorrow morning"


class CloseReason(models.TextChoices):
    """Why a request ended without a person's decision."""

    TIMED_OUT = "timed_out", "nobody answered in time"
    ENGINE_DROPPED = "engine_dropped", "the engine no longer waits for it"
    ENGINE_RESTARTED = "engine_restarted", "the engine restarted"
    SESSION_ABORTED = "session_aborted", "the agent's turn was aborted"
    SESSION_ENDED = "session_ended", "the agent's turn ended"
    SESSION_DELETED = "session_deleted", "the session was deleted"
    SIBLING_DENIED = "sibling_denied", "another request of the session was denied"
    ANSWERED_ELSEWHERE = "answered_elsewhere", "somebody answered it in the engine, past Countersign"
    WITHDRAWN = "withdrawn", "the requester withdrew it"
    ENGINE_RETIRED = "engine_retired", "the engine was retired"


class QuestionState(models.TextChoices):
    """`rejected` by a person; `closed` without one."""

    OPEN = "open", "open"
    ANSWERED = "answered", "answered"
    REJECTED = "rejected", "rejected"
    CLOSED = "closed", "closed"

    @classmethod
    def ended(cls) -> frozenset[str]:
        """Terminal states never change."""
        return frozenset({cls.ANSWERED, cls.REJECTED, cls.CLOSED})

    @property
    def event(self) -> str:
        return f"question.{self.value}"


class Reply(models.TextChoices):
    """The only words an engine ever hears from us: two about a request, two about a question."""

    ONCE = "once", "once"
    REJECT = "reject", "reject"
    ANSWER = "answer", "answer"


class ReplyState(models.TextChoices):
    QUEUED = "queued", "waiting to be sent"
    SENT = "sent", "sent"
    CONFIRMED = "confirmed", "confirmed by the engine"
    ORPHANED = "orphaned", "did not reach a waiting tool call"
    FAILED = "failed", "the engine refused it"

    @classmethod
    def open(cls) -> frozenset[str]:
        return frozenset({cls.QUEUED, cls.SENT})

    @classmethod
    def ended(cls) -> frozenset[str]:
        return frozenset({cls.CONFIRMED, cls.ORPHANED, cls.FAILED})


class StoredRuleKind(models.TextChoices):
    """Which of the two kinds of stored rule."""

    ACTION = "action", "rule"
    TARGET = "target", "path rule"


class RuleKind(models.TextChoices):
    STRICT = "strict", "exactly this"
    PATTERN = "pattern", "pattern"


class RuleEffect(models.TextChoices):
    ALLOW = "allow", "allow"
    ASK = "ask", "ask"
    DENY = "deny", "deny"


class TargetEffect(models.TextChoices):
    ALLOW = "allow", "allow"
    DENY = "deny", "deny"


class RuleMode(models.TextChoices):
    """An observed rule only counts what it would have decided."""

    OBSERVE = "observe", "observe"
    ENFORCE = "enforce", "enforce"


class RuleState(models.TextChoices):
    """Only an active rule applies to anything; a retired one never changes again."""

    DRAFT = "draft", "draft"
    IN_REVIEW = "in_review", "waits for a second person"
    ACTIVE = "active", "on"
    OFF = "off", "off"
    RETIRED = "retired", "retired"

    @classmethod
    def live(cls) -> frozenset[str]:
        return frozenset(cls.values) - {cls.RETIRED}


class ReplayState(models.TextChoices):
    RUNNING = "running", "under way"
    DONE = "done", "done"


class ProposalState(models.TextChoices):
    OPEN = "open", "open"
    ACCEPTED = "accepted", "accepted"
    DISMISSED = "dismissed", "dismissed"


class GateCallState(models.TextChoices):
    """Where a tool call stands that the plugin in the engine asked about before it ran."""

    PASSED = "passed", "left to the engine's own request"
    HELD = "held", "held until a verdict"
    RELEASED = "released", "allowed to run"
    REFUSED = "refused", "refused"
    ENDED = "ended", "over"

    @classmethod
    def closed(cls) -> frozenset[str]:
        """Nothing runs on these any more."""
        return frozenset({cls.REFUSED, cls.ENDED})


class GateStanding(models.TextChoices):
    """Whether the second gate of an engine stands; anything but the last two stops automatic approvals."""

    NONE = "none", "no gate"
    SILENT = "silent", "gate not heard of"
    UNGATED = "ungated", "ungated"
    GATED = "gated", "gated"
    WAIVED = "waived", "no gate, by an owner's word"

    @classmethod
    def trusted(cls) -> frozenset[str]:
        return frozenset({cls.GATED, cls.WAIVED})
