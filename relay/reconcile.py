"""Reconciling by listing: what an engine waits for now, compared with what the database says.

Events that nobody listened to are never sent again, so after each (re)connect everything is listed, once the
stream is open; and again every few seconds for the directories where something is open. A list that is not a
whole 200 proves nothing about what it does not hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

from django.db.models import F, Q
from django.utils import timezone

from engines.domain.aborts import AbortReason
from engines.enums import EngineMessageStatus, SessionState
from engines.models import Chat, Engine, Message
from governance.content import show_directory
from governance.domain.close import close_unlisted_requests, reject_leftovers
from governance.domain.question_endings import (
    close_unlisted_questions,
    list_open_of,
    reject_leftover_questions,
)
from governance.enums import CloseReason, QuestionState, ReplyState, RequestState
from governance.models import PermissionRequest, Question
from relay.arguments import find_parts
from relay.domain.open_calls import (
    KnownRequest,
    OpenCall,
    find_known,
    find_known_questions,
    list_stoppable_calls,
    read_directory,
)
from relay.endings import close_dead
from relay.ingest import Ingest
from relay.link import EngineLink
from relay.liveness import FINISHED, TURN_ENDED, find_end, list_waiting
from relay.opencode.client import Listing
from relay.opencode.errors import EngineError, EngineUnauthorized
from relay.opencode.records import PermissionAsk, Question as ListedQuestion
from relay.outbox import Outbox

# A request that has left the list was usually just answered: its event gets this long to come first.
EVENT_GRACE_S = 0.5
CONCURRENT_DIRECTORIES = 4
OK = HTTPStatus.OK
# A list that could not be had at all.
UNKNOWN: Final[Listing[Any]] = Listing((), is_complete=False, status=0)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class View:
    """What the engine showed of one directory.

    `asked_at` is before the lists were fetched. `busy` was read after them; None: not to be had.
    """

    directory: str
    asked_at: datetime
    permissions: Listing[PermissionAsk]
    questions: Listing[ListedQuestion]
    busy: dict[str, str] | None

    @property
    def listed_ids(self) -> set[str]:
        return self.permissions.ids | self.questions.ids


class Reconciler:
    def __init__(self, link: EngineLink, ingest: Ingest, outbox: Outbox) -> None:
        self.link = link
        self.ingest = ingest
        self.outbox = outbox
        self._one_at_a_time = asyncio.Lock()
        # Directories not looked at since something was missed there, with what an absence in them means.
        self._unseen: dict[str, CloseReason] = {}
        # What the engine had at the last look at everything.
        self.directories: list[str] = []

    async def run_full(self) -> None:
        """Everything the engine knows, after a (re)connect: what was not seen will not be told again."""
        async with self._one_at_a_time:
            was_away, self.link.connection.was_away = self.link.connection.was_away, False
            self.link.problems.clear()
            directories = await self._list_all_directories()
            for directory in directories:
                # A restart explains an absence, whatever came after it.
                if was_away or self._unseen.get(directory) != CloseReason.ENGINE_RESTARTED:
                    reason = CloseReason.ENGINE_RESTARTED if was_away else CloseReason.ENGINE_DROPPED
                    self._unseen[directory] = reason
            await self._run(directories)
            if not self._unseen:
                self.link.connection.heard_until = None

    async def run_everywhere(self) -> None:
        """Everything the engine knows, while connected: an event could not be read."""
        async with self._one_at_a_time:
            await self._run(await self._list_all_directories())

    async def run_light(self) -> None:
        """The directories where something is open, while connected."""
        async with self._one_at_a_time:
            open_ones = await self.link.read(list_open_directories, self.link.engine)
            doubtful = [directory for _, directory in self.link.problems]
            await self._run([*self.link.engine.directories, *open_ones, *doubtful, *self._unseen])

    async def run_directory(self, directory: str) -> None:
        """A directory was disposed of: its pending requests are gone, with no event for each."""
        async with self._one_at_a_time:
            self._unseen.setdefault(directory, CloseReason.ENGINE_DROPPED)
            await self._run([directory])

    async def _list_all_directories(self) -> list[str]:
        ours = await self.link.read(list_known_directories, self.link.engine)
        theirs = await self._ask("folders", "", self.link.client.list_directories())
        self.directories = [*self.link.engine.directories, *ours, *(theirs or ())]
        return self.directories

    async def _ask(self, what: str, directory: str, answer: Awaitable[T]) -> T | None:
        """The answer, or None with the problem noted. Refused credentials end everything."""
        try:
            async with self.link.calls:
                value = await answer
        except EngineUnauthorized:
            raise
        except EngineError as error:
            self.link.problems[what, directory] = f"Its {what}{place(directory)} can't be had: {error}"
            return None
        self.link.problems.pop((what, directory), None)
        return value

    async def _run(self, directories: Iterable[str]) -> None:
        gate = asyncio.Semaphore(CONCURRENT_DIRECTORIES)

        async def reconcile(directory: str) -> None:
            async with gate:
                await self._reconcile(directory)

        try:
            async with asyncio.TaskGroup() as group:
                for directory in dict.fromkeys(directories):
                    if directory:
                        group.create_task(reconcile(directory))
        except* EngineUnauthorized as refused:
            raise refused.exceptions[0] from None

    async def _reconcile(self, directory: str) -> None:
        view = await self._look(directory)
        try:
            await self._apply(view, self._unseen.get(directory))
        except EngineUnauthorized:
            raise
        except EngineError as error:
            self.link.problems["state", directory] = f"Its state{place(directory)} can't be had: {error}"
        else:
            self.link.problems.pop(("state", directory), None)
            if view.permissions.is_complete and view.busy is not None:
                self._unseen.pop(directory, None)

    async def _look(self, directory: str) -> View:
        client, asked_at = self.link.client, timezone.now()
        permissions = await self._ask("permission requests", directory, client.list_permissions(directory))
        questions = await self._ask("questions", directory, client.list_questions(directory))
        busy = await self._ask("session states", directory, client.session_status(directory))
        return View(directory, asked_at, permissions or UNKNOWN, questions or UNKNOWN, busy)

    async def _apply(self, view: View, gone: CloseReason | None) -> None:
        """Requests first: whatever else can't be had, none is lost. Raises EngineError."""
        self._note_incomplete(view)
        known = await self.link.read(
            find_known, engine=self.link.engine, request_ids=[ask.id for ask in view.permissions.items]
        )
        for ask in view.permissions.items:
            if ask.id not in known or not known[ask.id].is_complete:
                await self.ingest.take_ask(ask, view.directory)
        asked = await self._take_questions(view)
        await self._close_unlisted(view, gone)
        await self._close_unlisted_questions(view, gone)
        if view.busy is not None:
            await self._close_dead(view, view.busy, is_thorough=gone is not None)
            await self.ingest.gate.end_held_in(view.directory, view.busy, view.asked_at)
        leftovers = ((known, reject_leftovers), (asked, reject_leftover_questions))
        for rows, reject in leftovers:
            if any(not row.is_pending for row in rows.values()):
                await self.link.write(
                    reject,
                    engine=self.link.engine,
                    listed_ids=view.listed_ids,
                    ended_before=view.asked_at,
                )
        await self.outbox.resolve(
            directory=view.directory,
            permissions=view.permissions,
            questions=view.questions,
            asked_at=view.asked_at,
            busy=view.busy,
        )
        if gone is not None:
            await self.ingest.sessions.adopt_listed(view.directory)
        if view.busy is not None:
            await self.ingest.sessions.refresh(view.directory, view.busy, missed=name_abort(gone))
        for session_id in await self.link.read(list_sessions_to_abort, self.link.engine, view.directory):
            self.ingest.abort_soon(session_id, view.directory)

    async def _take_questions(self, view: View) -> dict[str, KnownRequest]:
        """What was known of the listed ones before."""
        known = await self.link.read(
            find_known_questions, engine=self.link.engine, question_ids=view.questions.ids
        )
        for question in view.questions.items:
            if question.id not in known or not known[question.id].is_complete:
                await self.ingest.questions.take(question, view.directory)
        return known

    def _note_incomplete(self, view: View) -> None:
        for what, listing in (("permission requests", view.permissions), ("questions", view.questions)):
            if not listing.is_complete and listing is not UNKNOWN:
                why = f"it answered {listing.status}" if listing.status != OK else "an entry can't be read"
                sentence = f"Its {what}{place(view.directory)} can't be had: {why}."
                self.link.problems[what, view.directory] = sentence

    async def _close_dead(self, view: View, busy: dict[str, str], *, is_thorough: bool) -> None:
        """Still listed, but their turns have ended: nobody may let them run any more.

        The sessions were looked at after the list, so what the list holds had been asked before.
        """
        calls = await self.link.read(
            list_stoppable_calls,
            engine=self.link.engine,
            directory=view.directory,
            seen_before=timezone.now(),
        )
        listed = [call for call in calls if call.request_id in view.listed_ids]
        for call in listed:
            why = await self._find_end(call, busy, is_thorough=is_thorough)
            if why:
                await close_dead(self.link, [call], CloseReason.SESSION_ENDED, why)

    async def _find_end(self, call: OpenCall, busy: dict[str, str], *, is_thorough: bool) -> str:
        if is_thorough:
            return await find_end(self.link, call, busy)
        return "" if call.session_id in busy else TURN_ENDED

    async def _close_unlisted(self, view: View, gone: CloseReason | None) -> None:
        """No longer listed: the engine dropped them, or somebody answered and the event is on its way."""
        if not view.permissions.is_complete:
            return
        listed_ids = view.listed_ids
        calls = await self.link.read(
            list_stoppable_calls,
            engine=self.link.engine,
            directory=view.directory,
            seen_before=view.asked_at,
        )
        calls = [call for call in calls if not call.is_question]
        if not any(call.is_pending and call.request_id not in listed_ids for call in calls):
            return
        if gone is None:
            await asyncio.sleep(EVENT_GRACE_S)
            async with self.link.calls:
                again = await self.link.client.list_permissions(view.directory)
            if not again.is_complete:
                return
            listed_ids = listed_ids | again.ids
        for call in calls:
            if call.is_pending and call.request_id not in listed_ids and await self._has_run(call, view.busy):
                await self.ingest.take_unseen_reply(call)
        await self.link.write(
            close_unlisted_requests,
            engine=self.link.engine,
            directory=view.directory,
            listed_ids=listed_ids,
            seen_before=view.asked_at,
            reason=gone or CloseReason.ENGINE_DROPPED,
            now=timezone.now(),
        )

    async def _close_unlisted_questions(self, view: View, gone: CloseReason | None) -> None:
        """The same for questions, where it makes no difference who answered: nothing ran by it."""
        if not view.questions.is_complete:
            return
        listed_ids, look = view.questions.ids, (self.link.engine, view.directory, view.asked_at)
        if not await self.link.read(list_unlisted_questions, *look, listed_ids):
            return
        if gone is None:
            await asyncio.sleep(EVENT_GRACE_S)
            again = await list_waiting(self.link, view.directory, is_question=True)
            if not again.is_complete:
                return
            listed_ids = listed_ids | again.ids
        await self.link.write(
            close_unlisted_questions,
            engine=self.link.engine,
            directory=view.directory,
            listed_ids=listed_ids,
            seen_before=view.asked_at,
            reason=gone or CloseReason.ENGINE_DROPPED,
            now=timezone.now(),
        )

    async def _has_run(self, call: OpenCall, busy: dict[str, str] | None) -> bool:
        """Nobody here decided it, it is not listed, and its call goes on: somebody else let it run."""
        if not call.message_id or busy is None:
            return False
        async with self.link.calls:
            message = await self.link.client.get_message(call.directory, call.session_id, call.message_id)
        statuses = [part.status for part in find_parts(message.parts, call.call_id)] if message else []
        is_working = call.session_id in busy and any(status not in FINISHED for status in statuses)
        return "completed" in statuses or is_working


