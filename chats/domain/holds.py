"""Why a prompt waits. What is not known to be free is waited for."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from chats.enums import PromptState, StopState
from chats.models import OutgoingMessage, TurnStop
from engines.enums import EngineState, SessionState, Turn
from engines.models import Chat
from governance.domain.gate import explain_not_prompting
from governance.enums import QuestionState, ReplyState, RequestState
from governance.models import EngineReply, PermissionRequest, Question

WORKING = frozenset({SessionState.BUSY, SessionState.RETRY})
REACHABLE = frozenset({EngineState.ONLINE, EngineState.DEGRADED})
# Known to be away; `connecting` and `unknown` pass by at every start of the relay.
AWAY = frozenset({EngineState.OFFLINE, EngineState.UNAUTHORIZED})


def explain_waiting(prompt: OutgoingMessage) -> str:
    """Why a queued prompt may not be sent now; "" when it may, and for one that waits no more."""
    if prompt.state != PromptState.QUEUED:
        return ""
    return explain_place(prompt) or explain_busy(prompt.chat) or explain_gate(prompt.chat)


def describe_wait(prompt: OutgoingMessage) -> str:
    """The same for people, with what only delays it: an engine that is away, an attempt that failed."""
    if prompt.state in PromptState.in_flight():
        return "It is on its way."
    held = explain_waiting(prompt)
    if held or prompt.state != PromptState.QUEUED:
        return held
    if prompt.chat.engine.state not in REACHABLE:
        return f"The engine is {prompt.chat.engine.get_state_display()}."
    return f"It is tried again: {prompt.last_error}" if prompt.last_error else "It is about to be sent."


def explain_place(prompt: OutgoingMessage) -> str:
    earlier = OutgoingMessage.objects.filter(chat_id=prompt.chat_id, position__lt=prompt.position)
    if earlier.filter(state__in=list(PromptState.open())).exists():
        return "Earlier messages of the chat go first."
    return ""


def explain_busy(chat: Chat) -> str:
    """Why nothing may be sent in the chat now, but for its engine's gate."""
    if chat.engine.retired_at is not None:
        return "The engine is retired."
    if not chat.engine.is_enabled:
        return "The engine is switched off."
    if chat.archived_at is not None:
        return "The chat is archived."
    if chat.blocked_at is not None:
        return "The chat is blocked after an incident."
    if is_at_work(chat):
        return "It is the agent's turn."
    if PermissionRequest.objects.filter(chat=chat, state=RequestState.PENDING).exists():
        return "The agent waits for a permission."
    if Question.objects.filter(chat=chat, state=QuestionState.OPEN).exists():
        return "The agent waits for an answer."
    if list_open_replies().filter(Q(request__chat=chat) | Q(question__chat=chat)).exists():
        return "A decision is on its way to the agent."
    if TurnStop.objects.filter(chat=chat, state__in=list(StopState.open())).exists():
        return "The agent is being stopped."
    return ""


def explain_gate(chat: Chat) -> str:
    return explain_not_prompting(chat.engine_id, chat.directory)


def is_at_work(chat: Chat) -> bool:
    return chat.turn == Turn.ASSISTANT or chat.session_state in WORKING


def is_out_of_reach(chat: Chat) -> bool:
    """The agent is thought to be at work, and nobody hears of it: its engine is away or switched off."""
    engine = chat.engine
    return is_at_work(chat) and (not engine.is_enabled or engine.state in AWAY)


def list_open_replies() -> QuerySet[EngineReply]:
    return EngineReply.objects.filter(state__in=list(ReplyState.open()))


def leave_out_held(prompts: QuerySet[OutgoingMessage]) -> QuerySet[OutgoingMessage]:
    """Those of `prompts` that nothing but their engine's gate may hold: `explain_waiting` as one query."""
    chat = OuterRef("chat")
    earlier = OutgoingMessage.objects.filter(chat=chat, position__lt=OuterRef("position"))
    replies = list_open_replies()
    return prompts.filter(
        ~Exists(earlier.filter(state__in=list(PromptState.open()))),
        ~Exists(PermissionRequest.objects.filter(chat=chat, state=RequestState.PENDING)),
        ~Exists(Question.objects.filter(chat=chat, state=QuestionState.OPEN)),
        ~Exists(replies.filter(request__chat=chat)),
        ~Exists(replies.filter(question__chat=chat)),
        ~Exists(TurnStop.objects.filter(chat=chat, state__in=list(StopState.open()))),
        state=PromptState.QUEUED,
        chat__engine__retired_at=None,
        chat__engine__is_enabled=True,
        chat__archived_at=None,
        chat__blocked_at=None,
    ).exclude(Q(chat__turn=Turn.ASSISTANT) | Q(chat__session_state__in=list(WORKING)))
