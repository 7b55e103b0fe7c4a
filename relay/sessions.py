"""Sessions of an engine on their way to the ledger: from events, from listing, and up from a request."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from django.utils import timezone

from engines.domain.aborts import AbortReason, abort_unfinished
from engines.domain.sessions import (
    SessionFacts,
    record_abort,
    record_session,
    record_subagent_status,
)
from engines.enums import EngineMessageStatus, SessionState, SubagentStatus
from engines.models import Chat, Engine, Message, Subagent
from events.actors import RELAY_ACTOR
from governance.domain.questions import place_questions
from governance.domain.requests import place_requests
from relay.domain.turns import record_state
from relay.link import EngineLink
from relay.liveness import read_busy
from relay.memory import remember
from relay.messages import MessageBuffer, read_time
from relay.opencode.records import MessageWithParts, Session

MAX_DEPTH = 32
MESSAGES_READ_AGAIN = 50
# How far before our last look a session must have changed to be adopted by listing; events adopt any.
LISTED_OVERLAP = timedelta(hours=1)
LISTED_AT_FIRST = timedelta(days=1)
# The same for what was said in it: events on their way to the database, and a clock that differs a little.
HEARD_OVERLAP = timedelta(minutes=5)
# A session is known before it is busy: its first moments say nothing.
BEGINNING = timedelta(seconds=10)
WORKING_STATES = (SessionState.BUSY, SessionState.RETRY)


class Sessions:
    """Remembers what it wrote last, so that the engine's many repetitions cost no transaction."""

    def __init__(self, link: EngineLink, messages: MessageBuffer) -> None:
        self.link = link
        self.messages = messages
        self._facts: OrderedDict[str, SessionFacts] = OrderedDict()
        self._states: OrderedDict[str, tuple[SessionState, bool]] = OrderedDict()

    async def take(self, session: Session) -> None:
        """Adopt or refresh; requests that waited for this session find their chat."""
        facts = describe_session(session)
        if self._facts.get(facts.id) == facts:
            return
        is_new = await self.link.write(take_session, engine=self.link.engine, facts=facts)
        remember(self._facts, facts.id, facts)
        state, is_recorded = self._states.get(facts.id, (None, True))
        if is_new and state is not None and not is_recorded:
            await self.take_state(facts.id, state)

    async def take_state(self, session_id: str, state: SessionState) -> None:
        """The engine's word on a session; one that is not known yet gets it when it is."""
        if self._states.get(session_id) == (state, True):
            return
        is_recorded = await self.link.write(
            record_state,
            engine=self.link.engine,
            session_id=session_id,
            state=state,
            at=timezone.now(),
        )
        remember(self._states, session_id, (state, is_recorded))

    async def take_abort(self, session_id: str, at: datetime) -> None:
        await self.link.write(
            record_abort, actor=RELAY_ACTOR, engine=self.link.engine, session_id=session_id, at=at
        )

    def place_soon(self, session_id: str, directory: str) -> None:
        """Find out where the session of a request belongs."""
        self.link.tasks.start(("place", session_id), lambda: self.place(session_id, directory))

    async def place(self, session_id: str, directory: str) -> None:
        """Record a session and its parents up to the root. Raises EngineError."""
        for _ in range(MAX_DEPTH):
            async with self.link.calls:
                session = await self.link.client.get_session(directory, session_id)
            if session is None:
                return
            await self.take(session)
            if session.parent_id is None:
                return
            session_id = session.parent_id

    async def adopt_listed(self, directory: str) -> None:
        """Sessions that changed while nobody listened, with what was said in them. Raises EngineError.

        A whole turn may have come and gone, of which nothing on record says that it ever began.
        """
        seen_at = self.link.connection.heard_until or self.link.engine.last_seen_at
        since = seen_at - LISTED_OVERLAP if seen_at else timezone.now() - LISTED_AT_FIRST
        async with self.link.calls:
            sessions = await self.link.client.list_sessions(directory)
        for session in sessions:
            changed_at = read_time(session.updated_ms)
            if changed_at >= since:
                await self.take(session)
            is_unheard = seen_at is not None and changed_at >= seen_at - HEARD_OVERLAP
            if is_unheard and session.parent_id is None:
                await self._read_again(session.id, directory)
        await self.messages.flush()

    async def refresh(
        self, directory: str, busy: dict[str, str], *, missed: AbortReason | None = None
    ) -> None:
        """Bring states and messages in line with the engine's own view of a directory. Raises EngineError.

        `busy` is its status map. Sessions that stopped while nobody listened are read once more, and with
        `missed` (nobody listened for a while, and what it means for those that stopped) all that work, too.
        """
        for session_id, word in busy.items():
            state = SessionState.RETRY if word == SessionState.RETRY else SessionState.BUSY
            if not self._states.get(session_id, (None, False))[1]:
                await self.place(session_id, directory)
            await self.take_state(session_id, state)
            if missed is not None:
                await self._read_again(session_id, directory)
        working = await self.link.read(
            list_working_sessions,
            engine=self.link.engine,
            directory=directory,
            known_before=timezone.now() - BEGINNING,
        )
        for session_id in working:
            if session_id not in busy:
                await self.close_stopped(session_id, directory, missed or AbortReason.CUT_OFF)

    async def _read_again(self, session_id: str, directory: str) -> tuple[MessageWithParts, ...] | None:
        """The end of its conversation as the engine has it; None when the engine has no such session."""
        async with self.link.calls:
            conversation = await self.link.client.list_messages(
                directory, session_id, limit=MESSAGES_READ_AGAIN
            )
        self.messages.add_conversation(conversation or ())
        return conversation

    async def close_stopped(self, session_id: str, directory: str, why: AbortReason) -> None:
        """A session that was not busy: read what it came to, unless it works again by then.

        What it has not finished is given up only when it was read after the session was seen not to work.
        """
        conversation = await self._read_again(session_id, directory)
        if session_id in await read_busy(self.link, directory):
            return
        if has_unfinished(conversation):
            conversation = await self._read_again(session_id, directory)
            if session_id in await read_busy(self.link, directory):
                return
        await self.messages.flush()
        await self.link.write(
            record_stopped,
            engine=self.link.engine,
            session_id=session_id,
            ending=judge_ending(conversation),
            why=why,
            now=timezone.now(),
        )
        remember(self._states, session_id, (SessionState.IDLE, conversation is not None))


