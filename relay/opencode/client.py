"""Calls to one OpenCode server.

Nearly every call names the project folder it is about: pending lists, replies, status and config are kept for
each folder apart, and a reply with another folder gets 404. Each call has an end in time, because the engine
leaves requests unanswered while it starts. Nothing here is retried: whoever calls knows whether that is safe.

The engine's third answer to a request, a standing grant, can't be sent from here: it would outrank every rule
for all sessions of the folder. Standing grants live in Countersign, which answers each request with `once`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, Literal, Protocol, Self, TypeVar
from urllib.parse import quote

import httpx

from configs.opencode_rules import AgentRules, RulesError, parse_agents
from events.egress import DEFAULT_ALLOW, AllowList
from relay.opencode.calls import Call, EngineConnection, Timeouts
from relay.opencode.decoding import (
    JsonObject,
    decode_json,
    make_text_storable,
    read_object,
    read_optional_text,
    read_text,
    require_list,
    require_object,
)
from relay.opencode.errors import EngineError, EngineProtocolError, EngineUnauthorized, EngineUnreachable
from relay.opencode.records import (
    CHAT_KEY,
    MessageWithParts,
    Part,
    PermissionAsk,
    Question,
    Session,
    parse_message_with_parts,
    parse_permission_ask,
    parse_question,
    parse_session,
)

Item = TypeVar("Item", bound="Listed")


class Listed(Protocol):
    """What has an id of the engine's."""

    @property
    def id(self) -> str: ...


# The whole vocabulary of our answers.
Reply = Literal["once", "reject"]
REPLIES = frozenset({"once", "reject"})

DEFAULT_USERNAME = "opencode"
SESSION_LIST_LIMIT = 1000
# `GET /config` holds provider keys and MCP credentials in clear: only these keys leave this module.
CONFIG_KEYS = (
    "$schema",
    "model",
    "small_model",
    "default_agent",
    "permission",
    "share",
    "autoupdate",
    "plugin",
)


@dataclass(frozen=True, slots=True)
class Health:
    is_healthy: bool
    version: str


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """What the engine lists as pending.

    `is_complete` False means that absence proves nothing: the engine answered another status than 200
    (400 while a webfetch without a time-out is pending), or an entry could not be read. Presence is
    proof either way.
    """

    items: tuple[Item, ...]
    is_complete: bool
    status: int

    @property
    def ids(self) -> set[str]:
        return {item.id for item in self.items}

    def holds(self, item_id: str) -> bool | None:
        """Whether it is listed; None when the list does not say."""
        return True if item_id in self.ids else (False if self.is_complete else None)


class ReplyOutcome(Enum):
    """What became of an answer we sent."""

    ACCEPTED = "accepted"  # the engine took it
    GONE = "gone"  # the engine knows no such open request in this folder
    REFUSED = "refused"  # another 4xx: the answer was malformed, nothing changed
    UNAUTHORIZED = "unauthorized"  # our credentials are wrong, nothing changed
    UNREACHABLE = "unreachable"  # no connection, so nothing was sent
    UNKNOWN = "unknown"  # it may have arrived: ask the list before sending anything again