def name_abort(gone: CloseReason | None) -> AbortReason | None:
    """What an absence means for the messages that nobody finishes any more."""
    if gone is None:
        return None
    is_restart = gone == CloseReason.ENGINE_RESTARTED
    return AbortReason.ENGINE_STOPPED if is_restart else AbortReason.ENGINE_RELOADED


def place(directory: str) -> str:
    return f" of {directory}" if directory else ""


def list_open_directories(engine: Engine) -> list[str]:
    """Directories with a pending request or question, an open reply, a session or a message that works."""
    rows = PermissionRequest.objects.filter(engine=engine).filter(
        Q(state=RequestState.PENDING) | Q(replies__state__in=list(ReplyState.open()))
    )
    asked = [read_directory(row) for row in rows.defer("content").distinct()]
    questions = Question.objects.filter(engine=engine).filter(
        Q(state=QuestionState.OPEN) | Q(replies__state__in=list(ReplyState.open()))
    )
    asked += [read_directory(row) for row in questions.defer("content").distinct()]
    working = Chat.objects.filter(
        engine=engine, session_state__in=[SessionState.BUSY, SessionState.RETRY]
    ).values_list("directory", flat=True)
    unfinished = Message.objects.filter(
        chat__engine=engine, engine_message_status=EngineMessageStatus.PROCESSING
    ).values_list("chat__directory", flat=True)
    return list(dict.fromkeys([*asked, *working, *unfinished.distinct().order_by()]))


def list_unlisted_questions(
    engine: Engine, directory: str, seen_before: datetime, listed_ids: set[str]
) -> list[str]:
    rows = list_open_of(engine).filter(directory=show_directory(directory), created_at__lt=seen_before)
    return [row for row in rows.values_list("engine_question_id", flat=True) if row not in listed_ids]


def list_known_directories(engine: Engine) -> list[str]:
    chats = Chat.objects.filter(engine=engine).order_by("-last_active").values_list("directory", flat=True)
    return list(dict.fromkeys([*list_open_directories(engine), *chats]))


def list_sessions_to_abort(engine: Engine, directory: str) -> list[str]:
    """Root sessions blocked after an incident whose abort is not on record yet."""
    blocked = Chat.objects.filter(engine=engine, directory=directory, blocked_at__isnull=False)
    waiting = blocked.filter(Q(aborted_at=None) | Q(aborted_at__lt=F("blocked_at")))
    return [session_id for session_id in waiting.values_list("ai_engine_session_id", flat=True) if session_id]
