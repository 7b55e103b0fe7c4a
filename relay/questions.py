"""Questions of agents: nobody can answer them here yet, so the agent is told and goes on."""

from __future__ import annotations

from relay.domain.notices import record_declined_question
from relay.link import EngineLink
from relay.opencode.client import ReplyOutcome
from relay.opencode.records import Question

MESSAGE = (
    "Nobody can answer questions here. Choose the most careful option yourself, or stop and say in your last"
    " message what you need to know."
)
MAX_REMEMBERED = 1000


class Questions:
    def __init__(self, link: EngineLink) -> None:
        self.link = link
        self._declined: dict[str, None] = {}

    def decline_soon(self, directory: str, question: Question) -> None:
        """Close a question; one that could not be is found again by the next listing."""
        if question.id not in self._declined:
            self.link.tasks.start(("question", question.id), lambda: self._decline(directory, question))

    async def _decline(self, directory: str, question: Question) -> None:
        if question.id in self._declined:
            return
        async with self.link.calls:
            outcome = await self.link.client.decline_question(directory, question, MESSAGE)
        if outcome != ReplyOutcome.ACCEPTED:
            return
        self._declined[question.id] = None
        while len(self._declined) > MAX_REMEMBERED:
            del self._declined[next(iter(self._declined))]
        await self.link.write(
            record_declined_question,
            engine=self.link.engine,
            question_id=question.id,
            session_id=question.session_id,
        )
