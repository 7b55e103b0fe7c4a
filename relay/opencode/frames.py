"""The events of `GET /global/event` that a relay acts on.

A frame on the wire is `{"directory", "project", "payload": {"id", "type", "properties"}}`, without
`directory` for events of the whole process. An event that is sent twice keeps its id. `sync` copies
repeat the id of their twin and are dropped here. Unknown event types and unknown fields are ignored; a
wrong type in a used field is an EngineProtocolError. Observed on OpenCode 1.18.33.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from relay.opencode.decoding import (
    JsonObject,
    read_id,
    read_list,
    read_object,
    read_optional_id,
    read_optional_text,
    read_text,
    require_list,
    require_object,
)
from relay.opencode.errors import EngineProtocolError
from relay.opencode.records import (
    Message,
    Part,
    PermissionAsk,
    Question,
    Session,
    parse_error,
    parse_message,
    parse_part,
    parse_permission_ask,
    parse_question,
    parse_session,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseFrame:
    """`directory` is empty for an event of the whole engine."""

    directory: str
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConnected(BaseFrame):
    """The first frame of each connection: list what is pending now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat(BaseFrame):
    """Every ten seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionAsked(BaseFrame):
    ask: PermissionAsk


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionReplied(BaseFrame):
    """`reply` is once, always or reject. A reject sends one for each open request of its session."""

    session_id: str
    request_id: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked(BaseFrame):
    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionClosed(BaseFrame):
    """Answered, or dismissed: `answers` None. One list of texts for each thing that was asked."""

    session_id: str
    request_id: str
    answers: tuple[tuple[str, ...], ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCreated(BaseFrame):
    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionUpdated(BaseFrame):
    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDeleted(BaseFrame):
    """Its pending requests stay listed and a late `once` would still run them: reject each at once."""

    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStatus(BaseFrame):
    """`status` is busy, retry or idle."""

    session_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionIdle(BaseFrame):
    """The turn ended; comes twice after an abort."""

    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionError(BaseFrame):
    """`session_id` is None for an engine-wide error, such as a plugin that failed to load."""

    session_id: str | None
    name: str
    message: str

    @property
    def is_abort(self) -> bool:
        return self.name == "MessageAbortedError"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageUpdated(BaseFrame):
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRemoved(BaseFrame):
    session_id: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartUpdated(BaseFrame):
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDelta(BaseFrame):
    """More text of a part, `field` being which of its texts; only for display: it comes whole at its end."""

    session_id: str
    message_id: str
    part_id: str
    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class McpToolsChanged(BaseFrame):
    """An MCP server says that it offers other tools now; `server` is the engine's name for it."""

    server: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceDisposed(BaseFrame):
    """`directory` was reloaded: its running turns and pending requests are gone, with no event for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalDisposed(BaseFrame):
    """Every directory was reloaded."""


Frame: TypeAlias = (
    ServerConnected
    | Heartbeat
    | PermissionAsked
    | PermissionReplied
    | QuestionAsked
    | QuestionClosed
    | SessionCreated
    | SessionUpdated
    | SessionDeleted
    | SessionStatus
    | SessionIdle
    | SessionError
    | MessageUpdated
    | MessageRemoved
    | PartUpdated
    | PartDelta
    | McpToolsChanged
    | InstanceDisposed
    | GlobalDisposed
)
# (directory, event id, properties) → frame
_Builder: TypeAlias = Callable[[str, str, JsonObject], Frame]


def parse(raw: Any) -> Frame | None:
    """The frame in one decoded `data:` line of the global stream, or None for an event nobody acts on.

    Raises EngineProtocolError when the envelope or a used field has the wrong type.
    """
    envelope = require_object(raw, "event")
    payload = read_object(envelope, "payload")
    build = _BUILDERS.get(read_text(payload, "type"))
    if build is None:
        return None
    directory = read_optional_text(envelope, "directory")
    return build(directory, read_optional_text(payload, "id"), read_object(payload, "properties"))


def _build_bare(kind: type[ServerConnected | Heartbeat | GlobalDisposed]) -> _Builder:
    return lambda directory, event_id, _properties: kind(directory=directory, event_id=event_id)


def _build_session(kind: type[SessionCreated | SessionUpdated | SessionDeleted]) -> _Builder:
    def build(directory: str, event_id: str, properties: JsonObject) -> Frame:
        return kind(directory=directory, event_id=event_id, session=parse_session(properties.get("info")))

    return build


def _build_question_closed(*, is_answered: bool) -> _Builder:
    def build(directory: str, event_id: str, properties: JsonObject) -> Frame:
        return QuestionClosed(
            directory=directory,
            event_id=event_id,
            session_id=read_id(properties, "sessionID"),
            request_id=read_id(properties, "requestID"),
            answers=_read_answers(properties) if is_answered else None,
        )

    return build


def _read_answers(properties: JsonObject) -> tuple[tuple[str, ...], ...]:
    answers = [require_list(answer, "answer") for answer in read_list(properties, "answers")]
    return tuple(tuple(text for text in answer if isinstance(text, str)) for answer in answers)


def _build_permission_asked(directory: str, event_id: str, properties: JsonObject) -> Frame:
    return PermissionAsked(directory=directory, event_id=event_id, ask=parse_permission_ask(properties))


def _build_permission_replied(directory: str, event_id: str, properties: JsonObject) -> Frame:
    return PermissionReplied(
        directory=directory,
        event_id=event_id,
        session_id=read_id(properties, "sessionID"),
        request_id=read_id(properties, "requestID"),
        reply=read_text(properties, "reply"),
    )


def _build_question_asked(directory: str, event_id: str, properties: JsonObject) -> Frame:
    return QuestionAsked(directory=directory, event_id=event_id, question=parse_question(properties))


def _build_session_status(directory: str, event_id: str, properties: JsonObject) -> Frame:
    return SessionStatus(
        directory=directory,
        event_id=event_id,
        session_id=read_id(properties, "sessionID"),
        status=read_text(read_object(properties, "status"), "type"),
    )


def _build_session_idle(directory: str, event_id: str, properties: JsonObject) -> Frame:
    return SessionIdle(directory=directory, event_id=event_id, session_id=read_id(properties, "sessionID"))


def _build_session_error(directory: str, event_id: str, properties: JsonObject) -> Frame:
    name, message = parse_error(properties)
    return SessionError(
        directory=directory,
        event_id=event_id,
        session_id=read_optional_id(properties, "sessionID"),
        name=name,
        message=message,
    )


def _build_message_updated(directory: str, event_id: str, properties: JsonObject) -> Frame:
    return MessageUpdated(
        directory=directory, event_id=event_id, message=parse_message(properties.get("info"))
    )


def _build_message_removed(directory: str, event_id: str, properties: JsonObject) -> Frame:
    return MessageRemoved(
        directory=directory,
        event_id=event_id,
        session_id=read_id(properties, "sessionID"),
        message_id=read_id(properties, "messageID"),
    )


def _build_part_updated(directory: str, event_id: str, properties: JsonObject) -> Frame:
    return PartUpdated(directory=directory, event_id=event_id, part=parse_part(properties.get("part")))


def _build_part_delta(directory: str, event_id: str, properties: JsonObject) -> Frame:
    return PartDelta(
        directory=directory,
        event_id=event_id,
        session_id=read_id(properties, "sessionID"),
        message_id=read_id(properties, "messageID"),
        part_id=read_id(properties, "partID"),
        field=read_text(properties, "field"),
        text=read_text(properties, "delta"),
    )


def _build_tools_changed(directory: str, event_id: str, properties: JsonObject) -> Frame:
    return McpToolsChanged(directory=directory, event_id=event_id, server=read_text(properties, "server"))


def _build_instance_disposed(directory: str, event_id: str, properties: JsonObject) -> Frame:
    # The event names its directory itself; without any we would not know what is gone.
    directory = read_optional_text(properties, "directory") or directory
    if not directory:
        raise EngineProtocolError("The engine disposed of a directory without naming it.")
    return InstanceDisposed(directory=directory, event_id=event_id)


# Absent on purpose: `sync` (copies), `plugin.added` (60 at each start).
_BUILDERS: dict[str, _Builder] = {
    "server.connected": _build_bare(ServerConnected),
    "server.heartbeat": _build_bare(Heartbeat),
    "permission.asked": _build_permission_asked,
    "permission.replied": _build_permission_replied,
    "question.asked": _build_question_asked,
    "question.replied": _build_question_closed(is_answered=True),
    "question.rejected": _build_question_closed(is_answered=False),
    "session.created": _build_session(SessionCreated),
    "session.updated": _build_session(SessionUpdated),
    "session.deleted": _build_session(SessionDeleted),
    "session.status": _build_session_status,
    "session.idle": _build_session_idle,
    "session.error": _build_session_error,
    "message.updated": _build_message_updated,
    "message.removed": _build_message_removed,
    "message.part.updated": _build_part_updated,
    "message.part.delta": _build_part_delta,
    "mcp.tools.changed": _build_tools_changed,
    "server.instance.disposed": _build_instance_disposed,
    "global.disposed": _build_bare(GlobalDisposed),
}
