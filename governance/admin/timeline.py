"""A request's story: its audit entries, with what votes and replies add to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from events.actors import ActorKind
from events.models import AuditEntry
from governance.enums import CloseReason
from governance.models import PermissionRequest
from reviews.models import Vote


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story. `quote` is a person's own words; `n` and `hash` are its link of the chain."""

    at: datetime
    icon: str
    tone: str
    sentence: str
    quote: str
    n: int
    hash: str


# verb -> (icon, tone, sentence); `{who}` is the actor.
PLAIN: dict[str, tuple[str, str, str]] = {
    "permission_request.ask": ("hand", "info", "{who} asked"),
    "permission_request.view_full": ("eye", "quiet", "{who} read the full content, which holds secrets"),
    "permission_request.claim": ("eye", "info", "{who} looks at it"),
    "permission_request.release": ("eye", "quiet", "Nobody says any more that they look at it"),
    "permission_request.comment": ("chat", "info", "{who} commented"),
    "permission_request.snooze": ("clock", "quiet", "{who} put it off for themselves"),
    "permission_request.unsnooze": ("clock", "quiet", "{who} took it up again"),
    "reply.queue": ("clock", "quiet", "Reply put into the outbox"),
    "reply.accepted": ("send", "quiet", "The engine accepted the reply"),
    "reply.confirmed": ("check", "ok", "The engine confirmed it"),
    "engine.incident": ("warning", "bad", "Answered in the engine itself, past Countersign: an incident"),
    "engine.foreign_reject": ("warning", "warn", "Rejected in the engine itself, past Countersign"),
    "refused": ("off", "quiet", "{who} was refused"),
}


def tell_seal(entry: AuditEntry) -> tuple[str, str, str]:
    if entry.after.get("arguments_known"):
        return "lock", "info", "Arguments arrived; the content is sealed"
    return "lock", "warn", "Sealed without its arguments: the engine did not tell them"


def tell_decision(entry: AuditEntry) -> tuple[str, str, str]:
    """Of people their votes tell who; a rule says it itself."""
    icon, tone, word = (
        ("check", "ok", "Approved") if entry.verb.endswith("approve") else ("cross", "bad", "Denied")
    )
    if entry.actor_kind == ActorKind.RULE:
        return icon, tone, f"{word} by rule {{who}}, version {entry.after.get('rule_version', '')}"
    return icon, tone, word


def tell_vote(entry: AuditEntry) -> tuple[str, str, str]:
    if entry.after.get("verdict") == "approve":
        return "check", "ok", "{who} approved"
    return "cross", "bad", "{who} denied"


def tell_closed(entry: AuditEntry) -> tuple[str, str, str]:
    reason = str(entry.after.get("reason", ""))
    label = CloseReason(reason).label if reason in CloseReason.values else reason
    word = "Expired" if entry.verb.endswith("expired") else "Cancelled"
    return "clock", "quiet", f"{word}: {label}"


def tell_claim(entry: AuditEntry) -> tuple[str, str, str]:
    attempt = entry.after.get("attempt", 1)
    return "send", "quiet", "Sent to the engine" if attempt == 1 else f"Sent to the engine, attempt {attempt}"


def tell_trouble(entry: AuditEntry) -> tuple[str, str, str]:
    error = str(entry.after.get("error", ""))
    if entry.verb == "reply.orphaned":
        words = "Approved, did not run" if entry.after.get("reply") == "once" else "The denial came too late"
        return "warning", "warn", f"{words}: {error}"
    if entry.verb == "reply.failed":
        return "warning", "bad", f"The engine refused the reply: {error}"
    return "clock", "warn", f"Did not arrive, will be sent again: {error}"


TOLD: dict[str, Callable[[AuditEntry], tuple[str, str, str]]] = {
    "permission_request.seal": tell_seal,
    "permission_request.approve": tell_decision,
    "permission_request.deny": tell_decision,
    "permission_request.expired": tell_closed,
    "permission_request.cancelled": tell_closed,
    "vote.cast": tell_vote,
    "reply.claim": tell_claim,
    "reply.queued": tell_trouble,
    "reply.orphaned": tell_trouble,
    "reply.failed": tell_trouble,
}


def build_timeline(request: PermissionRequest) -> list[Moment]:
    """In the order of the chain."""
    subject = request.subject
    entries = AuditEntry.objects.filter(subject_kind=subject.kind, subject_id=subject.id).order_by("n")
    votes = Vote.objects.filter(subject_kind=subject.kind, subject_id=subject.id)
    reasons = {vote.voter_id: vote.reason for vote in votes}
    return [tell(entry, reasons) for entry in entries]


def tell(entry: AuditEntry, reasons: dict[str, str]) -> Moment:
    if entry.verb in TOLD:
        icon, tone, sentence = TOLD[entry.verb](entry)
    else:
        icon, tone, sentence = PLAIN.get(entry.verb, ("dot", "quiet", entry.verb))
    who = entry.actor_label or entry.actor_id
    quote = reasons.get(entry.actor_id, "") if entry.verb == "vote.cast" else ""
    return Moment(entry.at, icon, tone, sentence.replace("{who}", who), quote, entry.n, entry.hash)
