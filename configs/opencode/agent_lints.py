"""What is wrong with agents: what they point to, whom they call, and their rules beside the rules for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from configs.content import AgentContent, ConfigSet, PromptContent
from configs.opencode.binding import (
    BUILT_INS,
    EDIT_TOOLS,
    Binding,
    GlobalRules,
    bind_agent,
    is_bound,
)
from configs.opencode.config_json import list_environment_names
from configs.opencode.problems import Problem, Severity
from configs.opencode.rule_lints import Make, describe_rule, find_list_problems, show
from configs.opencode.rule_map import RuleMapError, build_rule_map, make_rules
from configs.opencode_rules import is_withdrawn

KIND = "agent"
# The engine offers only models of these.
OFFERED_STATUSES = frozenset({"active", "beta"})


def find_agent_problems(config_set: ConfigSet, global_rules: GlobalRules) -> Iterator[Problem]:
    callable_names = list_callable_names(config_set.agents.values())
    for object_id, agent in sorted(config_set.agents.items()):
        make = partial(_make, object_id)
        yield from find_prompt_problems(agent, config_set, make)
        yield from find_model_problems(agent, config_set, make)
        yield from find_option_problems(agent, make)
        yield from find_subagent_problems(agent, callable_names, make)
        if agent.rules or agent.tools or agent.subagents is not None:
            yield from find_rule_problems(agent, global_rules, make)
    yield from find_cycles(config_set.agents)


def _make(object_id: str, severity: Severity, field: str, sentence: str) -> Problem:
    return Problem(severity, KIND, object_id, field, sentence)


def find_prompt_problems(agent: AgentContent, config_set: ConfigSet, make: Make) -> Iterator[Problem]:
    if not agent.prompt:
        if agent.prompt_values:
            yield make("warning", "prompt_values", "Values are given, and there is no prompt to put them in.")
        return
    prompt = config_set.prompts.get(agent.prompt)
    if prompt is None:
        yield make("error", "prompt", "Its prompt is not there: retired, or without this label.")
        return
    for name in list_missing_values(agent, prompt):
        yield make("error", f"prompt_values.{name}", f"The prompt wants a value for {name}.")
    known = {variable.name for variable in prompt.variables}
    for name in sorted(set(agent.prompt_values) - known):
        yield make("warning", f"prompt_values.{name}", f"The prompt has no variable {name}.")
    if not prompt.fill(agent.prompt_values).strip():
        yield make("warning", "prompt", "The prompt is empty: the engine uses its general one.")


def list_missing_values(agent: AgentContent, prompt: PromptContent) -> list[str]:
    used = set(prompt.placeholders)
    return [
        variable.name
        for variable in prompt.variables
        if variable.name in used and variable.default is None and variable.name not in agent.prompt_values
    ]


def find_model_problems(agent: AgentContent, config_set: ConfigSet, make: Make) -> Iterator[Problem]:
    if not agent.model:
        if agent.variant:
            yield make("warning", "variant", "A variant needs a model of the agent's own.")
        return
    model = config_set.models.get(agent.model)
    sentence = explain_unusable_model(config_set, agent.model)
    if sentence and not agent.is_disabled:
        yield make("error", "model", sentence)
    if model is None:
        if agent.is_disabled:
            yield make("error", "model", sentence)
        return
    if agent.temperature is not None and model.capabilities.get("temperature") is False:
        yield make("warning", "temperature", f"{show(model.name)} ignores it; it is not sent.")
    if agent.variant and agent.variant not in model.variants:
        known = f"it knows {', '.join(model.variants)}" if model.variants else "none is known"
        yield make("warning", "variant", f"{show(model.name)} has no variant {show(agent.variant)}; {known}.")


def explain_unusable_model(config_set: ConfigSet, model_id: str) -> str:
    """Why the engine could not use this model; "" when it can."""
    model = config_set.models.get(model_id)
    if model is None:
        return "The model is not there: retired, or without this label."
    if not model.is_enabled:
        return f"The model {show(model.name)} is switched off."
    if model.status not in OFFERED_STATUSES:
        return f"The model {show(model.name)} is {model.status}; the engine does not offer such models."
    return ""


def find_option_problems(agent: AgentContent, make: Make) -> Iterator[Problem]:
    for name in list_environment_names(agent.options):
        sentence = f"{{env:{name}}} is sent as it stands: the engine does not read it in an agent's options."
        yield make("warning", "options", sentence)


# Subagents


def list_callable_names(agents: Iterable[AgentContent]) -> frozenset[str]:
    """Agents that others may call: ours that are no primary ones, and the engine's own."""
    configured = {agent.name: agent for agent in agents}
    own = {name for name, built_in in BUILT_INS.items() if built_in.mode == "subagent"} - set(configured)
    ours = {name for name, agent in configured.items() if agent.mode != "primary" and not agent.is_disabled}
    return frozenset(own | ours)


