"""What people of the team are told about an engine, beside its requests."""

from __future__ import annotations

from engines.models import Engine
from events.actors import RELAY_ACTOR, Subject
from events.changes import changes


def record_declined_question(*, engine: Engine, question_id: str, session_id: str) -> None:
    """An agent asked its user a question, which nobody here can answer yet; the text stays in the engine."""
    subject = Subject("engine", engine.pk)
    with changes(RELAY_ACTOR) as change:
        change.audit(
            "engine.question_declined", subject, after={"question": question_id, "session": session_id}
        )
        change.event(
            "notice.question_declined",
            subject,
            topic="notices",
            audience=engine.team.audience,
            words={"engine": engine.pk, "session": session_id},
        )
