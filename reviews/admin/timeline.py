"""A review's story: its audit entries, with people's own words from the votes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from events.models import AuditEntry
from reviews.models import Review, Vote

Told = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story. `n` and `hash` are its link of the chain."""

    at: datetime
    icon: str
    tone: str
    sentence: str
    n: int
    hash: str


# verb -> (icon, tone, sentence); `{who}` is the actor.
PLAIN: dict[str, Told] = {
    "review.open": ("hand", "info", "{who} asked for it"),
    "review.approve": ("check", "ok", "Approved; it has taken effect"),
    "review.reject": ("cross", "bad", "Rejected"),
    "review.withdraw": ("off", "quiet", "{who} withdrew it"),
    "review.expire": ("clock", "quiet", "Its time ran out"),
    "review.comment": ("chat", "info", "{who} commented"),
    "review.remind": ("clock", "quiet", "Reminded: it still waits"),
    "refused": ("off", "quiet", "{who} was refused"),
}


def tell_vote(entry: AuditEntry, holder: str) -> Told:
    """`holder` is the person the voter stood in for; "" in one's own seat."""
    is_approval = entry.after.get("verdict") == "approve"
    sentence = f"{{who}} {'approved' if is_approval else 'rejected'}"
    if holder:
        sentence += f", standing in for {holder}"
    return ("check", "ok", sentence) if is_approval else ("cross", "bad", sentence)


def tell_revision(entry: AuditEntry) -> Told:
    revision = entry.after.get("revision")
    return "arrow", "warn", f"{{who}} changed it to revision {revision}; votes so far are stale"


def tell_escalation(entry: AuditEntry) -> Told:
    if entry.after.get("backup_ids"):
        return "warning", "warn", "Escalated: the backups may approve it too"
    return "warning", "warn", "Escalated: the owners were told that it waits"


TOLD: dict[str, Callable[[AuditEntry], Told]] = {
    "review.revise": tell_revision,
    "review.escalate": tell_escalation,
}


def build_timeline(review: Review, votes: list[Vote]) -> list[Moment]:
    """In the order of the chain."""
    subject = review.subject
    entries = AuditEntry.objects.filter(subject_kind=subject.kind, subject_id=subject.id).order_by("n")
    names = {vote.on_behalf_of_id: vote.on_behalf_of_label for vote in votes if vote.on_behalf_of_id}
    return [tell(entry, names) for entry in entries]


def tell(entry: AuditEntry, names: dict[str, str]) -> Moment:
    if entry.verb == "vote.cast":
        holder = names.get(str(entry.after.get("on_behalf_of", "")), "")
        icon, tone, sentence = tell_vote(entry, holder)
    elif entry.verb in TOLD:
        icon, tone, sentence = TOLD[entry.verb](entry)
    else:
        icon, tone, sentence = PLAIN.get(entry.verb, ("dot", "quiet", entry.verb))
    who = entry.actor_label or entry.actor_id
    return Moment(entry.at, icon, tone, sentence.replace("{who}", who), entry.n, entry.hash)
