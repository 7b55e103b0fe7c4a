"""Prompts and stops of the outbox as the worker carries them around."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chats.domain.prompts import list_due_prompts, list_prompts
from chats.domain.turns import list_due_stops
from chats.enums import PromptState
from chats.models import OutgoingMessage, TurnStop
from engines.models import Chat
from events.masking import mask_secrets
from relay.opencode.frames import SessionError

# What a session is called whose chat has no name: without a title the engine asks the model for one.
UNTITLED = "New chat"
STOPPED = "The turn was stopped before the agent began."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chat lives in its engine; `session_id` is "" while it has no session."""

    chat_id: str
    engine_id: str
    directory: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. `row` is handed back to the domain, which looks at it afresh.

    `message_id` and `part_ids` are in the engine's format; empty before the first claim. `stopped_since`: a
    sentence when the chat's turn was ended after this was sent, else "".
    """

    pk: str
    row: OutgoingMessage
    place: Place
    title: str
    text: str
    agent: str
    provider: str
    model: str
    variant: str
    message_id: str
    part_ids: tuple[str, ...]
    attempts: int
    sent_at: datetime | None
    stopped_since: str

    @property
    def engine_id(self) -> str:
        return self.place.engine_id

    @property
    def may_have_session(self) -> bool:
        """One may have been made for the chat without being written down."""
        return self.attempts > 1 or self.row.position > 1

    def measure_age(self, now: datetime) -> timedelta:
        """Since its last attempt."""
        return now - (self.sent_at or now)

    def move_to(self, session_id: str) -> Prompt:
        return replace(self, place=replace(self.place, session_id=session_id))


@dataclass(frozen=True, slots=True)
class Stop:
    """One wish that the agent's turn end."""

    pk: str
    row: TurnStop
    place: Place

    @property
    def engine_id(self) -> str:
        return self.place.engine_id


def list_due_work(*, engine_ids: Collection[str], now: datetime, limit: int) -> list[Prompt | Stop]:
    """What these engines have to be told now, stops first; nothing is claimed yet."""
    if not engine_ids:
        return []
    stops = list_due_stops(engine_ids=engine_ids, now=now)[:limit]
    prompts = list_due_prompts(engine_ids=engine_ids, now=now)[:limit]
    return [*map(describe_stop, stops), *map(describe_prompt, prompts)]


def list_unsettled(*, engine_id: str) -> list[Prompt]:
    """Prompts that were, or may have been, sent and have not come to an end."""
    rows = list_prompts().filter(chat__engine_id=engine_id, state__in=list(PromptState.in_flight()))
    return [describe_prompt(row) for row in rows.order_by("sent_at", "pk")]


def find_unsettled(*, pk: str) -> Prompt | None:
    row = list_prompts().filter(pk=pk, state__in=list(PromptState.in_flight())).first()
    return describe_prompt(row) if row else None


def describe_place(chat: Chat) -> Place:
    folders = chat.engine.directories
    return Place(
        chat_id=chat.pk,
        engine_id=chat.engine_id,
        directory=chat.directory or (folders[0] if folders else ""),
        session_id=chat.ai_engine_session_id or "",
    )


def describe_prompt(row: OutgoingMessage) -> Prompt:
    chat = row.chat
    return Prompt(
        pk=row.pk,
        row=row,
        place=describe_place(chat),
        title=chat.title or UNTITLED,
        text=read_text(row.message.parts),
        agent=row.agent,
        provider=row.provider,
        model=row.model,
        variant=row.variant,
        message_id=row.engine_message_id,
        part_ids=tuple(row.part_ids),
        attempts=row.attempts,
        sent_at=row.sent_at,
        stopped_since=STOPPED if was_stopped(row) else "",
    )


def was_stopped(row: OutgoingMessage) -> bool:
    aborted_at = row.chat.aborted_at
    return row.sent_at is not None and aborted_at is not None and aborted_at >= row.sent_at


def read_text(parts: Sequence[dict[str, str]]) -> str:
    return "\n\n".join(part["text"] for part in parts if part.get("type") == "text")


def describe_stop(row: TurnStop) -> Stop:
    return Stop(row.pk, row, describe_place(row.chat))


def describe_error(frame: SessionError) -> str:
    """The engine's own words may hold what a model provider sent back."""
    if frame.is_abort:
        return STOPPED
    message = frame.message.strip().partition("\n")[0].removeprefix(f"{frame.name}: ")
    return mask_secrets(f"{frame.name}: {message}".rstrip(": "))
