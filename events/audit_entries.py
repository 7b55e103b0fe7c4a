"""One entry of the audit chain as facts, wherever it was read from: a row, an export's line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from events.canonical import canonical_json
from events.models import AuditEntry


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with the chain at entry `n`."""

    n: int
    problem: str


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """`at` is ISO 8601 text with microseconds as they were hashed; `actor_label` is not hashed."""

    n: int
    at: str
    actor_kind: str
    actor_id: str
    actor_label: str
    door: str
    verb: str
    subject_kind: str
    subject_id: str
    before: Any
    after: Any
    prev_hash: str
    hash: str
    text: str

    @classmethod
    def of(cls, entry: AuditEntry) -> EntryFacts:
        return cls(
            n=entry.n,
            at=entry.at.isoformat(),
            actor_kind=entry.actor_kind,
            actor_id=entry.actor_id,
            actor_label=entry.actor_label,
            door=entry.door,
            verb=entry.verb,
            subject_kind=entry.subject_kind,
            subject_id=entry.subject_id,
            before=entry.before,
            after=entry.after,
            prev_hash=entry.prev_hash,
            hash=entry.hash,
            text=entry.text,
        )

    def write_text(self) -> str:
        """The text that the other facts make; raises ValueError for what no entry of ours can hold."""
        return canonical_json(
            {
                "n": self.n,
                "at": self.at,
                "actor": {"kind": self.actor_kind, "id": self.actor_id},
                "door": self.door,
                "verb": self.verb,
                "subject": {"kind": self.subject_kind, "id": self.subject_id},
                "before": self.before,
                "after": self.after,
                "prev_hash": self.prev_hash,
            }
        )


def verify_alone(facts: EntryFacts) -> list[Finding]:
    """The text has its hash and says what the other facts say: what one entry can tell without the chain."""
    findings = []
    if hashlib.sha256(facts.text.encode("utf-8", "surrogatepass")).hexdigest() != facts.hash:
        findings.append(Finding(facts.n, "edited: the text does not have its hash"))
    try:
        is_said = facts.write_text() == facts.text
    except ValueError:
        is_said = False
    if not is_said:
        findings.append(Finding(facts.n, "edited: the columns do not say what the text says"))
    return findings


def verify_link(facts: EntryFacts, prev_hash: str) -> list[Finding]:
    if facts.prev_hash == prev_hash:
        return []
    return [Finding(facts.n, "moved: it does not continue the entry before it")]
