"""What contents take, keep and refuse; without a database."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from configs import content, enums, model_content
from configs.content import (
    CONTENTS,
    MAX_BODY_BYTES,
    MAX_RULES,
    AgentContent,
    Content,
    ContentError,
    EngineDefaultsContent,
    InstructionContent,
    ModelContent,
    PromptContent,
    PromptVariable,
    ProviderContent,
    ToolRule,
    ToolRulesContent,
    hash_content,
    read_content,
)
from events.canonical import canonical_json

ID = "a" * 15

AGENT: dict[str, Any] = {
    "name": "reviewer",
    "description": "Reads changes.\nSays what is wrong.",
    "mode": "subagent",
    "prompt": ID,
    "prompt_values": {"language": "{{language}} {env:HOME}"},
    "model": "b" * 15,
    "variant": "high",
    "temperature": "0.1",
    "top_p": "0.95",
    "steps": 20,
    "color": "#00aaFF",
    "is_hidden": True,
    "is_disabled": False,
    "options": {"reasoningEffort": "high", "thinking": {"budgetTokens": 1000}},
    "subagents": ["explore", "writer"],
    "tools": {"webfetch": False, "mcp_*": True},
    "rules": [
        {"permission": "bash", "pattern": "git *", "action": "allow"},
        {"permission": "bash", "pattern": "*", "action": "deny"},
        {"permission": "edit", "pattern": " docs/** ", "action": "ask"},
    ],
}
MODEL: dict[str, Any] = {
    "provider": "anthropic",
    "identifier": "anthropic/claude-sonnet-4.5:free",
    "name": "Claude Sonnet",
    "family": "claude",
    "context_limit_tokens": 1_000_000,
    "input_limit_tokens": None,
    "output_limit_tokens": 64_000,
    "price_input_usd_per_million": "3",
    "price_output_usd_per_million": "15",
    "price_cache_read_usd_per_million": "0.3",
    "price_cache_write_usd_per_million": None,
    "price_tiers": [
        {
            "above_tokens": 200_000,
            "price_input_usd_per_million": "6",
            "price_output_usd_per_million": "22.5",
            "price_cache_read_usd_per_million": None,
            "price_cache_write_usd_per_million": None,
        }
    ],
    "capabilities": {"input": ["text", "image"], "output": ["text"], "reasoning": True, "temperature": False},
    "variants": ["high", "max"],
    "status": "beta",
    "release_date": "2026-05-31",
    "env_names": ["ANTHROPIC_API_KEY"],
    "is_enabled": False,
    "options": {},
    "sources": {"context_limit_tokens": {"as_of": "2026-11-01", "source": "engine"}},
    "overridden": ["context_limit_tokens"],
}
PROMPT: dict[str, Any] = {
    "name": "Review – short",
    "body": "Review in {{language}}.\n\n\tBe {{tone}}. {{ not one }} {{Language}}\n",
    "description": "For reviewers.",
    "variables": [
        {"name": "language", "default": None, "description": "Of the answer"},
        {"name": "tone", "default": "", "description": ""},
    ],
    "tags": ["review", "short"],
}
WHOLE: dict[str, dict[str, Any]] = {
    "agent": AGENT,
    "model": MODEL,
    "prompt": PROMPT,
    "instruction": {"name": "house_rules", "body": "# Rules\n", "tags": []},
    "provider": {
        "name": "our-proxy",
        "display_name": "Our proxy",
        "package": "@ai-sdk/openai-compatible",
        "base_url": "https://models.example.org/v1",
        "api_key_env": "PROXY_KEY",
        "options": {"headers": {"x-api-key": "{env:PROXY_KEY}"}, "timeout": 60000},
    },
    "tool_rules": {"name": "global", "rules": AGENT["rules"]},
    "engine_defaults": {
        "name": "defaults",
        "default_agent": "reviewer",
        "model": ID,
        "small_model": "",
        "shell": "/usr/bin/bash",
    },
}


def refusal(kind: str, said: dict[str, Any]) -> tuple[str, str]:
    """(field, sentence) of what is refused."""
    with pytest.raises(ContentError) as caught:
        read_content(kind, said)
    return caught.value.field, caught.value.sentence


@pytest.mark.parametrize("kind", sorted(CONTENTS))
def test_everything_that_can_be_said_is_kept_as_it_is(kind: str) -> None:
    read = read_content(kind, WHOLE[kind])
    assert read.write() == WHOLE[kind]
    assert read_content(kind, read.write()) == read


def test_there_is_a_sample_of_every_kind_with_every_field() -> None:
    assert {kind: set(said) for kind, said in WHOLE.items()} == {
        kind: {item.name for item in fields(made)} for kind, made in CONTENTS.items()
    }


@pytest.mark.parametrize(
    ("kind", "said", "expected"),
    [
        ("prompt", {"name": "P"}, PromptContent(name="P")),
        ("instruction", {"name": "i"}, InstructionContent(name="i")),
        ("provider", {"name": "p"}, ProviderContent(name="p")),
        ("model", {"provider": "p", "identifier": "m"}, ModelContent(provider="p", identifier="m", name="m")),
        ("agent", {"name": "a", "subagents": []}, AgentContent(name="a", subagents=())),
        ("tool_rules", {}, ToolRulesContent()),
        ("engine_defaults", {}, EngineDefaultsContent()),
    ],
)
def test_what_is_not_said_has_its_default(kind: str, said: dict[str, Any], expected: Content) -> None:
    assert read_content(kind, said) == expected


def test_null_is_the_same_as_nothing_said() -> None:
    nothing = dict.fromkeys(AGENT)
    assert read_content("agent", {**nothing, "name": "a"}) == AgentContent(name="a")


def test_the_same_content_has_one_hash_whatever_order_it_came_in() -> None:
    def turn(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turn(value[key]) for key in reversed(list(value))}
        return value

    for kind, said in WHOLE.items():
        turned = read_content(kind, turn(said))
        assert hash_content(turned) == hash_content(read_content(kind, said))
        assert str(turned.write()) == str(read_content(kind, said).write())


def test_the_order_of_rules_is_kept_and_counts() -> None:
    read = read_content("agent", AGENT)
    turned = read_content("agent", {**AGENT, "rules": AGENT["rules"][::-1]})
    assert isinstance(read, AgentContent)
    assert read.rules == (
        ToolRule("bash", "git *", "allow"),
        ToolRule("bash", "*", "deny"),
        ToolRule("edit", " docs/** ", "ask"),
    )
    assert hash_content(read) != hash_content(turned)


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [(0.1, "0.1"), ("0.10", "0.1"), (1, "1"), ("1.0", "1"), (Decimal("0.30"), "0.3"), ("", None), (0, "0")],
)
def test_decimals_are_kept_as_plain_digits(given_value: Any, kept: str | None) -> None:
    read = read_content("agent", {"name": "a", "temperature": given_value})
    assert isinstance(read, AgentContent)
    assert read.temperature == kept


def test_numbers_in_options_stay_numbers() -> None:
    read = read_content("agent", {"name": "a", "options": {"penalty": 0.5, "top": 1.0, "on": True}})
    assert isinstance(read, AgentContent)
    assert read.options == {"on": True, "penalty": Decimal("0.5"), "top": Decimal(1)}
    assert read.write()["options"] == {
        "on": True,
        "penalty": {"$decimal": "0.5"},
        "top": {"$decimal": "1"},
    }
    assert read_content("agent", read.write()) == read


def test_line_ends_become_newlines_and_nothing_else_of_a_body_changes() -> None:
    read = read_content("prompt", {"name": "P", "body": "  a\r\nb\rc \u200d\U0001f469\ufe0f עברית\n\n"})
    assert isinstance(read, PromptContent)
    assert read.body == "  a\nb\nc \u200d\U0001f469\ufe0f עברית\n\n"


# Refused ------------------------------------------------------------------------------------------------

BAD_NAME = "use a-z, 0-9, - and _, beginning with a letter or digit, at most 64 characters."
MODES = "this is one of primary, subagent, all"
NO_OPTION = "this is no option; it has a field of its own."
ONCE = "each variable stands here once."
LINE = "this has to be one line without characters that can't be shown."


@pytest.mark.parametrize("kind", ["agent", "instruction", "provider"])
@pytest.mark.parametrize(
    "name",
    [
        *("../x", "a/b", "a\\b", "a.b", ".", "..", "", "A", "ä", "-a", "_a", "a b", "a\n", "a\x00", "a" * 65),
        *("a\u202e", "{env:HOME}", " a"),
    ],
)
def test_a_name_that_becomes_a_file_is_never_a_path(kind: str, name: str) -> None:
    assert refusal(kind, {"name": name}) == ("name", BAD_NAME)


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\tb", "a\x00b", "a\u202eb", "a\u200bb", "a" * 121])
def test_a_display_name_is_one_honest_line(name: str) -> None:
    field, sentence = refusal("prompt", {"name": name})
    assert field == "name"
    assert sentence in {"this may not be empty.", LINE, "at most 120 characters."}


def rule(permission: str, pattern: str, **more: Any) -> dict[str, Any]:
    return {"rules": [{"permission": permission, "pattern": pattern, "action": "ask", **more}]}


@pytest.mark.parametrize(
    ("kind", "said", "field", "sentence"),
    [
        (
            "agent",
            {"mode": "sandbox_agent"},
            "mode",
            f"{MODES}, not 'sandbox_agent'.",
        ),
        ("agent", {"mode": ""}, "mode", f"{MODES}, not ''."),
        ("agent", {"mode": 1}, "mode", "this has to be a text."),
        ("agent", {"extra_key": 5}, "extra_key", "there is no such field."),
        ("agent", {"permission": {"bash": "allow"}}, "permission", "there is no such field."),
        ("agent", {"prompt": "../../etc"}, "prompt", "this is no id."),
        ("agent", {"temperature": "2.1"}, "temperature", "this is a number from 0 to 2."),
        ("agent", {"temperature": "NaN"}, "temperature", "this is a number from 0 to 2."),
        ("agent", {"temperature": True}, "temperature", "this is a number from 0 to 2."),
        ("agent", {"temperature": "1e-999999"}, "temperature", "this is a number from 0 to 2."),
        ("agent", {"top_p": -0.1}, "top_p", "this is a number from 0 to 1."),
        ("agent", {"steps": 0}, "steps", "this is a whole number from 1 to 1000000."),
        ("agent", {"steps": True}, "steps", "this is a whole number from 1 to 1000000."),
        ("agent", {"steps": "5"}, "steps", "this is a whole number from 1 to 1000000."),
        ("agent", {"is_hidden": "yes"}, "is_hidden", "this is true or false."),
        ("agent", {"tools": {"a b": True}}, "tools.a b", "this is no tool's name."),
        ("agent", {"tools": {"bash": "off"}}, "tools.bash", "this is true or false."),
        ("agent", {"tools": ["bash"]}, "tools", "this has to be a map."),
        ("agent", {"subagents": ["a", "a"]}, "subagents", "each entry stands here once."),
        ("agent", {"subagents": ["../a"]}, "subagents.0", "use a-z, 0-9, - and _."),
        ("agent", {"subagents": "a"}, "subagents", "this has to be a list."),
        (
            "agent",
            {"options": {"mode": "x"}},
            "options.mode",
            NO_OPTION,
        ),
        ("agent", {"options": {1: "x"}}, "options", "The keys of a map are texts."),
        ("agent", {"options": {"a": float("inf")}}, "options", "This is no number that can be kept exactly."),
        ("agent", {"options": {"a": {1, 2}}}, "options", None),
        ("agent", {"options": {"a": "\ud800"}}, "options", "This holds characters that can't be stored."),
        ("agent", {"prompt_values": {"a-b": "x"}}, "prompt_values.a-b", "this is no variable's name."),
        ("agent", {"prompt_values": {"a": 1}}, "prompt_values.a", "this has to be a text."),
        ("agent", {"prompt_values": {"a": "\x1b[2J"}}, "prompt_values.a", "this holds control characters."),
        ("agent", {"rules": [{"permission": "bash", "pattern": "*"}]}, "rules.0.action", None),
        (
            "agent",
            rule("", "*"),
            "rules.0.permission",
            None,
        ),
        (
            "agent",
            rule("bash", ""),
            "rules.0.pattern",
            None,
        ),
        (
            "agent",
            rule("bash", "a\nb"),
            "rules.0.pattern",
            LINE,
        ),
        (
            "agent",
            rule("bash", "a\u202eb"),
            "rules.0.pattern",
            LINE,
        ),
        (
            "agent",
            rule("b", "*", x=1),
            "rules.0.x",
            None,
        ),
        ("agent", {"rules": [None]}, "rules.0", "this has to be a map of fields."),
        ("prompt", {"body": 5}, "body", "this has to be a text."),
        ("prompt", {"body": "a\x00"}, "body", "this holds control characters."),
        ("prompt", {"body": "a\x1b[31m"}, "body", "this holds control characters."),
        ("prompt", {"body": "a\ud800"}, "body", "this holds control characters."),
        ("prompt", {"variables": [{"name": "A"}]}, "variables.0.name", None),
        (
            "prompt",
            {"variables": [{"name": "a"}, {"name": "a"}]},
            "variables",
            ONCE,
        ),
        ("prompt", {"tags": ["a", "a"]}, "tags", "each entry stands here once."),
        ("provider", {"base_url": "file:///etc/passwd"}, "base_url", None),
        ("provider", {"base_url": "https://me:secret@example.org/"}, "base_url", None),
        ("provider", {"api_key_env": "sk-live-1234"}, "api_key_env", None),
        ("provider", {"package": "../evil"}, "package", "this is no package's name."),
        ("tool_rules", {"name": "other"}, "name", None),
        ("engine_defaults", {"shell": "bash -c 'rm -rf /'"}, "shell", "this is the path of a program."),
    ],
)
def test_bad_fields_are_named_and_refused(
    kind: str, said: dict[str, Any], field: str, sentence: str | None
) -> None:
    name = {"prompt": "P", "tool_rules": "global", "engine_defaults": "defaults"}.get(kind, "a")
    found = refusal(kind, {"name": name, **said})
    assert found == (field, found[1] if sentence is None else sentence)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"identifier": ""}, "identifier"),
        ({"identifier": "a b"}, "identifier"),
        ({"identifier": "{env:HOME}"}, "identifier"),
        ({"identifier": "a\u202eb"}, "identifier"),
        ({"provider": "a/b"}, "provider"),
        ({"status": "retired"}, "status"),
        ({"context_limit_tokens": -1}, "context_limit_tokens"),
        ({"context_limit_tokens": 10**12}, "context_limit_tokens"),
        ({"price_input_usd_per_million": "-1"}, "price_input_usd_per_million"),
        ({"price_input_usd_per_million": "1,5"}, "price_input_usd_per_million"),
        ({"price_tiers": [{}]}, "price_tiers.0.above_tokens"),
        ({"capabilities": {"smell": True}}, "capabilities.smell"),
        ({"capabilities": {"input": ["taste"]}}, "capabilities.input"),
        ({"capabilities": {"reasoning": "yes"}}, "capabilities.reasoning"),
        ({"release_date": "2026-02-30"}, "release_date"),
        ({"sources": {"nothing": {"source": "x"}}}, "sources.nothing"),
        ({"sources": {"name": {"as_of": "2026-01-01"}}}, "sources.name.source"),
        ({"overridden": ["nothing"]}, "overridden"),
    ],
)
def test_bad_fields_of_models_are_refused(said: dict[str, Any], field: str) -> None:
    assert refusal("model", {"provider": "p", "identifier": "m", **said})[0] == field


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"apiKey": "abc"}, "apiKey"),
        ({"headers": {"Authorization": "Basic abc"}}, "headers.Authorization"),
        ({"api-key": ["x"]}, "api-key.0"),
        ({"accessToken": "{env:HOME} x"}, "accessToken"),
        ({"extra": "sk-abcdefghijklmnop"}, "extra"),
        ({"extra": {"deep": ["-----BEGIN RSA PRIVATE KEY-----\nabc"]}}, "extra.deep.0"),
    ],
)
@pytest.mark.parametrize("kind", ["provider", "agent", "model"])
def test_a_literal_key_is_never_kept(kind: str, options: dict[str, Any], path: str) -> None:
    name = {"provider": "p", "identifier": "m"} if kind == "model" else {"name": "a"}
    field, sentence = refusal(kind, {**name, "options": options})
    assert field == f"options.{path}"
    assert "abc" not in sentence


@pytest.mark.parametrize(
    "options", [{"apiKey": "{env:OUR_KEY}"}, {"maxTokens": "100"}, {"budget_tokens": 5}, {"apiKey": ""}]
)
def test_a_reference_and_a_harmless_name_are_kept(options: dict[str, Any]) -> None:
    read = read_content("provider", {"name": "p", "options": options})
    assert isinstance(read, ProviderContent)
    assert read.options == options


def test_a_body_of_five_megabytes_is_refused() -> None:
    too_large = ("body", "at most 256 KB.")
    assert refusal("prompt", {"name": "P", "body": "x" * 5_000_000}) == too_large
    assert refusal("prompt", {"name": "P", "body": "ä" * (MAX_BODY_BYTES // 2 + 1)}) == too_large
    read = read_content("prompt", {"name": "P", "body": "x" * MAX_BODY_BYTES})
    assert isinstance(read, PromptContent)
    assert len(read.body) == MAX_BODY_BYTES


def test_lists_have_an_end() -> None:
    [one] = rule("bash", "x")["rules"]
    assert refusal("tool_rules", {"rules": [one] * (MAX_RULES + 1)}) == ("rules", "at most 2000 entries.")
    wide = {**one, "pattern": "x" * 4000}
    assert refusal("tool_rules", {"rules": [wide] * MAX_RULES})[0] == "content"
    assert refusal("agent", {"name": "a", "options": {"a": nest(30)}})[0] == "options"


def nest(depth: int) -> Any:
    return {"a": nest(depth - 1)} if depth else 1


def test_what_is_no_map_or_of_no_kind_is_refused() -> None:
    assert refusal("agent", []) == ("content", "this has to be a map of fields.")  # type: ignore[arg-type]
    assert refusal("robot", {}) == ("kind", "there is no kind of the name 'robot'.")


def test_an_error_shows_no_characters_that_can_not_be_shown() -> None:
    assert refusal("agent", {"name": "a", "x\x1b[2J\u202e": 1})[0] == "x⟨U+001B⟩[2J⟨U+202E⟩"


# Variables ----------------------------------------------------------------------------------------------


def test_values_are_put_in_once_and_never_read_again() -> None:
    prompt = PromptContent(
        name="P",
        body="{{a}} {{b}} {{c}} {{d}} {{ a }} {{A}} {a}",
        variables=(
            PromptVariable(name="a"),
            PromptVariable(name="b", default="{{a}}"),
            PromptVariable(name="c"),
        ),
    )
    filled = prompt.fill({"a": "{{b}} {{c}}", "d": "not declared"})
    assert filled == "{{b}} {{c}} {{a}} {{c}} {{d}} {{ a }} {{A}} {a}"
    assert prompt.placeholders == ("a", "b", "c", "d")


# One set of words ---------------------------------------------------------------------------------------


def test_the_words_of_contents_are_those_of_the_tables() -> None:
    assert tuple(enums.AgentMode.values) == content.AGENT_MODES
    assert tuple(enums.RuleAction.values) == content.RULE_ACTIONS
    assert tuple(enums.ModelStatus.values) == model_content.MODEL_STATUSES
    assert {*enums.ConfigKind.values, "engine_defaults"} == set(CONTENTS)


def test_the_key_of_a_model_is_as_agents_name_it() -> None:
    keys = [read_content(kind, said).key for kind, said in sorted(WHOLE.items())]
    assert keys == [
        "reviewer",
        "defaults",
        "house_rules",
        "anthropic/anthropic/claude-sonnet-4.5:free",
        "Review – short",
        "our-proxy",
        "global",
    ]


# Anything at all ----------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(Decimal("0.5")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(data=st.data())
def test_whatever_is_handed_in_is_kept_or_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(CONTENTS)))
    names = st.sampled_from(sorted(WHOLE[kind]))
    changed = data.draw(st.dictionaries(names, JSON, max_size=3))
    try:
        read = read_content(kind, {**WHOLE[kind], **changed})
    except ContentError:
        return
    canonical_json(read.write())
    assert read_content(kind, read.write()) == read
