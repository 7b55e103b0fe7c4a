"""How the states of engines, chats and delegations read."""

from __future__ import annotations

from accounts.admin.display import Pill
from engines.enums import EngineState, SessionState, SubagentStatus
from engines.models import Chat, Engine, Subagent

ENGINE_LOOKS = {
    EngineState.ONLINE: ("check", "ok"),
    EngineState.CONNECTING: ("hourglass", "info"),
    EngineState.DEGRADED: ("warning", "warn"),
    EngineState.OFFLINE: ("cross", "bad"),
    EngineState.UNAUTHORIZED: ("lock", "bad"),
    EngineState.UNKNOWN: ("dot", "quiet"),
}
SESSION_LOOKS = {
    SessionState.BUSY: ("spark", "info"),
    SessionState.RETRY: ("hourglass", "warn"),
    SessionState.IDLE: ("check", "quiet"),
    SessionState.DELETED: ("off", "quiet"),
    SessionState.UNKNOWN: ("dot", "quiet"),
}
SUBAGENT_LOOKS = {
    SubagentStatus.QUEUED: ("hourglass", "quiet"),
    SubagentStatus.STARTING: ("hourglass", "info"),
    SubagentStatus.RUNNING: ("spark", "info"),
    SubagentStatus.WAITING_HUMAN: ("hand", "wait"),
    SubagentStatus.COMPLETED: ("check", "ok"),
    SubagentStatus.FAILED: ("cross", "bad"),
    SubagentStatus.CANCELLED: ("off", "quiet"),
    SubagentStatus.LOST: ("warning", "warn"),
}


def describe_engine(engine: Engine) -> Pill:
    """A paused engine is paused, whatever was last seen of it."""
    if engine.retired_at is not None:
        return Pill("retired", "off", "quiet")
    if not engine.is_enabled:
        return Pill("paused", "pause", "quiet", "nothing of it is answered")
    icon, tone = ENGINE_LOOKS[EngineState(engine.state)]
    return Pill(engine.get_state_display(), icon, tone, engine.state_reason)


def describe_chat(chat: Chat) -> Pill:
    if chat.blocked_at is not None:
        return Pill("blocked", "warning", "bad", "somebody answered a request past Countersign")
    icon, tone = SESSION_LOOKS[SessionState(chat.session_state)]
    return Pill(chat.get_session_state_display(), icon, tone)


def describe_subagent(subagent: Subagent) -> Pill:
    icon, tone = SUBAGENT_LOOKS[SubagentStatus(subagent.status)]
    is_elsewhere = subagent.status == SubagentStatus.WAITING_HUMAN and subagent.cao_server_id is not None
    note = "in its terminal, which Countersign can't answer" if is_elsewhere else ""
    return Pill(subagent.get_status_display(), icon, tone, note)
