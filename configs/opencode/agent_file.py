"""`agent/NAME.md`: YAML between two lines of dashes, below it the prompt.

The engine reads these files without looking for references. It takes the body without outer blanks, also an
empty one, which would blank the prompt that some built-in agents bring along: such an agent, when it has no
prompt of ours, is an entry of `opencode.json` instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from configs.content import AgentContent, ConfigSet, ToolRule
from configs.formats.front_matter import write_front_matter
from configs.formats.plain_yaml import read_yaml
from configs.opencode.binding import BUILT_INS
from configs.opencode.rule_map import build_rule_map

# What JavaScript's `trim` takes away.
JS_BLANKS = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)


def get_agent_path(name: str) -> str:
    return f"agent/{name}.md"


def is_file(agent: AgentContent, prompt: str) -> bool:
    """False for a built-in agent that keeps its own prompt, which a file would blank."""
    return bool(prompt) or not (agent.name in BUILT_INS and BUILT_INS[agent.name].has_prompt)


def write_agent_file(keys: Mapping[str, Any], prompt: str) -> str:
    return write_front_matter(dict(keys), prompt)


def read_agent_file(text: str) -> tuple[dict[str, Any], str]:
    """(keys, prompt) as the engine takes them from a file of ours: the first line of dashes ends the head."""
    head, _, body = text.removeprefix("---").partition("\n---")
    return read_yaml(head), body.strip(JS_BLANKS)


def fill_prompt(agent: AgentContent, config_set: ConfigSet) -> str:
    """The prompt as the engine will have it; "" when there is none, or none in the set."""
    prompt = config_set.prompts.get(agent.prompt)
    return prompt.fill(agent.prompt_values).strip(JS_BLANKS) if prompt is not None else ""


def build_agent_keys(agent: AgentContent, config_set: ConfigSet, rules: Sequence[ToolRule]) -> dict[str, Any]:
    """The agent in the engine's words, but for its name and prompt. Raises RuleMapError."""
    model = config_set.models.get(agent.model)
    is_shown_openly = agent.name in BUILT_INS and BUILT_INS[agent.name].is_hidden
    keys = {
        "description": agent.description,
        "mode": agent.mode,
        "model": model.key if model is not None else "",
        "variant": agent.variant,
        "temperature": to_number(agent.temperature),
        "top_p": to_number(agent.top_p),
        "steps": agent.steps,
        "color": agent.color,
        "disable": agent.is_disabled or None,
        "hidden": agent.is_hidden if agent.is_hidden or is_shown_openly else None,
        "options": dict(agent.options),
        "permission": build_rule_map(rules),
    }
    return {key: value for key, value in keys.items() if value not in ("", None, {})}


def to_number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
