"""The scripted model speaks what the engine's provider module expects."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from relay.demo.scenarios import Fail, Say, Use
from relay.demo.scripted_llm import PAGE, ScriptedModel, build_engine_config


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel(
        {
            "say": lambda _turn: [Say("One sentence for you.")],
            "use": lambda _turn: [Use.shell("ls", "Look")],
            "fail": lambda _turn: [Fail(401)],
        }
    ) as running:
        yield running


def complete(model: ScriptedModel, key: str, *, is_streamed: bool) -> httpx.Response:
    body = {
        "model": "scripted-1",
        "stream": is_streamed,
        "messages": [{"role": "user", "content": f"[{key}]"}],
    }
    return httpx.post(f"{model.base_url}/chat/completions", json=body, trust_env=False)


def read_chunks(response: httpx.Response) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def test_text_is_streamed_in_pieces(model: ScriptedModel) -> None:
    response = complete(model, "say", is_streamed=True)
    assert response.headers["content-type"] == "text/event-stream"
    chunks = read_chunks(response)
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert "".join(delta.get("content", "") for delta in deltas) == "One sentence for you."
    assert len(deltas) > 3
    assert [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]][-1] == "stop"
    assert chunks[-1]["usage"]["total_tokens"] == 120


def test_a_tool_call_is_streamed_and_told_whole(model: ScriptedModel) -> None:
    expected = {
        "index": 0,
        "id": "call_use_0_0",
        "type": "function",
        "function": {"name": "bash", "arguments": '{"command": "ls", "description": "Look"}'},
    }
    chunks = read_chunks(complete(model, "use", is_streamed=True))
    calls = [choice["delta"].get("tool_calls") for chunk in chunks for choice in chunk["choices"]]
    assert [call for call in calls if call] == [[expected]]
    whole = complete(model, "use", is_streamed=False).json()
    assert whole["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "", "tool_calls": [expected]},
            "finish_reason": "tool_calls",
        }
    ]


def test_a_scripted_failure_is_an_http_error(model: ScriptedModel) -> None:
    assert complete(model, "fail", is_streamed=True).status_code == 401


def test_requests_are_kept_with_their_answers(model: ScriptedModel) -> None:
    complete(model, "say", is_streamed=False)
    complete(model, "use", is_streamed=True)
    assert [(request.key, request.number, request.answer) for request in model.requests] == [
        ("say", 0, "One sentence for you."),
        ("use", 0, "Use"),
    ]


def test_there_is_one_page_to_fetch(model: ScriptedModel) -> None:
    page = httpx.get(model.page_url, trust_env=False)
    assert (page.status_code, page.text) == (200, PAGE)
    assert httpx.get(f"{model.page_url}/other", trust_env=False).status_code == 404
    models = httpx.get(f"{model.base_url}/models", trust_env=False).json()
    assert [entry["id"] for entry in models["data"]] == ["scripted-1"]


def test_the_engine_is_given_this_model_alone(model: ScriptedModel) -> None:
    config = build_engine_config(model.base_url, {"*": "ask"})
    assert config["enabled_providers"] == ["scripted"]
    assert config["provider"]["scripted"]["options"]["baseURL"] == model.base_url
    assert (config["permission"], config["share"], config["autoupdate"]) == ({"*": "ask"}, "disabled", False)
