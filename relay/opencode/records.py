"""What the engine tells us about its requests, questions, sessions, messages and parts.

Only the fields Countersign acts on; unknown fields are ignored, a wrong type in a used field is an
EngineProtocolError. The engine keeps its own analytics (cost, tokens, model): those are not read here.
Observed on OpenCode 1.18.33.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from events.identifiers import is_record_id
from relay.opencode.decoding import (
    JsonObject,
    make_storable,
    read_id,
    read_list,
    read_milliseconds,
    read_object,
    read_optional_id,
    read_optional_milliseconds,
    read_optional_object,
    read_optional_text,
    read_text,
    require_object,
)
from relay.opencode.errors import EngineProtocolError

# The key in a session's metadata that names the chat it was made for.
CHAT_KEY = "portal_chat"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """Which call of which message a request is about.

    `call_id` is the model provider's and not unique across sessions: look it up by both.
    """

    message_id: str
    call_id: str


@dataclass(frozen=True, slots=True)
class PermissionAsk:
    """One pending permission request; `tool` is None for a `doom_loop`.

    `metadata` holds what the engine knows when it asks (command, diff, path, URL). It is empty for a
    tool of an MCP server, whose arguments stand in the tool part alone.
    """

    id: str
    session_id: str
    permission: str
    patterns: tuple[str, ...]
    metadata: JsonObject
    tool: ToolCall | None
    is_text_altered: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One pending question of an agent; it may hold several, each needs an answer of its own."""

    id: str
    session_id: str
    questions: tuple[JsonObject, ...]
    tool: ToolCall | None


@dataclass(frozen=True, slots=True)
class Session:
    """`parent_id` is set for a subagent's session; `archived_ms` for one that was put away.

    `chat_id` is the chat we made it for, "" for a session made elsewhere. The model is told once it is used.
    """

    id: str
    parent_id: str | None
    directory: str
    title: str
    agent: str
    created_ms: int
    updated_ms: int
    archived_ms: int | None
    chat_id: str = ""
    provider: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """`completed_ms` stays None for a message whose turn was cut off by a restart.

    `parent_id` of an assistant's message is the user's message it answers.
    """

    id: str
    session_id: str
    role: str
    parent_id: str | None
    agent: str
    created_ms: int
    completed_ms: int | None
    finish: str
    error_name: str
    error_message: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message. Of the tool fields, `tool`, `call_id` and `status` are empty for other types.

    `status` is pending, running, completed or error; the arguments (`input`) are empty while it is pending.
    `text` holds the text of a text or reasoning part, the output of a completed tool, or its error. A text
    that `is_synthetic` was put in by the engine, such as a file's content; one that `is_growing` is still
    being written. The rest is only shown, and empty where the engine says nothing readable: `title` of a tool
    call, `child_session_id` of a delegation, `mime` and `filename` of a file, `name` of an agent,
    `description` of what it was asked to do, `files` of a patch.
    """

    id: str
    session_id: str
    message_id: str
    type: str
    tool: str
    call_id: str
    status: str
    input: JsonObject
    text: str
    is_text_altered: bool
    is_synthetic: bool = False
    is_growing: bool = False
    title: str = ""
    child_session_id: str = ""
    mime: str = ""
    filename: str = ""
    name: str = ""
    description: str = ""
    files: tuple[str, ...] = ()

    @property
    def has_arguments(self) -> bool:
        """True once the call's arguments are known: from `running` on."""
        return self.type == "tool" and self.status in {"running", "completed", "error"}


@dataclass(frozen=True, slots=True)
class MessageWithParts:
    message: Message
    parts: tuple[Part, ...]

    def find_tool_part(self, call_id: str) -> Part | None:
        return next((part for part in self.parts if part.type == "tool" and part.call_id == call_id), None)


def parse_permission_ask(raw: Any) -> PermissionAsk:
    source = require_object(raw, "permission request")
    patterns, patterns_altered = make_storable(_read_texts(source, "patterns"))
    metadata, metadata_altered = make_storable(read_optional_object(source, "metadata") or {})
    permission, permission_altered = make_storable(read_text(source, "permission"))
    return PermissionAsk(
        id=read_id(source, "id"),
        session_id=read_id(source, "sessionID"),
        permission=permission,
        patterns=tuple(patterns),
        metadata=metadata,
        tool=_parse_tool_call(source),
        is_text_altered=patterns_altered or metadata_altered or permission_altered,
    )


def parse_question(raw: Any) -> Question:
    source = require_object(raw, "question")
    questions, _ = make_storable(
        [require_object(item, "question") for item in read_list(source, "questions")]
    )
    return Question(
        id=read_id(source, "id"),
        session_id=read_id(source, "sessionID"),
        questions=tuple(questions),
        tool=_parse_tool_call(source),
    )