def find_subagent_problems(
    agent: AgentContent, callable_names: frozenset[str], make: Make
) -> Iterator[Problem]:
    for position, name in enumerate(agent.subagents or ()):
        if name not in callable_names:
            sentence = f"No agent {name} can be called: there is none, or it is a primary or a disabled one."
            yield make("error", f"subagents.{position}", sentence)


def find_cycles(agents: Mapping[str, AgentContent]) -> Iterator[Problem]:
    """One problem for each agent that could be called by itself, directly or through others."""
    ids = {agent.name: object_id for object_id, agent in agents.items()}
    calls = {agent.name: [name for name in agent.subagents or () if name in ids] for agent in agents.values()}
    for component in list_components(calls):
        first = min(component)
        if len(component) > 1 or first in calls[first]:
            names = " and ".join(sorted(component)) if len(component) > 1 else f"{first} and itself"
            yield _make(ids[first], "error", "subagents", f"Subagents call one another in a circle: {names}.")


def list_components(calls: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The strongly connected components (Tarjan's algorithm, without recursion), in a stable order."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for start in sorted(calls):
        work = [(start, iter(calls[start]))] if start not in order else []
        if work:
            _enter(start, order, low, stack, on_stack)
        while work:
            name, rest = work[-1]
            following = next(rest, None)
            if following is None:
                work.pop()
                if work:
                    caller = work[-1][0]
                    low[caller] = min(low[caller], low[name])
                if low[name] == order[name]:
                    found.append(_leave(name, stack, on_stack))
            elif following not in order:
                _enter(following, order, low, stack, on_stack)
                work.append((following, iter(calls[following])))
            elif following in on_stack:
                low[name] = min(low[name], order[following])
    return found


def _enter(
    name: str, order: dict[str, int], low: dict[str, int], stack: list[str], on_stack: set[str]
) -> None:
    order[name] = low[name] = len(order)
    stack.append(name)
    on_stack.add(name)


def _leave(name: str, stack: list[str], on_stack: set[str]) -> list[str]:
    component: list[str] = []
    while not component or component[-1] != name:
        component.append(stack.pop())
        on_stack.discard(component[-1])
    return component


# Rules


def find_rule_problems(agent: AgentContent, global_rules: GlobalRules, make: Make) -> Iterator[Problem]:
    yield from find_list_problems(agent.rules, make)
    binding = bind_agent(agent, global_rules)
    yield from find_looser_rules(agent, binding, global_rules, make)
    for name in binding.denied_subagents:
        yield make("warning", "subagents", f"The rules deny calling {name}, so it can't be called.")
    yield from find_useless_switches(agent, global_rules, make)
    try:
        build_rule_map(binding.rules)
    except RuleMapError as error:
        yield make("error", "rules", str(error))


def find_looser_rules(
    agent: AgentContent, binding: Binding, global_rules: GlobalRules, make: Make
) -> Iterator[Problem]:
    for left in binding.left_out:
        sentence = (
            f"Left out: {describe_rule(left.rule)} is looser than a rule for every agent, "
            f"{describe_rule(left.stricter)}. An agent that others call, or that the engine brings along, "
            "gets nothing beyond those."
        )
        yield make("warning", f"rules.{left.position}", sentence)
    if is_bound(agent):
        return
    for position, rule in enumerate(agent.rules):
        stricter = global_rules.find_stricter(rule)
        if stricter is not None:
            sentence = (
                f"{describe_rule(rule)} is looser than a rule for every agent: {describe_rule(stricter)}."
            )
            yield make("warning", f"rules.{position}", sentence)


def find_useless_switches(agent: AgentContent, global_rules: GlobalRules, make: Make) -> Iterator[Problem]:
    own = make_rules(agent.rules)
    for tool in sorted(name for name, is_on in agent.tools.items() if is_on):
        permission = "edit" if tool in EDIT_TOOLS else tool
        last = make_rules([global_rules.find_last(permission)])
        if is_withdrawn([*last, *own], permission):
            yield make("warning", f"tools.{tool}", f"It is switched on, and the rules hide {show(tool)}.")
