"""Releases as they are built, past the objects and labels that have tests of their own."""

from __future__ import annotations

from accounts.models import User
from accounts.principal import Principal
from configs.content import (
    AgentContent,
    ConfigSet,
    EngineDefaultsContent,
    PromptContent,
    ToolRule,
    ToolRulesContent,
)
from configs.opencode.tree import render_tree
from engines.models import Engine
from releases.domain.build import Draft, store_release
from releases.domain.publications import publish
from releases.models import Publication, Release
from tests.factories import make_principal

PROMPT_ID, AGENT_ID, RULES_ID = "prompt000000001", "agent0000000001", "rules0000000001"


def build_set(prompt: str, *more: AgentContent) -> ConfigSet:
    """One agent with one prompt and rules for everybody."""
    agents = {AGENT_ID: AgentContent(name="reviewer", description="Reads.", mode="all", prompt=PROMPT_ID)}
    agents |= {f"agent00000001{number:02}": agent for number, agent in enumerate(more)}
    return ConfigSet(
        prompts={PROMPT_ID: PromptContent(name="Reviewer", body=prompt)},
        agents=agents,
        tool_rules={RULES_ID: ToolRulesContent(rules=(ToolRule("bash", "git status", "allow"),))},
        versions={("prompt", PROMPT_ID): (1, "a" * 64), ("agent", AGENT_ID): (1, "b" * 64)},
    )


def draft(prompt: str) -> Draft:
    tree = render_tree(build_set(prompt), EngineDefaultsContent())
    assert tree.files, tree.problems
    objects = [["agent", AGENT_ID, 1, "b" * 64], ["prompt", PROMPT_ID, 1, "a" * 64]]
    inputs = {"objects": objects, "defaults": 0, "has_gate": False}
    return Draft(tuple((file.path, file.text) for file in tree.files), inputs, tree.problems)


def make_release(
    principal: Principal, engine: Engine, prompt: str = "Read first.", note: str = ""
) -> Release:
    return store_release(actor=principal.actor, engine=engine, draft=draft(prompt), note=note)


def make_publication(user: User, engine: Engine, prompt: str = "Read first.") -> Publication:
    """On its way; nobody takes a step."""
    principal = make_principal(user)
    return publish(principal=principal, release=make_release(principal, engine, prompt))
