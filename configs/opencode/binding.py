"""Which rules each agent runs under.

The engine's list for an agent is: what it brings along, then the configuration's rules, then the agent's own;
the last match decides. What it brings along allows nearly everything, so the configuration's rules begin with
"ask" for all. That also opens what the built-in agents were denied (a plan could ask for
edits), so they get their denials back.

People decide what a primary agent of theirs may do beyond the rules for every agent. Subagents and the
built-in agents get none of that: a rule that is looser than those is left out, since a subagent answers to no
rules of the chat that started it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from configs.content import AgentContent, ConfigSet, ToolRule
from configs.opencode.globs import PrefixIndex, overlap, widen_home
from configs.opencode.rule_map import has_wildcard, make_rules
from configs.opencode_rules import Rule, covers, evaluate, matches

ASK_FOR_ALL = ToolRule("*", "*", "ask")
STRICTNESS: Mapping[str, int] = MappingProxyType({"allow": 0, "ask": 1, "deny": 2})
# Tools that the engine files under one permission.
EDIT_TOOLS = frozenset({"write", "edit", "patch", "apply_patch", "multiedit"})


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """An agent that the engine brings along. `has_prompt`: with a prompt of its own."""

    mode: str
    is_hidden: bool = False
    has_prompt: bool = False
    # What it may use at all; None for everything.
    permissions: tuple[str, ...] | None = None
    first: tuple[ToolRule, ...] = ()
    last: tuple[ToolRule, ...] = ()


DENY_ALL = ToolRule("*", "*", "deny")
BUILT_INS: Mapping[str, BuiltIn] = MappingProxyType(
    {
        "build": BuiltIn("primary"),
        "plan": BuiltIn(
            "primary", first=(ToolRule("task", "general", "deny"),), last=(ToolRule("edit", "*", "deny"),)
        ),
        "general": BuiltIn("subagent", first=(ToolRule("todowrite", "*", "deny"),)),
        "explore": BuiltIn(
            "subagent",
            has_prompt=True,
            permissions=(
                "grep",
                "glob",
                "list",
                "bash",
                "webfetch",
                "websearch",
                "read",
                "external_directory",
            ),
        ),
        "compaction": BuiltIn("primary", is_hidden=True, has_prompt=True, permissions=()),
        "title": BuiltIn("primary", is_hidden=True, has_prompt=True, permissions=()),
        "summary": BuiltIn("primary", is_hidden=True, has_prompt=True, permissions=()),
    }
)


@dataclass(frozen=True)
class GlobalRules:
    """The rules for every agent, in the order in which they are written to the configuration."""

    rules: tuple[ToolRule, ...]

    @cached_property
    def _by_name(self) -> dict[str, PrefixIndex]:
        """Permission → its patterns."""
        index: dict[str, PrefixIndex] = {}
        for position, rule in enumerate(self.rules):
            index.setdefault(rule.permission, PrefixIndex()).add(widen_home(rule.pattern), position)
        return index

    @cached_property
    def _stricter(self) -> dict[ToolRule, ToolRule | None]:
        return {}

    @cached_property
    def task_rules(self) -> tuple[Rule, ...]:
        return make_rules(rule for rule in self.rules if matches(rule.permission, "task"))

    @cached_property
    def _wildcards(self) -> tuple[str, ...]:
        return tuple(permission for permission in self._by_name if has_wildcard(permission))

    def find_stricter(self, rule: ToolRule) -> ToolRule | None:
        """A rule that decides more strictly about something that `rule` is about; None when there is none."""
        if rule not in self._stricter:
            self._stricter[rule] = self._look_for_stricter(rule) if rule.action != "deny" else None
        return self._stricter[rule]

    def _look_for_stricter(self, rule: ToolRule) -> ToolRule | None:
        for position in self._list_candidates(rule):
            other = self.rules[position]
            if STRICTNESS[other.action] > STRICTNESS[rule.action]:
                if overlap_rules(other, rule):
                    return other
            elif covers(other.permission, rule.permission) and covers(other.pattern, rule.pattern):
                return None
        return None

    def find_last(self, permission: str) -> ToolRule:
        """The last rule about one plainly named permission; it alone can take a tool away."""
        names = [name for name in self._wildcards if matches(name, permission)]
        names += [permission] if permission in self._by_name else []
        return self.rules[max(self._by_name[name].find_last() for name in names)]

    def project(self, permission: str) -> tuple[ToolRule, ...]:
        """What is said about one plainly named permission, as rules of that name."""
        return tuple(
            ToolRule(permission, rule.pattern, rule.action)
            for rule in self.rules
            if matches(rule.permission, permission)
        )

    def _list_candidates(self, rule: ToolRule) -> list[int]:
        """Positions of rules that may overlap with `rule`, the last first."""
        names: Iterable[str] = self._by_name
        if not has_wildcard(rule.permission):
            names = dict.fromkeys([rule.permission, *self._wildcards])
        pattern = widen_home(rule.pattern)
        found = [self._by_name[name].list_candidates(pattern) for name in names if name in self._by_name]
        return sorted((position for positions in found for position in positions), reverse=True)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A rule of an agent that is not rendered, with the rule for every agent that it would have loosened."""

    position: int
    rule: ToolRule
    stricter: ToolRule


