"""What a policy says, raised."""

from __future__ import annotations

from events.actors import Subject
from events.errors import Refused


def refuse(refusal: str, subject: Subject) -> None:
    """Raises Refused unless the sentence is empty; the refusal is audited with its subject."""
    if refusal:
        raise Refused(refusal, subject_kind=subject.kind, subject_id=subject.id)
