"""A proxy between relay and engine that can hold a call or an event at a chosen moment.

So a test stops an approval exactly where it wants to kill something, without a hook in the product.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

LOOPBACK = "127.0.0.1"
WAIT_S = 60.0
EVENTS = "/global/event"
REPLY = re.compile(r"/(permission|question)/[^/]+/(reply|reject)$")
MESSAGE = re.compile(r"/session/[^/]+/message/[^/]+$")
MESSAGES = re.compile(r"/session/[^/]+/message$")
PROMPT = re.compile(r"/session/[^/]+/prompt_async$")
KEPT_HEADERS = ("authorization", "content-type", "accept")


@dataclass
class Gate:
    """Open by default. Closed, it holds calls and drops events; `reached` says that a call has come."""

    reached: threading.Event = field(default_factory=threading.Event)
    _opened: threading.Event = field(default_factory=threading.Event)
    _drops: bool = False

    def __post_init__(self) -> None:
        self._opened.set()

    @property
    def is_closed(self) -> bool:
        return not self._opened.is_set()

    def close(self) -> None:
        self.reached.clear()
        self._drops = False
        self._opened.clear()

    def open(self, *, drop: bool = False) -> None:
        """Let what is held go on, or drop it: as if whoever sent it had died first."""
        self._drops = drop
        self._opened.set()

    def hold(self) -> bool:
        """Wait while closed; False when the call is to be dropped."""
        if not self.is_closed:
            return True
        self.reached.set()
        assert self._opened.wait(WAIT_S), "a gate was never opened"
        return not self._drops


class HoldingProxy:
    """Gates: `arguments` (parts, and messages read), `status`, `reply`, `reply_answer`, `replied_event`.

    Of prompts: `session` (one is made), `session_answer` (and what tells of it), `prompt`, `prompt_answer`,
    `taken_up` (the agent's messages, told or read).
    """

    def __init__(self, engine_port: int) -> None:
        self.engine_port = engine_port
        self.arguments, self.status, self.reply = Gate(), Gate(), Gate()
        self.reply_answer, self.replied_event = Gate(), Gate()
        self.session, self.session_answer = Gate(), Gate()
        self.prompt, self.prompt_answer, self.taken_up = Gate(), Gate(), Gate()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def gates(self) -> tuple[Gate, ...]:
        replies = (self.arguments, self.status, self.reply, self.reply_answer, self.replied_event)
        return (*replies, self.session, self.session_answer, self.prompt, self.prompt_answer, self.taken_up)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def open_all(self, *, drop: bool = False) -> None:
        for gate in self.gates:
            gate.open(drop=drop)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.open_all(drop=True)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: HoldingProxy) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.proxy = proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever was killed leaves broken connections behind."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""

    def do_GET(self) -> None:
        self.pass_on()

    def do_POST(self) -> None:
        self.pass_on()

    def pass_on(self) -> None:
        path = self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        before, after = self.find_gates(path)
        if before is not None and not before.hold():
            self.close_connection = True
            return
        with contextlib.closing(
            http.client.HTTPConnection(LOOPBACK, self.server.proxy.engine_port, timeout=WAIT_S)
        ) as engine:
            headers = {name: self.headers[name] for name in KEPT_HEADERS if name in self.headers}
            try:
                engine.request(self.command, self.path, body or None, headers)
                answer = engine.getresponse()
                if path == EVENTS:
                    self.stream(answer)
                    return
                data = answer.read()
            except (OSError, http.client.HTTPException):
                self.close_connection = True
                return
        if after is not None and not after.hold():
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("content-type", answer.headers.get("content-type", "application/json"))
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def find_gates(self, path: str) -> tuple[Gate | None, Gate | None]:
        """The gates before a call goes on to the engine and before its answer comes back."""
        proxy = self.server.proxy
        if REPLY.search(path):
            return proxy.reply, proxy.reply_answer
        if PROMPT.search(path):
            return proxy.prompt, proxy.prompt_answer
        if path == "/session" and self.command == "POST":
            return proxy.session, proxy.session_answer
        if MESSAGE.search(path):
            return proxy.arguments, None
        if MESSAGES.search(path):
            return proxy.taken_up, None
        return (proxy.status, None) if path == "/session/status" else (None, None)

    def stream(self, answer: http.client.HTTPResponse) -> None:
        """Events as they come, without those whose gate is closed."""
        self.close_connection = True
        self.send_response(answer.status)
        self.send_header("content-type", answer.headers.get("content-type", ""))
        self.send_header("connection", "close")
        self.end_headers()
        event = b""
        while line := answer.readline():
            event += line
            if line.strip():
                continue
            if not self.is_held(event):
                self.wfile.write(event)
                self.wfile.flush()
            event = b""

    def is_held(self, event: bytes) -> bool:
        if not event.startswith(b"data:"):
            return False
        payload = json.loads(event[5:])["payload"]
        kind = payload["type"]
        if kind == "message.updated":
            is_answer = payload["properties"]["info"]["role"] == "assistant"
            return is_answer and self.server.proxy.taken_up.is_closed
        gates = {
            "message.part.updated": self.server.proxy.arguments,
            "session.created": self.server.proxy.session_answer,
            "session.updated": self.server.proxy.session_answer,
            "permission.replied": self.server.proxy.replied_event,
            "question.replied": self.server.proxy.replied_event,
            "question.rejected": self.server.proxy.replied_event,
        }
        return kind in gates and gates[kind].is_closed