@dataclass(frozen=True, slots=True)
class Binding:
    """The rules that are written for one agent, and those of its own that are not."""

    rules: tuple[ToolRule, ...]
    left_out: tuple[LeftOut, ...] = ()
    # Subagents it is given by name and that the rules deny.
    denied_subagents: tuple[str, ...] = ()


def list_global_rules(config_set: ConfigSet) -> GlobalRules:
    """The lists in their order, everybody's before the team's; nothing undoes a denial of everybody's."""
    lists = config_set.tool_rules
    shared = [rule for key, content in lists.items() if key in config_set.shared for rule in content.rules]
    teams = [rule for key, content in lists.items() if key not in config_set.shared for rule in content.rules]
    standing = list_standing_denials(shared) if teams else []
    return GlobalRules((ASK_FOR_ALL, *shared, *teams, *standing))


def list_standing_denials(rules: Sequence[ToolRule]) -> list[ToolRule]:
    """The denials among these rules, with what follows them about the same things, in their order."""
    kept: list[ToolRule] = []
    denials: list[ToolRule] = []
    for rule in rules:
        if rule.action == "deny":
            denials.append(rule)
            kept.append(rule)
        elif any(overlap_rules(denial, rule) for denial in denials):
            kept.append(rule)
    return kept


def overlap_rules(one: ToolRule, other: ToolRule) -> bool:
    """True when something may be decided by both."""
    return overlap(one.permission, other.permission) and overlap(
        widen_home(one.pattern), widen_home(other.pattern)
    )


def is_bound(agent: AgentContent) -> bool:
    """Whether nothing of its own may be looser than the rules for every agent."""
    return agent.mode != "primary" or agent.name in BUILT_INS


def bind_agent(agent: AgentContent, global_rules: GlobalRules) -> Binding:
    """What is written for a configured agent, after the rules for every agent."""
    kept: list[ToolRule] = []
    left_out: list[LeftOut] = []
    for position, rule in enumerate(agent.rules):
        stricter = global_rules.find_stricter(rule) if is_bound(agent) else None
        if stricter is None:
            kept.append(rule)
        else:
            left_out.append(LeftOut(position, rule, stricter))
    built_in = BUILT_INS.get(agent.name)
    first = list_first_rules(built_in, global_rules, with_task=agent.subagents is None) if built_in else []
    own = [*first, *kept, *list_withdrawn_tools(agent)]
    tasks, denied = list_task_rules(agent, [*global_rules.task_rules, *make_rules(own)])
    last = built_in.last if built_in else ()
    return Binding((*own, *tasks, *last), tuple(left_out), denied)


def bind_built_in(name: str, global_rules: GlobalRules) -> tuple[ToolRule, ...]:
    """What is written for a built-in agent that nobody has configured."""
    built_in = BUILT_INS[name]
    return (*list_first_rules(built_in, global_rules, with_task=True), *built_in.last)


def list_first_rules(built_in: BuiltIn, global_rules: GlobalRules, *, with_task: bool) -> list[ToolRule]:
    """The rules for every agent once more, so that no lower layer's entry for the agent comes after them."""
    first = [rule for rule in built_in.first if with_task or rule.permission != "task"]
    if built_in.permissions is None:
        return [*global_rules.rules, *first]
    projected = [rule for name in built_in.permissions for rule in global_rules.project(name)]
    return [DENY_ALL, *projected, *first]


def list_withdrawn_tools(agent: AgentContent) -> list[ToolRule]:
    """Tools that are switched off; one that is switched on stays under the rules."""
    names = ["edit" if name in EDIT_TOOLS else name for name in sorted(agent.tools) if not agent.tools[name]]
    return [ToolRule(name, "*", "deny") for name in dict.fromkeys(names)]


def list_task_rules(agent: AgentContent, rules: Sequence[Rule]) -> tuple[list[ToolRule], tuple[str, ...]]:
    """The subagents it may call, each under the verdict of the rules so far; and the denied ones."""
    if agent.subagents is None:
        return [], ()
    verdicts = {name: evaluate(rules, "task", name) for name in agent.subagents}
    allowed = [ToolRule("task", name, action) for name, action in verdicts.items() if action != "deny"]
    denied = tuple(name for name, action in verdicts.items() if action == "deny")
    return [ToolRule("task", "*", "deny"), *allowed], denied
