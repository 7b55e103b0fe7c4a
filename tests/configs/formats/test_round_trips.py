"""What is written reads as the same, for everything that a format can say."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given, strategies as st

from configs.content import CONTENTS, Content, read_content
from configs.formats.drafts import Draft
from configs.formats.limits import FormatError
from configs.formats.plain_json import read_json, write_json
from configs.formats.plain_yaml import read_yaml, write_yaml
from configs.formats.registry import parse_file, write_files
from tests.configs.formats.sources import build_source

pytestmark = pytest.mark.pure

TRICKY = " \n\tab#:-|>'\"\\é😀%@`!&*{}[],?~=.0\u2028\x7f"
lines = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=12
).filter(lambda text: "•" not in text)
bodies = st.text(alphabet="ab #:-|>'\"\\\n\té{}*`", max_size=60)
names = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
tricky = st.text(max_size=20) | st.text(alphabet=TRICKY, max_size=20)
plain = st.none() | st.booleans() | st.integers(-(10**9), 10**9)
values = st.recursive(
    plain | tricky,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(tricky, inner, max_size=3),
    max_leaves=8,
)
decimals = st.none() | st.sampled_from(["0", "0.1", "0.95", "1"])
patterns = st.sampled_from(["*", "git *", "rm -rf *", "**/*.env", "1"])
permissions = st.sampled_from(["bash", "edit", "read", "webfetch", "*", "x_*"])
rules = st.fixed_dictionaries(
    {"permission": permissions, "pattern": patterns, "action": st.sampled_from(["allow", "ask", "deny"])}
)
options = st.dictionaries(
    st.sampled_from(["effort", "budget", "nested", "flags"]),
    plain | st.sampled_from(["high", "0.5", "yes"]) | st.lists(plain, max_size=2),
    max_size=3,
)


def make(kind: str, fields: dict[str, Any]) -> Content:
    return read_content(kind, fields)


prompts = st.builds(
    lambda name, body, tags, description: make(
        "prompt", {"name": name, "body": body, "tags": tags, "description": description}
    ),
    lines,
    bodies,
    st.lists(names, unique=True, max_size=3),
    bodies,
)
instructions = st.builds(lambda name, body: make("instruction", {"name": name, "body": body}), names, bodies)
providers = st.builds(
    lambda name, display, env, extra: make(
        "provider", {"name": name, "display_name": display, "api_key_env": env, "options": extra}
    ),
    names,
    names,
    st.sampled_from(["", "KEY"]),
    options,
)
models = st.builds(
    lambda provider, identifier, name, tokens, price, status, enabled: make(
        "model",
        {
            "provider": provider,
            "identifier": identifier,
            "name": name,
            "context_limit_tokens": tokens,
            "price_input_usd_per_million": price,
            "status": status,
            "is_enabled": enabled,
        },
    ),
    names,
    st.sampled_from(["large-1", "org/small:free", "x.1"]),
    names,
    st.none() | st.integers(0, 10**7),
    decimals,
    st.sampled_from(["alpha", "beta", "active", "deprecated"]),
    st.booleans(),
)


def agent_fields(rule_lists: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "name": names,
            "description": st.sampled_from(["", "Reviews: all of it", "two\nlines", "# not a comment"]),
            "mode": st.sampled_from(["primary", "subagent", "all"]),
            "variant": st.sampled_from(["", "high"]),
            "temperature": decimals,
            "top_p": decimals,
            "steps": st.none() | st.integers(1, 1000),
            "color": st.sampled_from(["", "#00ff00", "accent"]),
            "is_hidden": st.booleans(),
            "is_disabled": st.booleans(),
            "options": options,
            "tools": st.dictionaries(st.sampled_from(["bash", "write"]), st.booleans()),
            "rules": rule_lists,
        }
    )


@st.composite
def permission_blocks(draw: st.DrawFn) -> list[dict[str, str]]:
    """Rules that a permission block can say: each permission in one place, each pattern once."""
    found = []
    for permission in draw(st.lists(permissions, unique=True, max_size=3)):
        for pattern in draw(st.lists(patterns, unique=True, min_size=1, max_size=3)):
            action = draw(st.sampled_from(["allow", "ask", "deny"]))
            found.append({"permission": permission, "pattern": pattern, "action": action})
    return found


def unique(strategy: st.SearchStrategy[Content]) -> st.SearchStrategy[list[Content]]:
    return st.lists(strategy, max_size=3, unique_by=lambda content: content.key)


@st.composite
def bundles(draw: st.DrawFn) -> list[Draft]:
    drafts = [
        Draft(content.kind, content)
        for strategy in (prompts, instructions, providers, models)
        for content in draw(unique(strategy))
    ]
    prompt_names = [""] + [draft.content.name for draft in drafts if draft.kind == "prompt"]
    model_keys = [""] + [draft.content.key for draft in drafts if draft.kind == "model"]
    fields = agent_fields(st.lists(rules, max_size=4))
    for raw in draw(st.lists(fields, max_size=3, unique_by=lambda item: str(item["name"]))):
        subagents = draw(st.none() | st.lists(names, unique=True, max_size=2))
        content = make("agent", {**raw, "subagents": subagents})
        prompt, model = draw(st.sampled_from(prompt_names)), draw(st.sampled_from(model_keys))
        drafts.append(Draft("agent", content, prompt=prompt, model=model))
    if draw(st.booleans()):
        drafts.append(Draft("tool_rules", make("tool_rules", {"rules": draw(st.lists(rules, max_size=4))})))
    return drafts


def order(drafts: list[Draft]) -> list[tuple[Content, str, str]]:
    kinds = list(CONTENTS)
    ranked = sorted(drafts, key=lambda draft: (kinds.index(draft.kind), draft.content.key))
    return [(draft.content, draft.prompt, draft.model) for draft in ranked]


@given(bundles())
def test_a_bundle_says_everything_in_the_same_bytes(drafts: list[Draft]) -> None:
    [file] = write_files(build_source(drafts), "bundle").files
    parsed = parse_file(file.text.encode(), file.path)
    assert order(list(parsed.drafts)) == order(drafts)
    [again] = write_files(build_source(parsed.drafts), "bundle").files
    assert again.text == file.text


@given(agent_fields(permission_blocks()), bodies)
def test_an_agent_file_says_every_field_of_an_agent(raw: dict[str, Any], body: str) -> None:
    drafts = build_agent(raw, body)
    written = write_files(build_source(drafts), "opencode_agent")
    [file] = written.files
    assert order(list(parse_file(file.text.encode(), file.path).drafts)) == order(drafts)
    assert written.findings == ()


@given(
    agent_fields(permission_blocks()),
    bodies,
    unique(providers),
    unique(models),
    permission_blocks(),
)
def test_an_engines_configuration_says_all_that_it_has_a_place_for(
    raw: dict[str, Any],
    body: str,
    some_providers: list[Content],
    some_models: list[Content],
    global_rules: list[dict[str, str]],
) -> None:
    drafts = [Draft(content.kind, content) for content in (*some_providers, *some_models)]
    drafts += build_agent(raw, body)
    if global_rules:
        drafts.append(Draft("tool_rules", make("tool_rules", {"rules": global_rules})))
    [file] = write_files(build_source(drafts), "opencode_config").files
    assert order(list(parse_file(file.text.encode(), file.path).drafts)) == order(drafts)


@given(instructions)
def test_an_instruction_file_is_its_text(content: Content) -> None:
    written = write_files(build_source([Draft("instruction", content)]), "instructions")
    [file] = written.files
    assert parse_file(file.text.encode(), file.path).drafts[0].content == content


def build_agent(raw: dict[str, Any], body: str) -> list[Draft]:
    """An agent with its prompt, if the body leaves one: files hold it without outer blanks."""
    text = body.strip()
    prompt = [Draft("prompt", make("prompt", {"name": raw["name"], "body": text}))] if text else []
    return [*prompt, Draft("agent", make("agent", raw), prompt=raw["name"] if text else "")]


@given(st.dictionaries(tricky, values, min_size=1, max_size=4))
def test_yaml_is_read_as_it_was_written_by_us_and_by_others(value: dict[str, Any]) -> None:
    text = write_yaml(value)
    assert read_yaml(text) == value
    assert yaml.safe_load(text) == value


@given(st.dictionaries(tricky, values, max_size=4))
def test_json_is_read_as_it_was_written(value: dict[str, Any]) -> None:
    assert read_json(write_json(value)) == value


@given(st.text(alphabet=TRICKY + "&*!<>%", max_size=80))
def test_reading_ends_well_or_with_a_sentence(text: str) -> None:
    for name in ("agent/one.md", "AGENTS.md", "opencode.json", "team.yaml"):
        for given_text in (text, f"---\n{text}\n---\n{text}", f"countersign: 1\nprompts:\n  - name: {text}"):
            with suppress(FormatError):
                parse_file(given_text.encode(), name)
