"""Sessions of an engine: root sessions become chats, sessions with a parent become ledger rows.

Idempotent and monotonic: the same facts twice change nothing, and parents may come after children.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from engines.enums import SessionState, SubagentKind, SubagentStatus, Turn
from engines.models import Chat, Engine, Subagent
from events.actors import Actor, Subject
from events.changes import Change, changes
from events.text import make_storable

MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What an engine says of a session.

    `parent_id` is "" for a root session; `chat_id` names the chat that it was made for, "" for none.
    The model is a subagent's: that of a chat is another one with each prompt.
    """

    id: str
    parent_id: str
    title: str
    directory: str
    agent: str
    created_at: datetime
    chat_id: str = ""
    provider: str = ""
    model: str = ""


def record_session(*, actor: Actor, engine: Engine, facts: SessionFacts) -> bool:
    """Adopt or refresh a session, whoever created it; True when it was not known before."""
    with changes(actor) as change:
        if facts.parent_id not in {"", facts.id}:
            return record_subagent(change, engine, facts)
        return record_chat(change, engine, facts)


def record_chat(change: Change, engine: Engine, facts: SessionFacts) -> bool:
    values = {
        "title": make_storable(facts.title, 300),
        "directory": make_storable(facts.directory, 1000),
        "agent": make_storable(facts.agent, 80),
    }
    is_begun = begin_chat(engine, facts)
    chat, is_adopted = Chat.objects.get_or_create(
        engine=engine,
        ai_engine_session_id=facts.id,
        defaults={
            **values,
            "team_id": engine.team_id,
            "created_at": facts.created_at,
            "last_active": facts.created_at,
        },
    )
    is_new = is_begun or is_adopted
    # What people call their own chats stays; of others the engine's word is the newest.
    fresh = {
        name: value
        for name, value in values.items()
        if value and value != getattr(chat, name) and (chat.user_id is None or not getattr(chat, name))
    }
    if is_new:
        verb = "chat.session" if is_begun else "chat.adopt"
        change.audit(verb, Subject("chat", chat.pk), after={"engine": engine.pk, "session": facts.id})
    if fresh and not is_adopted:
        Chat.objects.filter(pk=chat.pk).update(**fresh)
    if is_new or fresh:
        announce_chat(change, chat)
    if is_new:
        link_children(change, engine, facts.id, parent=None, chat=chat)
    return is_new


def begin_chat(engine: Engine, facts: SessionFacts) -> bool:
    """Give the chat that a session was made for its session; True when it had none.

    A session that names the chat of another engine, or one that has its session, is a chat of its own.
    """
    if not facts.chat_id or Chat.objects.filter(engine=engine, ai_engine_session_id=facts.id).exists():
        return False
    rows = Chat.objects.filter(pk=facts.chat_id, engine=engine, ai_engine_session_id=None)
    return bool(rows.update(ai_engine_session_id=facts.id, updated_at=timezone.now()))


def record_subagent(change: Change, engine: Engine, facts: SessionFacts) -> bool:
    parent = Subagent.objects.filter(instance=engine, source_ref=facts.parent_id).first()
    chat = (
        parent.chat
        if parent
        else Chat.objects.filter(engine=engine, ai_engine_session_id=facts.parent_id).first()
    )
    row, is_new = Subagent.objects.get_or_create(
        instance=engine,
        kind=SubagentKind.OPENCODE_TASK,
        source_ref=facts.id,
        incarnation="",
        defaults={
            "parent_ref": facts.parent_id,
            "parent": parent,
            "root": (parent.root or parent) if parent else None,
            "depth": parent.depth + 1 if parent else 1,
            "chat": chat,
            **describe_delegation(facts),
            "status": SubagentStatus.RUNNING,
            "started_at": facts.created_at,
            "evidence": "engine session parent id",
            "stop_asked_at": inherit_stop(parent),
        },
    )
    if is_new:
        change.audit(
            "subagent.adopt",
            Subject("subagent", row.pk),
            after={"engine": engine.pk, "parent": facts.parent_id},
        )
        announce_subagent(change, row)
        link_children(change, engine, facts.id, parent=row, chat=chat)
    else:
        fill_missing(row, facts)
    return is_new


def inherit_stop(parent: Subagent | None) -> datetime | None:
    """What comes up below one that is being stopped is stopped too."""
    is_stopping = parent is not None and parent.status not in SubagentStatus.ended()
    return parent.stop_asked_at if parent is not None and is_stopping else None


def describe_delegation(facts: SessionFacts) -> dict[str, str]:
    return {
        "agent": make_storable(facts.agent, 80),
        "provider": make_storable(facts.provider, 80),
        "model": make_storable(facts.model, 120),
        "description": make_storable(facts.title, 300),
        "working_directory": make_storable(facts.directory, 1000),
    }


def fill_missing(row: Subagent, facts: SessionFacts) -> None:
    """A late event may tell what an early one left open; what is known stays."""
    told = describe_delegation(facts)
    fresh = {name: value for name, value in told.items() if value and not getattr(row, name)}
    Subagent.objects.filter(pk=row.pk).update(last_seen_at=timezone.now(), **fresh)


def link_children(
    change: Change, engine: Engine, session_id: str, *, parent: Subagent | None, chat: Chat | None
) -> None:
    """Give rows that came before their parent their place, level by level; a circle is walked once."""
    level: list[tuple[str, Subagent | None]] = [(session_id, parent)]
    placed = {session_id}
    for _ in range(MAX_DEPTH):
        following: list[tuple[str, Subagent | None]] = []
        for ref, above in level:
            children = Subagent.objects.filter(instance=engine, parent_ref=ref).exclude(source_ref__in=placed)
            for child in children.order_by("pk"):
                child.parent, child.chat = above, chat or child.chat
                child.root = (above.root or above) if above else None
                child.depth = above.depth + 1 if above else 1
                child.save(update_fields=["parent", "chat", "root", "depth"])
                announce_subagent(change, child)
                placed.add(child.source_ref)
                following.append((child.source_ref, child))
        if not following:
            return
        level = following


