"""The stored schema of the engine's configuration."""

from __future__ import annotations

from typing import Any

import pytest

from configs.opencode.problems import Problem
from configs.opencode.schema_check import ENGINE_VERSION, UnknownVersion, check_schema, list_versions
from configs.opencode.schema_extract import extract_schema
from relay.opencode.gate_files import PACKAGE_VERSION

pytestmark = pytest.mark.pure


def test_the_schema_is_of_the_engine_that_is_pinned() -> None:
    assert list_versions() == [ENGINE_VERSION]
    assert ENGINE_VERSION == PACKAGE_VERSION


def test_another_version_is_not_guessed() -> None:
    with pytest.raises(UnknownVersion):
        check_schema({}, "0.0.1")
    with pytest.raises(UnknownVersion):
        check_schema({}, "../opencode-1.18.33")


@pytest.mark.parametrize(
    ("config", "field", "what"),
    [
        ({"agent": {"x": {"mode": "sandbox"}}}, "agent.x.mode", "it has to be one of subagent, primary, all"),
        ({"agent": {"x": {"steps": 0}}}, "agent.x.steps", "it does not fit the rule exclusiveMinimum"),
        ({"unknown": 1}, "", "it has a key that the engine does not know"),
        (
            {"mcp": {"m": {"type": "local", "command": "x"}}},
            "mcp.m.command",
            "it has to be of the type array",
        ),
        (
            {"provider": {"p": {"models": {"m": {"limit": {"context": 1}}}}}},
            "provider.p.models.m.limit",
            "it lacks output",
        ),
        ({"permission": {"webfetch": {"x": "ask"}}}, "permission", "it does not fit the rule anyOf"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(config: dict[str, Any], field: str, what: str) -> None:
    sentence = f"The engine would refuse this: {what}."
    assert check_schema(config) == (Problem("error", "", "", field, sentence),)


def test_patterns_under_a_key_of_the_same_meaning_fit() -> None:
    assert check_schema({"permission": {"webfetch *": {"x": "ask"}, "*": "ask"}}) == ()


def test_no_value_is_repeated() -> None:
    secret = "not-to-be-shown"
    problems = check_schema({"provider": {"p": {"options": {"apiKey": [secret]}}}, "share": secret})
    assert len(problems) == 2
    assert not any(secret in problem.sentence for problem in problems)


def test_a_schema_holds_what_it_references_and_nothing_else() -> None:
    document = {
        "components": {
            "schemas": {
                "Config": {"properties": {"a": {"$ref": "#/components/schemas/A"}}},
                "A": {"items": [{"$ref": "#/components/schemas/Config"}]},
                "B": {},
            }
        }
    }
    assert extract_schema(document) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": "#/$defs/Config",
        "$defs": {
            "A": {"items": [{"$ref": "#/$defs/Config"}]},
            "Config": {"properties": {"a": {"$ref": "#/$defs/A"}}},
        },
    }