class OpenCodeClient:
    """One engine at one address. Close it with `aclose()`, or use it as an async context manager."""

    def __init__(
        self,
        address: str,
        username: str = DEFAULT_USERNAME,
        password: str = "",
        *,
        timeouts: Timeouts | None = None,
        allow: AllowList | None = None,
    ) -> None:
        """`address` is the engine's origin. Raises events.egress.EgressRefused when it is malformed."""
        self.address = address.rstrip("/")
        self.connection = EngineConnection(
            self.address,
            username,
            password,
            timeouts=timeouts or Timeouts(),
            allow=allow or AllowList.parse(DEFAULT_ALLOW),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self.connection.http.aclose()

    def __repr__(self) -> str:
        return f"OpenCodeClient({self.address!r})"

    # Engine-wide

    async def health(self) -> Health:
        answer = require_object(await self._get("/global/health"), "health")
        return Health(is_healthy=answer.get("healthy") is True, version=read_text(answer, "version"))

    async def list_projects(self) -> tuple[str, ...]:
        """Project folders the engine knows, without `/`, which stands for sessions outside any project."""
        projects = require_list(await self._get("/project"), "project list")
        folders = [read_text(require_object(project, "project"), "worktree") for project in projects]
        return tuple(dict.fromkeys(folder for folder in folders if folder != "/"))

    async def list_directories(self) -> tuple[str, ...]:
        """Every folder that may hold a pending request: of projects and of sessions, archived ones too."""
        parameters = {"limit": str(SESSION_LIST_LIMIT), "archived": "true"}
        answer = await self._get("/experimental/session", parameters=parameters)
        sessions = [parse_session(session) for session in require_list(answer, "session list")]
        folders = [*await self.list_projects(), *(session.directory for session in sessions)]
        return tuple(dict.fromkeys(folders))

    # Permission requests and questions

    async def list_permissions(self, directory: str) -> Listing[PermissionAsk]:
        status, body = await self.connection.send(Call("GET", "/permission", directory))
        return _read_listing(status, body, parse_permission_ask)

    async def list_questions(self, directory: str) -> Listing[Question]:
        status, body = await self.connection.send(Call("GET", "/question", directory))
        return _read_listing(status, body, parse_question)

    async def reply_permission(
        self, directory: str, request_id: str, reply: Reply, message: str = ""
    ) -> ReplyOutcome:
        """Answer one request. A reject closes every open request of its session.

        With a message a reject reaches the model and the turn goes on; without one the turn stops. Never
        raises EngineError: each failure is an outcome.
        """
        if reply not in REPLIES:
            raise ValueError("An engine is answered once or reject, nothing else.")
        body: JsonObject = {"reply": reply}
        if message:
            body["message"] = make_text_storable(message)[0]
        return await self._reply(f"/permission/{_quote(request_id)}/reply", directory, body)

    async def reject_question(self, directory: str, request_id: str) -> ReplyOutcome:
        """Dismiss a question; the turn stops and the model gets no reason (the engine takes none)."""
        return await self._reply(f"/question/{_quote(request_id)}/reject", directory, None)

    async def reply_question(
        self, directory: str, request_id: str, answers: Sequence[Sequence[str]]
    ) -> ReplyOutcome:
        """Answer a question: for each thing it asks the labels chosen, or other words. The turn goes on."""
        body: JsonObject = {"answers": [[make_text_storable(text)[0] for text in texts] for texts in answers]}
        return await self._reply(f"/question/{_quote(request_id)}/reply", directory, body)

    # Sessions and messages

    async def create_session(
        self,
        directory: str,
        *,
        title: str,
        rules: Sequence[tuple[str, str, str]] = (),
        agent: str = "",
        chat_id: str = "",
    ) -> Session:
        """Start a session. With a title the engine asks the model for none.

        `rules` are (permission, pattern, action), evaluated after the agent's own; a subagent's session
        is not bound by their `ask`. `chat_id` is kept with the session, and found again by listing.
        """
        body: JsonObject = {"title": title}
        if chat_id:
            body["metadata"] = {CHAT_KEY: chat_id}
        if rules:
            names = ("permission", "pattern", "action")
            body["permission"] = [dict(zip(names, rule, strict=True)) for rule in rules]
        if agent:
            body["agent"] = agent
        return parse_session(await self._post("/session", directory=directory, body=body))

    async def get_session(self, directory: str, session_id: str) -> Session | None:
        answer = await self._find(directory, f"/session/{_quote(session_id)}")
        return None if answer is None else parse_session(answer)

    async def list_sessions(self, directory: str) -> tuple[Session, ...]:
        parameters = {"limit": str(SESSION_LIST_LIMIT)}
        answer = await self._get("/session", directory=directory, parameters=parameters)
        return tuple(parse_session(session) for session in require_list(answer, "session list"))

    async def list_children(self, directory: str, session_id: str) -> tuple[Session, ...]:
        """The subagents of a session; none for a session the engine does not know."""
        answer = await self._find(directory, f"/session/{_quote(session_id)}/children")
        return tuple(parse_session(child) for child in require_list(answer or [], "list of subagents"))

    async def session_status(self, directory: str) -> dict[str, str]:
        """Session id → busy or retry. Idle sessions are absent."""
        answer = require_object(await self._get("/session/status", directory=directory), "session status")
        return {session_id: read_text(read_object(answer, session_id), "type") for session_id in answer}

    async def list_messages(
        self, directory: str, session_id: str, limit: int = 50
    ) -> tuple[MessageWithParts, ...] | None:
        """The newest messages, oldest first, or None for a session the engine does not know."""
        parameters = {"limit": str(limit)}
        answer = await self._find(directory, f"/session/{_quote(session_id)}/message", parameters)
        if answer is None:
            return None
        return tuple(parse_message_with_parts(message) for message in require_list(answer, "message list"))

    async def get_message(self, directory: str, session_id: str, message_id: str) -> MessageWithParts | None:
        path = f"/session/{_quote(session_id)}/message/{_quote(message_id)}"
        answer = await self._find(directory, path)
        return None if answer is None else parse_message_with_parts(answer)

    async def find_tool_part(
        self, directory: str, session_id: str, message_id: str, call_id: str
    ) -> Part | None:
        """The part of one tool call, which holds its arguments once it is `running`."""
        message = await self.get_message(directory, session_id, message_id)
        return None if message is None else message.find_tool_part(call_id)

    async def prompt_async(
        self,
        directory: str,
        session_id: str,
        text: str,
        *,
        message_id: str = "",
        part_id: str = "",
        agent: str = "",
        provider: str = "",
        model: str = "",
        variant: str = "",
    ) -> None:
        """Send a prompt and return at once; what becomes of it comes as events.

        With both ids of the sender's choice (`relay.opencode.ids`), sending it again changes nothing.
        EngineUnknown with the status 404: there is no such session.
        """
        part: JsonObject = {"type": "text", "text": text}
        if part_id:
            part["id"] = part_id
        body: JsonObject = {"parts": [part]}
        if message_id:
            body["messageID"] = message_id
        if agent:
            body["agent"] = agent
        if provider and model:
            body["model"] = {"providerID": provider, "modelID": model}
        if variant:
            body["variant"] = variant
        await self._post(f"/session/{_quote(session_id)}/prompt_async", directory=directory, body=body)

    async def abort(self, directory: str, session_id: str) -> None:
        """Stop a turn. Its pending requests stay listed and must be rejected one by one afterwards.

        The engine also answers success for a session it does not know.
        """
        await self._post(f"/session/{_quote(session_id)}/abort", directory=directory)

    async def delete_session(self, directory: str, session_id: str) -> None:
        await self.connection.fetch(Call("DELETE", f"/session/{_quote(session_id)}", directory))

    # Configuration, read only

    async def get_agents(self, directory: str) -> tuple[AgentRules, ...]:
        """The agents with their flattened rules, as they hold in this folder."""
        try:
            return parse_agents(await self._get("/agent", directory=directory))
        except RulesError as error:
            raise EngineProtocolError(str(error)) from None

    async def list_mcp_servers(self, directory: str) -> dict[str, str]:
        """Name → connected, disabled, failed or another state."""
        answer = require_object(await self._get("/mcp", directory=directory), "MCP server list")
        return {name: read_optional_text(read_object(answer, name), "status") for name in answer}

    async def get_config(self, directory: str) -> JsonObject:
        """The effective configuration, without providers and whatever else may hold a secret."""
        answer = require_object(await self._get("/config", directory=directory), "configuration")
        return {key: answer[key] for key in CONFIG_KEYS if key in answer}

    async def _reply(self, path: str, directory: str, body: JsonObject | None) -> ReplyOutcome:
        try:
            status, answer = await self.connection.send(Call("POST", path, directory, body=body))
        except EngineUnauthorized:
            return ReplyOutcome.UNAUTHORIZED
        except EngineUnreachable as error:
            return ReplyOutcome.UNKNOWN if error.may_have_arrived else ReplyOutcome.UNREACHABLE
        except EngineError:
            return ReplyOutcome.UNKNOWN
        if status == httpx.codes.OK and answer.strip() == b"true":
            return ReplyOutcome.ACCEPTED
        if status == httpx.codes.NOT_FOUND:
            return ReplyOutcome.GONE
        return ReplyOutcome.REFUSED if httpx.codes.is_client_error(status) else ReplyOutcome.UNKNOWN

    async def _get(
        self, path: str, *, directory: str | None = None, parameters: dict[str, str] | None = None
    ) -> Any:
        return await self.connection.fetch(Call("GET", path, directory, parameters))

    async def _find(self, directory: str, path: str, parameters: dict[str, str] | None = None) -> Any:
        return await self.connection.find(Call("GET", path, directory, parameters))

    async def _post(self, path: str, *, directory: str, body: JsonObject | None = None) -> Any:
        return await self.connection.fetch(Call("POST", path, directory, body=body))


def _read_listing(status: int, body: bytes, parse_item: Callable[[Any], Item]) -> Listing[Item]:
    if status != httpx.codes.OK:
        return Listing((), is_complete=False, status=status)
    items = []
    is_complete = True
    for raw in require_list(decode_json(body), "list"):
        try:
            items.append(parse_item(raw))
        except EngineProtocolError:
            is_complete = False
    return Listing(tuple(items), is_complete=is_complete, status=status)


def _quote(identifier: str) -> str:
    """An id as one path segment, whatever it holds."""
    if identifier in {"", ".", ".."}:
        raise ValueError("An empty id, or one that would change the path.")
    return quote(identifier, safe="")
