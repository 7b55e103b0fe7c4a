"""What the engine's events mean. Told twice, late or in another order, they come to the same.

Frames are handled one after the other, so nothing here waits for the engine: what needs a call is started
as work of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from django.utils import timezone

from engines.domain.parts import PartFacts
from engines.domain.sessions import block_chat
from engines.enums import SessionState
from engines.models import Engine, Message
from engines.queries import find_place
from events.actors import RELAY_ACTOR
from governance.domain.answered import Answer, record_unasked_incident
from governance.enums import CloseReason, Reply
from live import deltas
from relay.arguments import Sealer, ask_key
from relay.domain.intake import find_call, take_ask, take_reply
from relay.domain.open_calls import OpenCall
from relay.domain.turns import find_held, give_turns_back
from relay.endings import Endings
from relay.gate_watch import GateWatch
from relay.link import EVERYWHERE, EngineLink
from relay.memory import remember
from relay.messages import MessageBuffer
from relay.opencode.errors import EngineError, EngineUnauthorized
from relay.opencode.frames import (
    Frame,
    GlobalDisposed,
    Heartbeat,
    InstanceDisposed,
    MessageUpdated,
    PartDelta,
    PartUpdated,
    PermissionAsked,
    PermissionReplied,
    QuestionAsked,
    QuestionClosed,
    SessionCreated,
    SessionDeleted,
    SessionError,
    SessionIdle,
    SessionStatus,
    SessionUpdated,
)
from relay.opencode.records import PermissionAsk
from relay.questions import Questions
from relay.sessions import Sessions
from relay.text_streams import TextStreams

logger = logging.getLogger(__name__)

# An answer to a request that nobody knows is an incident, unless the request itself comes within this time.
ASK_GRACE_S = 2.0
WHY_BLOCKED = "A request of this chat was answered past Countersign."

Handler = Callable[[Any], Awaitable[None]]


class Ingest:
    """`on_disposed(directory or EVERYWHERE)` is called when an engine has dropped what was pending."""

    def __init__(self, link: EngineLink, on_disposed: Callable[[str], None]) -> None:
        self.link = link
        self.on_disposed = on_disposed
        self.messages = MessageBuffer(link, self._tell_changed)
        self.texts = TextStreams(link)
        self.sessions = Sessions(link, self.messages)
        self.sealer = Sealer(link)
        self.gate = GateWatch(link)
        self.endings = Endings(link, self.gate)
        self.questions = Questions(link, self.sessions)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._early_replies: OrderedDict[str, str] = OrderedDict()
        self._handlers: dict[type, Handler] = {
            Heartbeat: self._on_heartbeat,
            PermissionAsked: self._on_asked,
            PermissionReplied: self._on_replied,
            QuestionAsked: self._on_question,
            QuestionClosed: self._on_question_closed,
            SessionCreated: self._on_session,
            SessionUpdated: self._on_session,
            SessionDeleted: self._on_deleted,
            SessionStatus: self._on_status,
            SessionIdle: self._on_idle,
            SessionError: self._on_error,
            MessageUpdated: self._on_message,
            PartUpdated: self._on_part,
            InstanceDisposed: self._on_instance_disposed,
            GlobalDisposed: self._on_global_disposed,
        }

    async def handle(self, frame: Frame) -> None:
        """Take one frame. A removed message stays: what was said is kept."""
        if isinstance(frame, PartDelta):
            # Too many to remember, and never sent twice.
            await self.texts.take_delta(frame)
            return
        handler = self._handlers.get(type(frame))
        if handler is None or self._is_repeated(frame.event_id):
            return
        await handler(frame)

    def _is_repeated(self, event_id: str) -> bool:
        if not event_id:
            return False
        is_repeated = event_id in self._seen
        remember(self._seen, event_id, None)
        return is_repeated

    # Requests

    async def take_ask(self, ask: PermissionAsk, directory: str) -> None:
        """Put a request on record, announced or listed."""
        key = ask_key(ask)
        part = self.sealer.parts.find(key) if key else None
        taken = await self.link.write(
            take_ask, engine=self.link.engine, ask=ask, directory=directory, part=part, now=timezone.now()
        )
        if taken.call.is_pending and not taken.call.is_sealed:
            self.sealer.expect(taken.call)
        if taken.call.is_pending and not taken.is_placed:
            self.sessions.place_soon(ask.session_id, directory)
        reply = self._early_replies.pop(ask.id, None)
        if reply is not None:
            self._answer_soon(ask.id, reply, ask.session_id, directory)

    async def _on_asked(self, frame: PermissionAsked) -> None:
        await self.take_ask(frame.ask, frame.directory)

    async def _on_replied(self, frame: PermissionReplied) -> None:
        await self.gate.note_reply(frame.reply, frame.directory)
        self._answer_soon(frame.request_id, frame.reply, frame.session_id, frame.directory)

    def _answer_soon(self, request_id: str, reply: str, session_id: str, directory: str) -> None:
        self.link.tasks.start(
            ("answer", request_id), lambda: self._answer(request_id, reply, session_id, directory)
        )

    async def _answer(self, request_id: str, reply: str, session_id: str, directory: str) -> None:
        """The engine says that a request was answered; what was answered is on record before how."""
        call = await self.link.read(find_call, engine=self.link.engine, request_id=request_id)
        if call is None:
            self._expect_ask(request_id, reply, session_id, directory)
            return
        if call.is_pending and not call.is_sealed:
            try:
                await self.sealer.seal(call, await self.sealer.read_part(call))
            except EngineUnauthorized:
                raise
            except EngineError:
                logger.info("The arguments of an answered request can't be read any more.")
        answer = await self.link.write(
            take_reply, engine=self.link.engine, request_id=request_id, reply=reply, now=timezone.now()
        )
        self.sealer.forget(call)
        if answer is Answer.INCIDENT:
            await self._stop_after_incident(session_id, directory)

    async def take_unseen_reply(self, call: OpenCall) -> None:
        """A pending request was let run while nobody listened: the same as an answer that was heard."""
        await self._answer(call.request_id, Reply.ONCE, call.session_id, call.directory)

    def _expect_ask(self, request_id: str, reply: str, session_id: str, directory: str) -> None:
        """The request may be on its way; if it is not, something ran that nobody here was asked about."""
        remember(self._early_replies, request_id, reply)
        if reply != Reply.REJECT:
            self.link.tasks.start(
                ("unasked", request_id),
                lambda: self._alarm_unless_asked(request_id, reply, session_id, directory),
            )

    async def _alarm_unless_asked(self, request_id: str, reply: str, session_id: str, directory: str) -> None:
        await asyncio.sleep(ASK_GRACE_S)
        if self._early_replies.pop(request_id, None) is None:
            return
        await self.link.write(
            record_unasked_incident,
            engine=self.link.engine,
            session_id=session_id,
            engine_request_id=request_id,
            reply=reply,
        )
        await self.sessions.place(session_id, directory)
        await self._stop_after_incident(session_id, directory)

    async def _stop_after_incident(self, session_id: str, directory: str) -> None:
        """Block the chat, then stop its agent; an abort that fails is sent again by the reconciliation."""
        root_id = await self.link.write(block_chat_of, engine=self.link.engine, session_id=session_id)
        self.abort_soon(root_id or session_id, directory)

    def abort_soon(self, session_id: str, directory: str) -> None:
        """Stop a session's turn; once, however many ask for it while it is being done."""
        key = ("abort", session_id)
        if not self.link.tasks.is_running(key):
            self.link.tasks.start(key, lambda: self._abort(session_id, directory))

    async def _abort(self, session_id: str, directory: str) -> None:
        async with self.link.calls:
            await self.link.client.abort(directory, session_id)
        now = timezone.now()
        await self.sessions.take_abort(session_id, now)
        self.endings.note(session_id, CloseReason.SESSION_ABORTED, now)

    async def _on_question(self, frame: QuestionAsked) -> None:
        await self.questions.take(frame.question, frame.directory)

    async def _on_question_closed(self, frame: QuestionClosed) -> None:
        await self.questions.take_end(frame.request_id, frame.answers)

    # Sessions

    async def _on_session(self, frame: SessionCreated | SessionUpdated) -> None:
        await self.sessions.take(frame.session)

    async def _on_deleted(self, frame: SessionDeleted) -> None:
        now = timezone.now()
        await self.sessions.take_state(frame.session.id, SessionState.DELETED)
        self.endings.note(frame.session.id, CloseReason.SESSION_DELETED, now)

    async def _on_status(self, frame: SessionStatus) -> None:
        if frame.status == SessionState.IDLE:
            await self._take_idle(frame.session_id)
        else:
            is_retry = frame.status == SessionState.RETRY
            await self.sessions.take_state(
                frame.session_id, SessionState.RETRY if is_retry else SessionState.BUSY
            )

    async def _on_idle(self, frame: SessionIdle) -> None:
        await self._take_idle(frame.session_id)

    async def _take_idle(self, session_id: str) -> None:
        now = timezone.now()
        self._keep_heard(self.texts.end_session(session_id))
        # Before the turn is on record as over: after a crash between the two, nobody would look for them.
        await self.messages.flush()
        await self.sessions.take_state(session_id, SessionState.IDLE)
        self.endings.note(session_id, CloseReason.SESSION_ENDED, now)

    async def _on_error(self, frame: SessionError) -> None:
        if frame.session_id is None or not frame.is_abort:
            return
        now = timezone.now()
        await self.sessions.take_abort(frame.session_id, now)
        self.endings.note(frame.session_id, CloseReason.SESSION_ABORTED, now)

    # The conversation

    async def _on_message(self, frame: MessageUpdated) -> None:
        self.messages.add_message(frame.message)
        await self._flush_when_full()

    async def _on_part(self, frame: PartUpdated) -> None:
        await self.sealer.keep_part(frame.part)
        self.gate.take_part(frame.part, frame.directory)
        self.messages.add_part(frame.part)
        await self.texts.take_part(frame.part)
        await self._flush_when_full()

    def _tell_changed(self, message: Message) -> None:
        deltas.note_change(
            chat_id=message.chat_id,
            audience=f"team:{self.link.engine.team_id}",
            message_id=message.ai_engine_message_id or "",
        )

    def break_off(self) -> None:
        """The event stream broke."""
        self._keep_heard(self.texts.break_off())

    async def tick(self) -> None:
        """Once a second: what was gathered goes on record, and turns that nothing holds any more go back."""
        await self.messages.flush()
        silent = await self.link.read(find_held, engine=self.link.engine)
        if silent:
            await self.link.write(give_turns_back, chats=silent)

    async def close(self) -> None:
        """The relay ends: what was heard so far goes on record."""
        self.break_off()
        await self.messages.flush()

    def _keep_heard(self, heard: list[PartFacts]) -> None:
        for facts in heard:
            self.messages.add_facts(facts)

    async def _flush_when_full(self) -> None:
        if self.messages.is_full:
            await self.messages.flush()

    # The engine itself

    async def _on_heartbeat(self, _frame: Heartbeat) -> None:
        await self.link.stamp_seen()

    async def _on_instance_disposed(self, frame: InstanceDisposed) -> None:
        self.link.connection.disposed_at[frame.directory] = timezone.now()
        self.on_disposed(frame.directory)

    async def _on_global_disposed(self, _frame: GlobalDisposed) -> None:
        self.link.connection.disposed_at[EVERYWHERE] = timezone.now()
        self.on_disposed(EVERYWHERE)


def block_chat_of(*, engine: Engine, session_id: str) -> str:
    """Block the chat a session belongs to; returns the id of its root session, "" when it has none."""
    chat, _ = find_place(engine.pk, session_id)
    if chat is None:
        return ""
    block_chat(actor=RELAY_ACTOR, chat=chat, why=WHY_BLOCKED)
    return chat.ai_engine_session_id or ""
