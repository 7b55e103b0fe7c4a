"""Everything that is wrong, or worth knowing, before a set is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from configs.content import AgentContent, ConfigSet, EngineDefaultsContent, ToolRulesContent
from configs.opencode.agent_lints import explain_unusable_model, find_agent_problems
from configs.opencode.binding import BUILT_INS, GlobalRules, list_global_rules
from configs.opencode.config_json import list_environment_names
from configs.opencode.problems import Problem, Severity
from configs.opencode.rule_lints import find_list_problems, show
from configs.opencode.rule_map import FORBIDDEN_KEY, RuleMapError, build_rule_map

# What the engine's own objects answer to: as the name of an agent or model it would not be a new one.
RESERVED_NAMES = frozenset({"__proto__", "constructor", "hasOwnProperty", "toString", "valueOf"})
# The engine's own credentials: whoever gets them answers the requests for permission.
PRIVATE_PREFIXES = ("OPENCODE_", "COUNTERSIGN_")


def find_problems(config_set: ConfigSet, defaults: EngineDefaultsContent) -> tuple[Problem, ...]:
    """In a stable order. No error means that the set can be rendered."""
    return find_problems_under(list_global_rules(config_set), config_set, defaults)


def find_problems_under(
    global_rules: GlobalRules, config_set: ConfigSet, defaults: EngineDefaultsContent
) -> tuple[Problem, ...]:
    """The same for one who has the rules for every agent already."""
    return (
        *find_name_problems(config_set),
        *find_prompt_problems(config_set),
        *find_provider_problems(config_set),
        *find_option_problems(config_set),
        *find_tool_rule_problems(config_set.tool_rules),
        *find_agent_problems(config_set, global_rules),
        *find_default_problems(config_set, defaults),
        *find_whole_rule_problems(global_rules),
    )


def find_name_problems(config_set: ConfigSet) -> Iterator[Problem]:
    named: dict[str, list[tuple[str, str]]] = {
        "agent": [(object_id, content.name) for object_id, content in config_set.agents.items()],
        "instruction": [(object_id, content.name) for object_id, content in config_set.instructions.items()],
        "model": [(object_id, content.key) for object_id, content in config_set.models.items()],
        "provider": [(object_id, content.name) for object_id, content in config_set.providers.items()],
    }
    for kind, pairs in named.items():
        seen: set[str] = set()
        for object_id, name in sorted(pairs):
            field = "identifier" if kind == "model" else "name"
            if name in seen:
                yield Problem("error", kind, object_id, field, f"There are two called {show(name)}.")
            seen.add(name)
            if kind != "instruction" and name.partition("/")[2 if kind == "model" else 0] in RESERVED_NAMES:
                yield Problem("error", kind, object_id, field, f"The engine can't call one {show(name)}.")


def find_prompt_problems(config_set: ConfigSet) -> Iterator[Problem]:
    for object_id, prompt in sorted(config_set.prompts.items()):
        declared = [variable.name for variable in prompt.variables]
        for name in prompt.placeholders:
            if name not in declared:
                sentence = f"{{{{{name}}}}} is no variable of this prompt and stays as it stands."
                yield Problem("warning", "prompt", object_id, "body", sentence)
        for position, name in enumerate(declared):
            if name not in prompt.placeholders:
                sentence = f"The body does not use the variable {name}."
                yield Problem("warning", "prompt", object_id, f"variables.{position}", sentence)


def find_provider_problems(config_set: ConfigSet) -> Iterator[Problem]:
    for object_id, provider in sorted(config_set.providers.items()):
        make = partial(Problem, "error", "provider", object_id)
        if is_private(provider.api_key_env):
            yield make("api_key_env", explain_private(provider.api_key_env))
        for field, key in (("base_url", "baseURL"), ("api_key_env", "apiKey")):
            if getattr(provider, field) and key in provider.options:
                yield make(f"options.{key}", f"This has a field of its own, {field}, which is filled in too.")


def find_option_problems(config_set: ConfigSet) -> Iterator[Problem]:
    """What may stand in no options: the engine's own secrets, and keys that it would lose."""
    options: list[tuple[str, str, Mapping[str, Any]]] = [
        *(("agent", object_id, agent.options) for object_id, agent in sorted(config_set.agents.items())),
        *(("model", object_id, model.options) for object_id, model in sorted(config_set.models.items())),
        *(("provider", object_id, item.options) for object_id, item in sorted(config_set.providers.items())),
    ]
    for kind, object_id, value in options:
        make = partial(Problem, "error", kind, object_id, "options")
        # In an agent's options the engine reads no references.
        names = list_environment_names(value) if kind != "agent" else []
        yield from (make(explain_private(name)) for name in names if is_private(name))
        if has_key(value, FORBIDDEN_KEY):
            yield make(f"{FORBIDDEN_KEY} can't be a key: the engine would lose it.")


def has_key(value: Any, key: str) -> bool:
    if isinstance(value, Mapping):
        return key in value or any(has_key(item, key) for item in value.values())
    return isinstance(value, list) and any(has_key(item, key) for item in value)


def is_private(name: str) -> bool:
    return name.upper().startswith(PRIVATE_PREFIXES)


def explain_private(name: str) -> str:
    return (
        f"{name} is the engine's own: with its credentials the provider could answer requests for permission."
    )


def find_tool_rule_problems(lists: Mapping[str, ToolRulesContent]) -> Iterator[Problem]:
    for object_id, content in lists.items():

        def make(severity: Severity, field: str, sentence: str, object_id: str = object_id) -> Problem:
            return Problem(severity, "tool_rules", object_id, field, sentence)

        yield from find_list_problems(content.rules, make)


def find_whole_rule_problems(global_rules: GlobalRules) -> Iterator[Problem]:
    """Lists that are well each by itself can still be too tangled together."""
    try:
        build_rule_map(global_rules.rules)
    except RuleMapError as error:
        yield Problem("error", "tool_rules", "", "rules", str(error))


def find_default_problems(config_set: ConfigSet, defaults: EngineDefaultsContent) -> Iterator[Problem]:
    make = partial(Problem, "error", "engine_defaults", "")
    for field, model_id in (("model", defaults.model), ("small_model", defaults.small_model)):
        if model_id and (sentence := explain_unusable_model(config_set, model_id)):
            yield make(field, sentence)
    usable = list_talkable_names(config_set.agents.values())
    if defaults.default_agent and defaults.default_agent not in usable:
        sentence = (
            f"People can't talk to an agent {defaults.default_agent}: there is none of that name, or it is "
            "hidden, disabled or a subagent only. The engine would refuse every chat."
        )
        yield make("default_agent", sentence)
    elif not usable:
        yield make("default_agent", "Every agent that people could talk to is hidden or disabled.")


def list_talkable_names(agents: Iterable[AgentContent]) -> frozenset[str]:
    """Agents that a chat can begin with."""
    configured = {agent.name: agent for agent in agents}
    own = {
        name
        for name, built_in in BUILT_INS.items()
        if built_in.mode == "primary" and not built_in.is_hidden and name not in configured
    }
    ours = {
        name
        for name, agent in configured.items()
        if agent.mode != "subagent" and not agent.is_hidden and not agent.is_disabled
    }
    return frozenset(own | ours)
