"""What the demo's engine runs, as prompts, models, agents and rules that people can change and release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.models import Team
from accounts.principal import Principal
from configs.content import (
    AgentContent,
    Content,
    EngineDefaultsContent,
    ModelContent,
    PromptContent,
    ProviderContent,
    ToolRule,
    ToolRulesContent,
)
from configs.domain.label_moves import Move
from configs.domain.labels import move_labels
from configs.domain.objects import save_object
from configs.domain.protection import set_protected
from engines.models import Engine
from relay.demo.project import PERMISSION
from relay.demo.scripted_llm import API_KEY_ENV, MODEL, PROVIDER
from releases.domain.defaults import save_defaults

PRODUCTION = "production"
PROMPT = "You look after a small program that greets people. Keep it friendly, and {{length}}.\n"


def seed_configs(person: Principal, engine: Engine, model_url: str) -> None:
    """Everything on its production label, which the demo's one person may move alone."""
    team = engine.team
    set_protected(principal=person, team=team, label=PRODUCTION, is_protected=False)
    provider = ProviderContent(
        name=PROVIDER,
        display_name="Scripted",
        package="@ai-sdk/openai-compatible",
        base_url=model_url,
        api_key_env=API_KEY_ENV,
    )
    model = ModelContent(
        provider=PROVIDER,
        identifier=MODEL,
        name="Scripted model",
        context_limit_tokens=100_000,
        output_limit_tokens=4096,
        price_input_usd_per_million="3",
        price_output_usd_per_million="15",
        capabilities={"tool_call": True},
    )
    prompt = PromptContent.read(
        {
            "name": "Greeting programmer",
            "body": PROMPT,
            "description": "What the agent of this demo is told.",
            "variables": [{"name": "length", "default": "short", "description": "How it should be."}],
        }
    )
    save = [save_one(person, team, content) for content in (provider, model, prompt)]
    model_id, prompt_id = save[1].object_id, save[2].object_id
    agent = AgentContent(
        name="build",
        description="Changes the program.",
        mode="primary",
        prompt=prompt_id,
        model=model_id,
    )
    rules = ToolRulesContent(rules=tuple(list_rules(PERMISSION)))
    save += [save_one(person, team, content) for content in (agent, rules)]
    move_labels(principal=person, label=PRODUCTION, moves=save)
    defaults = EngineDefaultsContent(default_agent="build", model=model_id, small_model=model_id)
    save_defaults(principal=person, engine=engine, content=defaults, expected_number=0)


def save_one(person: Principal, team: Team, content: Content) -> Move:
    saved = save_object(principal=person, kind=content.kind, team=team, content=content)
    return Move(kind=content.kind, object_id=saved.row.pk, number=saved.version.number)


def list_rules(permission: Mapping[str, Any]) -> list[ToolRule]:
    """The rules of an engine's configuration, in their order."""
    return [
        ToolRule(name, pattern, action)
        for name, value in permission.items()
        for pattern, action in (value.items() if isinstance(value, dict) else [("*", value)])
    ]
