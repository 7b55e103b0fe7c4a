"""The bytes: nothing breaks out of where it stands, nothing is replaced by the engine."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given, strategies as st

from configs.content import AgentContent, PromptContent, PromptVariable
from configs.opencode.agent_file import JS_BLANKS, read_agent_file, write_agent_file
from configs.opencode.config_json import (
    EnvironmentReference,
    find_references,
    list_environment_names,
    show_references,
    write_config,
)
from configs.opencode.tree import render_agent_file
from tests.configs.opencode.samples import PROMPT_ID, drawn_text, make_set, rules

pytestmark = pytest.mark.pure

# What the engine looks for in the text of opencode.json.
ENGINE_REFERENCE = re.compile(r"\{env:[^}]+\}|\{file:[^}]+\}")
drawn_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | drawn_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(drawn_text, inner, max_size=3),
    max_leaves=12,
)


def read_as_the_engine(text: str) -> tuple[dict[str, Any], str]:
    """How the engine's reader of front matter splits a file: at the first line that begins with dashes."""
    assert text.startswith("---\n")
    end = text.index("\n---", 3)
    return yaml.safe_load(text[3:end]), text[end + 4 :].strip(JS_BLANKS)


@given(st.dictionaries(drawn_text, drawn_json, max_size=4), drawn_text)
def test_an_agent_file_is_read_as_it_was_meant(keys: dict[str, Any], prompt: str) -> None:
    prompt = prompt.strip(JS_BLANKS)
    text = write_agent_file({"mode": "all", **keys}, prompt)
    assert read_as_the_engine(text) == ({"mode": "all", **keys}, prompt)
    assert read_agent_file(text) == ({"mode": "all", **keys}, prompt)


def test_the_longest_pattern_is_a_key() -> None:
    pattern = "git " * 999 + "*"
    agent = AgentContent(name="x", mode="primary", rules=rules(("bash", pattern, "deny")))
    keys, _ = read_as_the_engine(render_agent_file(agent, make_set()))
    assert keys["permission"] == {"bash": {pattern: "deny"}}


@given(drawn_text, drawn_text, st.dictionaries(drawn_text, drawn_json, max_size=3))
def test_no_description_body_or_option_changes_anything_else(
    description: str, body: str, options: dict[str, Any]
) -> None:
    agent = AgentContent(
        name="x",
        description=description,
        mode="subagent",
        prompt=PROMPT_ID,
        options=options,
        rules=rules(("bash", "*", "deny")),
    )
    config_set = make_set(agent, prompts={PROMPT_ID: PromptContent(name="P", body=body)})
    keys, prompt = read_as_the_engine(render_agent_file(agent, config_set))
    expected = {"description": description, "mode": "subagent", "options": options}
    assert keys == {
        **{key: value for key, value in expected.items() if value not in ("", {})},
        "permission": {"bash": "deny"},
    }
    assert prompt == body.strip(JS_BLANKS)


@given(st.dictionaries(drawn_text, drawn_json, max_size=5))
def test_nothing_in_the_configuration_is_a_reference(config: dict[str, Any]) -> None:
    text = write_config(config)
    assert not ENGINE_REFERENCE.search(text)
    assert json.loads(text) == config


def test_references_that_are_meant_stay_references() -> None:
    options = find_references(
        {
            "key": "{env:ACME_KEY}",
            "deep": [{"a": "{env:OTHER}"}],
            "part": "Bearer {env:X}",
            "file": "{file:/x}",
        }
    )
    assert list_environment_names(options) == ["ACME_KEY", "OTHER"]
    text = write_config({"a": EnvironmentReference("ACME_KEY"), **options})
    assert ENGINE_REFERENCE.findall(text) == ["{env:ACME_KEY}", "{env:ACME_KEY}", "{env:OTHER}"]
    assert json.loads(text) == show_references({"a": EnvironmentReference("ACME_KEY"), **options})


def test_fractions_are_plain_numbers() -> None:
    assert write_config({"a": [Decimal("0.10"), Decimal("1E-7"), Decimal("3.0")]}) == (
        '{\n  "a": [\n    0.1,\n    0.0000001,\n    3\n  ]\n}\n'
    )
    agent = AgentContent(name="x", mode="primary", temperature="0.1", top_p="1", steps=5)
    keys, _ = read_as_the_engine(render_agent_file(agent, make_set()))
    assert keys == {"mode": "primary", "temperature": 0.1, "top_p": 1, "steps": 5}


def test_variables_are_put_in_once() -> None:
    prompt = PromptContent(
        name="P",
        body="{{greeting}} {{name}} {{unknown}}",
        variables=(PromptVariable(name="greeting", default="Hi {{name}}"), PromptVariable(name="name")),
    )
    agent = AgentContent(name="x", prompt=PROMPT_ID, prompt_values={"name": "{{greeting}} \\1 \\g<0>"})
    text = render_agent_file(agent, make_set(agent, prompts={PROMPT_ID: prompt}))
    assert read_as_the_engine(text)[1] == "Hi {{name}} {{greeting}} \\1 \\g<0> {{unknown}}"


def test_a_built_in_agent_without_a_prompt_of_ours_keeps_its_own() -> None:
    explore = AgentContent(name="explore", mode="subagent", description="Looks around")
    entry = json.loads(render_agent_file(explore, make_set()))["agent"]["explore"]
    assert entry["description"] == "Looks around"
    assert "prompt" not in entry
    assert render_agent_file(AgentContent(name="build", mode="primary"), make_set()).startswith("---\n")
    prompts = {PROMPT_ID: PromptContent(name="P", body="Look.")}
    with_prompt = AgentContent(name="explore", mode="subagent", prompt=PROMPT_ID)
    assert read_as_the_engine(render_agent_file(with_prompt, make_set(prompts=prompts)))[1] == "Look."


def test_a_hidden_built_in_agent_says_whether_it_is_shown() -> None:
    title = AgentContent(name="title", mode="primary")
    assert json.loads(render_agent_file(title, make_set()))["agent"]["title"]["hidden"] is False
    assert "hidden" not in render_agent_file(AgentContent(name="x"), make_set())
    assert "hidden: true\n" in render_agent_file(AgentContent(name="x", is_hidden=True), make_set())
