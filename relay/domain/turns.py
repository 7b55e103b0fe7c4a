"""Whose turn it is: an agent that falls silent gives the turn back, unless something of it is still open."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from engines.domain.sessions import give_turn_back, record_session_state
from engines.enums import SessionState, Turn
from engines.models import Chat, Engine
from events.actors import RELAY_ACTOR
from governance.enums import QuestionState, RequestState
from governance.models import PermissionRequest, Question


def leave_out_pending(chats: QuerySet[Chat]) -> QuerySet[Chat]:
    """Those where nobody has to decide or answer anything."""
    chat = OuterRef("pk")
    return chats.exclude(
        Exists(PermissionRequest.objects.filter(chat=chat, state=RequestState.PENDING))
    ).exclude(Exists(Question.objects.filter(chat=chat, state=QuestionState.OPEN)))


def record_state(*, engine: Engine, session_id: str, state: SessionState, at: datetime) -> bool:
    """The engine's word on a session. False: no such session."""
    is_held = False
    if state == SessionState.IDLE:
        chats = Chat.objects.filter(engine=engine, ai_engine_session_id=session_id)
        is_held = chats.exists() and not leave_out_pending(chats).exists()
    return record_session_state(
        actor=RELAY_ACTOR, engine=engine, session_id=session_id, state=state, at=at, is_held=is_held
    )


def find_held(*, engine: Engine) -> list[Chat]:
    """Silent agents whose turn nothing holds any more."""
    silent = Chat.objects.filter(engine=engine, turn=Turn.ASSISTANT, session_state=SessionState.IDLE)
    return list(leave_out_pending(silent))


def give_turns_back(*, chats: list[Chat]) -> None:
    for chat in chats:
        give_turn_back(actor=RELAY_ACTOR, chat=chat)
