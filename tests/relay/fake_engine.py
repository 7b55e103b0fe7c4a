"""A small server that speaks the engine's HTTP and misbehaves on demand.

Beside the real engine, not instead of it: the real one can't be made to send ten megabytes, nonsense, the
same event twice or its events in any order.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

DIRECTORY = "/srv/demo"
JSON_TYPE = "application/json"
_numbers = itertools.count(1)

Answer = tuple[int, bytes]
NOT_FOUND: Answer = (404, b'{"name":"NotFoundError"}')


@dataclass
class Request:
    method: str
    path: str
    directory: str
    body: Any
    authorization: str = ""


@dataclass(repr=False)
class FakeEngine:
    """`overrides` maps (method, path) to what answers instead; None as an answer leaves the call hanging."""

    permissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    messages: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    overrides: dict[tuple[str, str], Callable[[Request], Answer | None]] = field(default_factory=dict)
    received: list[Request] = field(default_factory=list)
    # Its MCP servers in its folder: name → what it says of each.
    mcp: dict[str, dict[str, Any]] = field(default_factory=dict)
    tells_replies: bool = True
    # Without one it lets everybody in.
    password: str = ""
    port: int = 0
    _connections: set[asyncio.Task[None]] = field(default_factory=set)
    _streams: set[asyncio.StreamWriter] = field(default_factory=set)
    _connected: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[FakeEngine]:
        await self.start()
        try:
            yield self
        finally:
            await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    # What the test does to it

    def emit(self, kind: str, properties: dict[str, Any], event_id: str = "") -> None:
        """Send one event to everybody who listens."""
        payload = {"id": event_id or f"evt_{next(_numbers)}", "type": kind, "properties": properties}
        self.emit_frame({"directory": DIRECTORY, "project": "p", "payload": payload})

    def emit_frame(self, frame: Any) -> None:
        self.emit_bytes(b"data: " + json.dumps(frame).encode() + b"\n\n")

    def emit_bytes(self, data: bytes) -> None:
        for stream in self._streams:
            stream.write(data)

    @property
    def is_listened_to(self) -> bool:
        return bool(self._streams)

    async def wait_listened(self) -> None:
        await asyncio.wait_for(self._connected.wait(), 30)

    def break_streams(self) -> None:
        for stream in list(self._streams):
            stream.transport.abort()
        self._connected.clear()

    def count(self, method: str, path: str) -> int:
        return sum(request.method == method and request.path == path for request in self.received)

    def replies(self) -> list[tuple[str, str]]:
        """(request id, word) of every answer received, in order."""
        return [
            (request.path.split("/")[2], request.body["reply"])
            for request in self.received
            if request.method == "POST" and request.path.startswith("/permission/")
        ]

    # HTTP

    @property
    def _expected_authorization(self) -> str:
        return "Basic " + base64.b64encode(f"opencode:{self.password}".encode()).decode()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._converse(reader, writer)
        finally:
            self._connections.discard(connection)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await self._read(reader)
            self.received.append(request)
            if request.path == "/global/event" and ("GET", "/global/event") not in self.overrides:
                await self._stream(reader, writer)
                return
            answer = self._answer(request)
            if answer is None:
                await reader.read()
                return
            status, body = answer
            head = f"HTTP/1.1 {status} X\r\ncontent-type: {JSON_TYPE}\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        pairs = (line.split(": ", 1) for line in lines if ": " in line)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        parts = urlsplit(target)
        directory = parse_qs(parts.query).get("directory", [""])[0]
        content = json.loads(body) if body else None
        authorization = headers.get("authorization", "")
        return Request(method, unquote(parts.path), directory, content, authorization)

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        greeting = {"payload": {"id": "evt_0", "type": "server.connected", "properties": {}}}
        writer.write(b"data: " + json.dumps(greeting).encode() + b"\n\n")
        self._streams.add(writer)
        self._connected.set()
        try:
            await reader.read()
        finally:
            self._streams.discard(writer)

    def _answer(self, request: Request) -> Answer | None:
        if self.password and request.authorization != self._expected_authorization:
            return 401, b"{}"
        override = self.overrides.get((request.method, request.path))
        if override is not None:
            return override(request)
        return self._behave(request)

    def _behave(self, request: Request) -> Answer:
        words = request.path.strip("/").split("/")
        return self._show(request, words) if request.method == "GET" else self._act(request, words)

    def _show(self, request: Request, words: list[str]) -> Answer:
        is_here = request.directory == DIRECTORY
        match words:
            case ["global", "health"]:
                return give({"healthy": True, "version": "1.18.33"})
            case ["project"]:
                return give([{"worktree": DIRECTORY}])
            case ["experimental", "session"] | ["session"]:
                return give(list(self.sessions.values()))
            case ["permission"]:
                return give(list(self.permissions.values()) if is_here else [])
            case ["mcp"]:
                return give(self.mcp if is_here else {})
            case ["question"]:
                return give(list(self.questions.values()) if is_here else [])
        return self._show_session(words)

    def _show_session(self, words: list[str]) -> Answer:
        match words:
            case ["session", "status"]:
                return give({session_id: {"type": "busy"} for session_id in self.busy})
            case ["session", session_id, "message"]:
                return give([raw for (owner, _), raw in self.messages.items() if owner == session_id])
            case ["session", session_id, "message", message_id]:
                return give_or_404(self.messages.get((session_id, message_id)))
            case ["session", session_id]:
                return give_or_404(self.sessions.get(session_id))
        return NOT_FOUND

    def _act(self, request: Request, words: list[str]) -> Answer:
        match words:
            case ["session", session_id, "abort"]:
                return self._abort(session_id)
            case ["mcp", name, "disconnect"]:
                return self._set_mcp(name, "disabled")
            case ["mcp", name, "connect"]:
                return self._set_mcp(name, "connected")
            case ["permission", request_id, "reply"]:
                return self._reply(request_id, request.body["reply"])
            case ["question", question_id, "reply"]:
                return give_or_404(self.questions.pop(question_id, None) and True)
        return NOT_FOUND

    def _set_mcp(self, name: str, status: str) -> Answer:
        if name not in self.mcp:
            return NOT_FOUND
        self.mcp[name] = {"status": status}
        return give(True)

    def _abort(self, session_id: str) -> Answer:
        self.busy.discard(session_id)
        return give(True)

    def _reply(self, request_id: str, word: str) -> Answer:
        """As the engine: one reject closes every request of the session, each with its own event."""
        if request_id not in self.permissions:
            return NOT_FOUND
        session_id = self.permissions[request_id]["sessionID"]
        closed = [request_id]
        if word == "reject":
            closed += [
                other
                for other, raw in self.permissions.items()
                if raw["sessionID"] == session_id and other != request_id
            ]
        for closed_id in closed:
            raw = self.permissions.pop(closed_id)
            self.finish_call(raw, "completed" if word == "once" else "error")
            if self.tells_replies:
                properties = {"sessionID": session_id, "requestID": closed_id, "reply": word}
                self.emit("permission.replied", properties)
        return give(True)

    def finish_call(self, raw: dict[str, Any], status: str) -> None:
        tool = raw.get("tool")
        if tool is None:
            return
        message = self.messages.get((raw["sessionID"], tool["messageID"]))
        for part in message["parts"] if message else ():
            if part.get("callID") == tool["callID"]:
                part["state"]["status"] = status

    # Making things up

    def add_session(self, parent_id: str = "") -> str:
        number = next(_numbers)
        session_id = f"ses_{number}"
        self.sessions[session_id] = session_info(session_id, parent_id)
        return session_id

    def add_call(self, session_id: str, command: str = "ls", status: str = "running") -> dict[str, Any]:
        """A tool call that waits for permission; returns the request as announced, listed from now on."""
        number = next(_numbers)
        message_id, call_id = f"msg_{number}", f"call_{number}"
        part = tool_part(session_id, message_id, call_id, command, status)
        self.messages[session_id, message_id] = {
            "info": message_info(session_id, message_id),
            "parts": [part],
        }
        raw: dict[str, Any] = {
            "id": f"per_{number}",
            "sessionID": session_id,
            "permission": "bash",
            "patterns": [command],
            "metadata": {"command": command},
            "tool": {"messageID": message_id, "callID": call_id},
        }
        self.permissions[raw["id"]] = raw
        self.busy.add(session_id)
        return raw

    def part_of(self, raw: dict[str, Any]) -> dict[str, Any]:
        part: dict[str, Any] = self.messages[raw["sessionID"], raw["tool"]["messageID"]]["parts"][0]
        return part


def give(value: Any) -> Answer:
    return 200, json.dumps(value).encode()


def give_or_404(value: Any) -> Answer:
    return NOT_FOUND if value is None else give(value)


def session_info(session_id: str, parent_id: str = "") -> dict[str, Any]:
    info: dict[str, Any] = {
        "id": session_id,
        "directory": DIRECTORY,
        "title": f"Title of {session_id}",
        "agent": "build",
        "time": {"created": 1_700_000_000_000, "updated": 4_000_000_000_000},
    }
    return {**info, "parentID": parent_id} if parent_id else info


def message_info(session_id: str, message_id: str, completed: int | None = None) -> dict[str, Any]:
    times = {"created": 1_700_000_000_000} | ({"completed": completed} if completed else {})
    return {
        "id": message_id,
        "sessionID": session_id,
        "role": "assistant",
        "parentID": "msg_user",
        "agent": "build",
        "time": times,
    }


def tool_part(session_id: str, message_id: str, call_id: str, command: str, status: str) -> dict[str, Any]:
    arguments = {"command": command, "description": "A command"} if status != "pending" else {}
    return {
        "id": f"prt_{message_id}",
        "sessionID": session_id,
        "messageID": message_id,
        "type": "tool",
        "tool": "bash",
        "callID": call_id,
        "state": {"status": status, "input": arguments},
    }