def announce_chat(change: Change, chat: Chat) -> None:
    change.event(
        "chat.changed",
        Subject("chat", chat.pk),
        topic="chats",
        audience=f"team:{chat.team_id}",
        words={"turn": chat.turn, "session_state": chat.session_state},
    )


def announce_subagent(change: Change, row: Subagent) -> None:
    change.event(
        "subagent.changed",
        Subject("subagent", row.pk),
        topic="chats",
        audience=f"team:{row.team_id}",
        words={"status": row.status, "chat": row.chat_id},
    )


def record_session_state(
    *, actor: Actor, engine: Engine, session_id: str, state: str, at: datetime, is_held: bool = False
) -> bool:
    """The session's state as the engine tells it; a deleted session stays deleted. False: no such session.

    `is_held`: something of it is still pending, so that idle does not give the turn back yet.
    """
    with changes(actor) as change:
        chat = Chat.objects.filter(engine=engine, ai_engine_session_id=session_id).first()
        if chat is not None:
            record_chat_state(change, chat, state, at, is_held=is_held)
            return True
        row = Subagent.objects.filter(instance=engine, source_ref=session_id).first()
        if row is not None:
            record_subagent_state(change, row, state, at)
    return row is not None


def record_chat_state(change: Change, chat: Chat, state: str, at: datetime, *, is_held: bool = False) -> None:
    turn = Turn.ASSISTANT if state in {SessionState.BUSY, SessionState.RETRY} else Turn.USER
    if is_held and state == SessionState.IDLE:
        turn = Turn(chat.turn)
    moved = (
        Chat.objects.filter(pk=chat.pk, session_state=chat.session_state)
        .exclude(session_state__in=[state, SessionState.DELETED])
        .update(turn=turn, session_state=state, last_active=at)
    )
    if not moved:
        return
    before = {"turn": chat.turn, "session_state": chat.session_state}
    chat.turn, chat.session_state = turn, state
    change.audit(
        "chat.turn", Subject("chat", chat.pk), before=before, after={"turn": turn, "session_state": state}
    )
    announce_chat(change, chat)


def give_turn_back(*, actor: Actor, chat: Chat) -> bool:
    """What held the turn of an idle chat is gone; False when it works again, or the turn was given back."""
    with changes(actor) as change:
        rows = Chat.objects.filter(pk=chat.pk, session_state=SessionState.IDLE, turn=Turn.ASSISTANT)
        if not rows.update(turn=Turn.USER):
            return False
        chat.turn, chat.session_state = Turn.USER, SessionState.IDLE
        words = {"turn": Turn.ASSISTANT.value, "session_state": SessionState.IDLE.value}
        after = {**words, "turn": Turn.USER.value}
        change.audit("chat.turn", Subject("chat", chat.pk), before=words, after=after)
        announce_chat(change, chat)
    return True


def record_subagent_state(change: Change, row: Subagent, state: str, at: datetime) -> None:
    """Idle ends a delegation as completed; deleted without an end is lost, never completed."""
    status = {
        SessionState.BUSY: SubagentStatus.RUNNING,
        SessionState.RETRY: SubagentStatus.RUNNING,
        SessionState.IDLE: SubagentStatus.COMPLETED,
        SessionState.DELETED: SubagentStatus.LOST,
    }.get(SessionState(state))
    if status == SubagentStatus.RUNNING and row.status == SubagentStatus.WAITING_HUMAN:
        # The engine says busy while it waits for an answer; what waits is known from the requests.
        return
    if status is not None:
        move_subagent(change, row, status=status, raw=state, at=at)


def move_subagent(change: Change, row: Subagent, *, status: SubagentStatus, raw: str, at: datetime) -> bool:
    """Conditional transition; an ended row stays as it ended. True when it moved."""
    ended_at = at if status in SubagentStatus.ended() else None
    moved = (
        Subagent.objects.filter(pk=row.pk)
        .exclude(status__in=[*SubagentStatus.ended(), status])
        .update(status=status, status_raw=raw, ended_at=ended_at, last_seen_at=at)
    )
    if not moved:
        return False
    before, row.status = row.status, status
    change.audit(
        "subagent.status", Subject("subagent", row.pk), before={"status": before}, after={"status": status}
    )
    announce_subagent(change, row)
    return True


def record_subagent_status(
    *, actor: Actor, row: Subagent, status: SubagentStatus, raw: str, at: datetime
) -> bool:
    """What became of a delegation, as found out by looking; True when it is news."""
    with changes(actor) as change:
        return move_subagent(change, row, status=status, raw=raw, at=at)


def record_abort(*, actor: Actor, engine: Engine, session_id: str, at: datetime) -> None:
    """A turn was aborted. A subagent's delegation ends with it, as cancelled."""
    with changes(actor) as change:
        Chat.objects.filter(engine=engine, ai_engine_session_id=session_id).update(aborted_at=at)
        row = Subagent.objects.filter(instance=engine, source_ref=session_id).first()
        if row is not None:
            move_subagent(change, row, status=SubagentStatus.CANCELLED, raw="aborted", at=at)


def block_chat(*, actor: Actor, chat: Chat, why: str) -> None:
    """An incident: somebody else answered a request of this chat."""
    with changes(actor) as change:
        if Chat.objects.filter(pk=chat.pk, blocked_at=None).update(blocked_at=timezone.now()):
            change.audit("chat.block", Subject("chat", chat.pk), after={"why": why})
            announce_chat(change, chat)