def describe_session(session: Session) -> SessionFacts:
    return SessionFacts(
        id=session.id,
        parent_id=session.parent_id or "",
        title=session.title,
        directory=session.directory,
        agent=session.agent,
        created_at=read_time(session.created_ms),
        chat_id=session.chat_id,
        provider=session.provider if session.parent_id else "",
        model=session.model if session.parent_id else "",
    )


def take_session(*, engine: Engine, facts: SessionFacts) -> bool:
    is_new = record_session(actor=RELAY_ACTOR, engine=engine, facts=facts)
    if is_new:
        place_requests(engine=engine)
        place_questions(engine=engine)
    return is_new


def list_working_sessions(*, engine: Engine, directory: str, known_before: datetime) -> list[str]:
    """Sessions of a directory that are thought to work, or whose last message is unfinished.

    Of delegations only those known for a while: a new one is not busy yet.
    """
    chats = Chat.objects.filter(engine=engine, directory=directory, ai_engine_session_id__isnull=False)
    unfinished = Message.objects.filter(
        chat__in=chats, engine_message_status=EngineMessageStatus.PROCESSING
    ).values("chat_id")
    working = chats.filter(session_state__in=WORKING_STATES) | chats.filter(pk__in=unfinished)
    delegations = Subagent.objects.filter(
        instance=engine, working_directory=directory, first_seen_at__lt=known_before
    ).exclude(status__in=SubagentStatus.ended())
    return [
        *(str(key) for key in working.values_list("ai_engine_session_id", flat=True).distinct()),
        *delegations.values_list("source_ref", flat=True),
    ]


def has_unfinished(conversation: tuple[MessageWithParts, ...] | None) -> bool:
    answers = [item.message for item in conversation or () if item.message.role == "assistant"]
    return any(answer.completed_ms is None and not answer.error_name for answer in answers)


def judge_ending(conversation: tuple[MessageWithParts, ...] | None) -> SubagentStatus:
    """How a session that no longer works came to its end, from its last message; unknown is `lost`."""
    answers = [item.message for item in conversation or () if item.message.role == "assistant"]
    if not answers:
        return SubagentStatus.LOST
    last = answers[-1]
    if last.error_name == "MessageAbortedError":
        return SubagentStatus.CANCELLED
    if last.error_name:
        return SubagentStatus.FAILED
    return SubagentStatus.COMPLETED if last.completed_ms is not None else SubagentStatus.LOST


def record_stopped(
    *, engine: Engine, session_id: str, ending: SubagentStatus, why: AbortReason, now: datetime
) -> None:
    """A session stopped while nobody listened."""
    row = Subagent.objects.filter(instance=engine, source_ref=session_id).select_related("instance").first()
    if row is not None:
        record_subagent_status(actor=RELAY_ACTOR, row=row, status=ending, raw="found idle", at=now)
        return
    record_state(engine=engine, session_id=session_id, state=SessionState.IDLE, at=now)
    abort_unfinished(actor=RELAY_ACTOR, engine=engine, session_id=session_id, why=why, now=now)
