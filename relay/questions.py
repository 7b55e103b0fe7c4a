"""Questions of agents on their way to people, and the engine's word on how they ended."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from governance.domain.question_endings import record_engine_answer
from governance.domain.questions import QuestionOfEngine, record_engine_question
from relay.link import EngineLink
from relay.opencode.records import Question
from relay.sessions import Sessions


class Questions:
    def __init__(self, link: EngineLink, sessions: Sessions) -> None:
        self.link = link
        self.sessions = sessions

    async def take(self, question: Question, directory: str) -> None:
        """Put a question on record, announced or listed."""
        row = await self.link.write(
            record_engine_question,
            engine=self.link.engine,
            asked=describe_question(question, directory),
            now=timezone.now(),
        )
        if row.is_open and row.chat_id is None:
            self.sessions.place_soon(question.session_id, directory)

    async def take_end(self, question_id: str, answers: Sequence[Sequence[str]] | None) -> None:
        """It was answered, or rejected when `answers` is None: by us, or past Countersign."""
        await self.link.write(
            record_engine_answer,
            engine=self.link.engine,
            engine_question_id=question_id,
            answers=answers,
            now=timezone.now(),
        )


def describe_question(question: Question, directory: str) -> QuestionOfEngine:
    return QuestionOfEngine(
        engine_question_id=question.id,
        session_id=question.session_id,
        directory=directory,
        items=question.questions,
        message_id=question.tool.message_id if question.tool else "",
        call_id=question.tool.call_id if question.tool else "",
    )
