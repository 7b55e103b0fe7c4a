"""Contents for tests of the renderer, and strategies that draw them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from configs.content import (
    AgentContent,
    ConfigSet,
    EngineDefaultsContent,
    ModelContent,
    PromptContent,
    ToolRule,
    ToolRulesContent,
)

DEFAULTS = EngineDefaultsContent()
PROMPT_ID, MODEL_ID, AGENT_ID, RULES_ID = (letter * 15 for letter in "pmar")

ACTIONS = ("allow", "ask", "deny")
# Few words, so that drawn rules meet each other and the drawn texts.
PERMISSIONS = ("bash", "edit", "webfetch", "demo_add", "*", "demo_*", "e*", "ed?t", "**")
PATTERNS = (
    *("*", "**", "git *", "git log *", "git", "g*", "rm *", "?"),
    *("42", "7 *", "~/x", "git\\*", "a/b", "*.env", ""),
)
NAMED_PERMISSIONS = ("bash", "edit", "webfetch", "websearch", "demo_add", "demo_sub", "other_tool")
TEXTS = ("git", "git log", "git log -3", "git push", "rm", "rm x", "42", "7 8", "x", "a/b", "a.env", "", "gg")

drawn_rule = st.builds(
    ToolRule, st.sampled_from(PERMISSIONS), st.sampled_from(PATTERNS), st.sampled_from(ACTIONS)
)
drawn_rules = st.lists(drawn_rule, max_size=12)
# Whatever can be stored: no NUL, no half of a pair.
TRICKS = (
    *("---", "\n", "\n---\n", "{env:HOME}", "{file:/etc/passwd}", "{{x}}", "!`id`", "@README.md", "${HOME}"),
    *("null", "yes", "0x10", "<<", "&a", "*a", "- ", ": ", "#", "|", ">", "`", "%", '"', "'", "\\", "\t"),
    *("\u2028", "\u0085", "\ufeff", "é", "😀"),
)
drawn_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=80) | (
    st.lists(st.sampled_from(TRICKS), max_size=8).map("".join)
)


def rules(*items: tuple[str, str, str]) -> tuple[ToolRule, ...]:
    return tuple(ToolRule(*item) for item in items)


def make_set(
    *agents: AgentContent,
    general: Iterable[tuple[str, str, str]] = (),
    prompts: dict[str, PromptContent] | None = None,
    models: dict[str, ModelContent] | None = None,
    **more: Any,
) -> ConfigSet:
    """A set with these agents, under ids of their order, and these rules for every agent."""
    lists = {RULES_ID: ToolRulesContent(rules=rules(*general))}
    return ConfigSet(
        agents={f"{number:015d}": agent for number, agent in enumerate(agents)},
        tool_rules=lists,
        prompts=prompts or {},
        models=models or {},
        **more,
    )


def make_model(**fields: Any) -> ModelContent:
    return ModelContent(**{"provider": "acme", "identifier": "large-1", "name": "Large", **fields})
