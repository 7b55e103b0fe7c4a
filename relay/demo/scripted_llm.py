"""A model provider that needs no network: an OpenAI-compatible server that plays scenarios.

Stateless: each answer is a pure function of the request (`scenarios.choose_step`). It also serves one
plain page at `/page`, for web fetches. Loopback only.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from relay.demo.scenarios import Choice, Fail, Say, Scenario, Use, choose_step

LOOPBACK = "127.0.0.1"
PROVIDER = "scripted"
MODEL = "scripted-1"
# The engine wants a key; the scripted model looks at none.
API_KEY_ENV = "SCRIPTED_MODEL_KEY"
PAGE = "Countersign demo: this page was fetched after somebody approved it.\n"
CHUNK_CHARACTERS = 12
MAX_BODY_BYTES = 64 * 1024 * 1024
KEPT_REQUESTS = 500
USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 0},
}


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One request the engine sent to the model, with the answer it got. `tools` are those it offered."""

    key: str
    number: int
    model: str
    messages: list[dict[str, Any]]
    answer: str
    tools: tuple[str, ...] = ()

    @property
    def system_prompt(self) -> str:
        told = [str(message["content"]) for message in self.messages if message.get("role") == "system"]
        return "\n".join(told)


class ScriptedModel:
    """The server. `scenarios` may be replaced while it runs; `requests` holds the newest requests."""

    def __init__(self, scenarios: Mapping[str, Scenario], port: int = 0) -> None:
        self.scenarios = dict(scenarios)
        self.requests: deque[ModelRequest] = deque(maxlen=KEPT_REQUESTS)
        self._server = _Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, name="scripted-model", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        """What goes into the engine's provider configuration."""
        return f"{self._origin}/v1"

    @property
    def page_url(self) -> str:
        return f"{self._origin}/page"

    @property
    def _origin(self) -> str:
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, model: ScriptedModel, port: int) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.model = model

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An engine that hangs up in the middle of an answer is usual: it was stopped or told to abort."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Say nothing: the demo shares its terminal."""

    def do_GET(self) -> None:
        if self.path == "/page":
            self._send(HTTPStatus.OK, "text/plain; charset=utf-8", PAGE.encode())
        elif self.path == "/v1/models":
            self._send_json(HTTPStatus.OK, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})
        else:
            self._send_json(HTTPStatus.NOT_FOUND, {"error": {"message": "not found"}})

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            self._send_json(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": {"message": "too long"}})
            return
        body = json.loads(self.rfile.read(length) or b"{}")
        choice = choose_step(body.get("messages", []), self.server.model.scenarios)
        answer = choice.step.text if isinstance(choice.step, Say) else type(choice.step).__name__
        tools = tuple(str(tool.get("function", {}).get("name")) for tool in body.get("tools", []))
        self.server.model.requests.append(
            ModelRequest(
                choice.key, choice.number, str(body.get("model", "")), body.get("messages", []), answer, tools
            )
        )
        if isinstance(choice.step, Fail):
            self._send_json(choice.step.status, {"error": {"message": "scripted failure"}})
        elif body.get("stream"):
            rest = choice.step.rest if isinstance(choice.step, Say) else None
            self._send_stream(build_chunks(choice), rest)
        else:
            self._send_json(HTTPStatus.OK, build_completion(choice))

    def _send_json(self, status: int, value: Any) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status: int, content_type: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _send_stream(self, chunks: Iterator[dict[str, Any]], rest: Callable[[], object] | None) -> None:
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            if rest:
                rest()
        self.wfile.write(b"data: [DONE]\n\n")


def build_chunks(choice: Choice) -> Iterator[dict[str, Any]]:
    """The answer as the chunks of a streamed chat completion."""
    base = {**_build_base(choice), "object": "chat.completion.chunk"}

    def build(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield build({"role": "assistant", "content": ""})
    if isinstance(choice.step, Say):
        text = choice.step.text
        for start in range(0, len(text), CHUNK_CHARACTERS):
            yield build({"content": text[start : start + CHUNK_CHARACTERS]})
    calls = build_tool_calls(choice)
    if calls:
        yield build({"tool_calls": calls})
    yield build({}, "tool_calls" if calls else "stop")
    yield {**base, "choices": [], "usage": USAGE}


def build_completion(choice: Choice) -> dict[str, Any]:
    """The answer as one chat completion."""
    calls = build_tool_calls(choice)
    message: dict[str, Any] = {"role": "assistant", "content": ""}
    if isinstance(choice.step, Say):
        message["content"] = choice.step.text
    if calls:
        message["tool_calls"] = calls
    finish = "tool_calls" if calls else "stop"
    choices = [{"index": 0, "message": message, "finish_reason": finish}]
    return {**_build_base(choice), "object": "chat.completion", "usage": USAGE, "choices": choices}


def build_tool_calls(choice: Choice) -> list[dict[str, Any]]:
    if not isinstance(choice.step, Use):
        return []
    return [
        {
            "index": index,
            "id": f"call_{choice.key}_{choice.number}_{index}",
            "type": "function",
            "function": {"name": call.tool, "arguments": json.dumps(call.arguments)},
        }
        for index, call in enumerate(choice.step.calls)
    ]


def build_engine_config(base_url: str, permission: Mapping[str, Any]) -> dict[str, Any]:
    """An OpenCode configuration that knows this model alone and has these rules."""
    model = {
        "name": "Scripted model",
        "tool_call": True,
        "limit": {"context": 100_000, "output": 4096},
        "cost": {"input": 3, "output": 15},
    }
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Scripted",
        # The engine wants one; the scripted model looks at none.
        "options": {"baseURL": base_url, "apiKey": "unused"},
        "models": {MODEL: model},
    }
    return {
        "$schema": "https://opencode.ai/config.json",
        "autoupdate": False,
        "share": "disabled",
        "enabled_providers": [PROVIDER],
        "model": f"{PROVIDER}/{MODEL}",
        "small_model": f"{PROVIDER}/{MODEL}",
        "provider": {PROVIDER: provider},
        "permission": dict(permission),
    }


def _build_base(choice: Choice) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{choice.key}-{choice.number}",
        "created": int(time.time()),
        "model": MODEL,
    }