def parse_session(raw: Any) -> Session:
    source = require_object(raw, "session")
    time = read_object(source, "time")
    model = read_optional_object(source, "model") or {}
    return Session(
        id=read_id(source, "id"),
        parent_id=read_optional_id(source, "parentID"),
        directory=read_text(source, "directory"),
        title=read_optional_text(source, "title"),
        agent=read_optional_text(source, "agent"),
        created_ms=read_milliseconds(time, "created"),
        updated_ms=read_milliseconds(time, "updated"),
        archived_ms=read_optional_milliseconds(time, "archived"),
        chat_id=read_chat_id(source),
        provider=read_optional_text(model, "providerID"),
        model=read_optional_text(model, "id"),
    )


def read_chat_id(source: JsonObject) -> str:
    """Metadata is anybody's to write: whatever can't be the id of a chat is none."""
    metadata = source.get("metadata")
    chat_id = metadata.get(CHAT_KEY) if isinstance(metadata, dict) else None
    return chat_id if isinstance(chat_id, str) and is_record_id(chat_id) else ""


def parse_message(raw: Any) -> Message:
    source = require_object(raw, "message")
    time = read_object(source, "time")
    error_name, error_message = parse_error(source)
    return Message(
        id=read_id(source, "id"),
        session_id=read_id(source, "sessionID"),
        role=read_text(source, "role"),
        parent_id=read_optional_id(source, "parentID"),
        agent=read_optional_text(source, "agent"),
        created_ms=read_milliseconds(time, "created"),
        completed_ms=read_optional_milliseconds(time, "completed"),
        finish=read_optional_text(source, "finish"),
        error_name=error_name,
        error_message=error_message,
    )


def parse_part(raw: Any) -> Part:
    source = require_object(raw, "message part")
    kind = read_text(source, "type")
    state: JsonObject = read_object(source, "state") if kind == "tool" else {}
    arguments, is_altered = make_storable(read_optional_object(state, "input") or {})
    return Part(
        id=read_id(source, "id"),
        session_id=read_id(source, "sessionID"),
        message_id=read_id(source, "messageID"),
        type=kind,
        tool=read_text(source, "tool") if kind == "tool" else "",
        call_id=read_text(source, "callID") if kind == "tool" else "",
        status=read_text(state, "status") if kind == "tool" else "",
        input=arguments,
        text=_read_part_text(source, state),
        is_text_altered=is_altered,
        is_synthetic=source.get("synthetic") is True,
        is_growing=_is_growing(source.get("time")),
        title=_read_shown(state, "title"),
        child_session_id=_read_shown(state.get("metadata"), "sessionId"),
        mime=_read_shown(source, "mime"),
        filename=_read_shown(source, "filename"),
        name=_read_shown(source, "agent") or _read_shown(source, "name"),
        description=_read_shown(source, "description"),
        files=_read_files(source),
    )


def parse_message_with_parts(raw: Any) -> MessageWithParts:
    source = require_object(raw, "message")
    return MessageWithParts(
        message=parse_message(source.get("info")),
        parts=tuple(parse_part(part) for part in read_list(source, "parts")),
    )


def parse_error(source: JsonObject) -> tuple[str, str]:
    """Name and message of an `error` object, empty when there is none. The provider's body is left out."""
    error = read_optional_object(source, "error")
    if error is None:
        return "", ""
    details = read_optional_object(error, "data") or {}
    return read_text(error, "name"), read_optional_text(details, "message")


def _parse_tool_call(source: JsonObject) -> ToolCall | None:
    tool = read_optional_object(source, "tool")
    if tool is None:
        return None
    return ToolCall(message_id=read_id(tool, "messageID"), call_id=read_text(tool, "callID"))


def _read_texts(source: JsonObject, name: str) -> list[str]:
    values = read_list(source, name)
    if not all(isinstance(value, str) for value in values):
        raise EngineProtocolError(f"The engine's {name} are not texts.")
    return values


def _read_part_text(source: JsonObject, state: JsonObject) -> str:
    for holder, name in ((source, "text"), (state, "output"), (state, "error")):
        if isinstance(holder.get(name), str):
            return read_text(holder, name)
    return ""


def _read_shown(source: Any, name: str) -> str:
    """A text that nothing depends on."""
    value = source.get(name) if isinstance(source, dict) else None
    return make_storable(value)[0] if isinstance(value, str) else ""


def _is_growing(time: Any) -> bool:
    """What a person wrote has no times; an agent's text has an end when it is whole."""
    return isinstance(time, dict) and "start" in time and time.get("end") is None


def _read_files(source: JsonObject) -> tuple[str, ...]:
    files = source.get("files")
    names = files if isinstance(files, list) else []
    return tuple(make_storable(name)[0] for name in names if isinstance(name, str))
