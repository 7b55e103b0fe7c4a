"""How long the render of a large team takes: 500 agents with 2,000 rules, checks and schema included.

Beside it, in the same run: only writing the same agents with PyYAML's dumper in C and the same configuration
with `json`. Rendered are a quarter, a half and the whole of the team, which shows whether the time grows with
the size alone. Times are of this process's CPU.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from random import Random
from typing import Any

import yaml

from configs.content import (
    AgentContent,
    ConfigSet,
    EngineDefaultsContent,
    ModelContent,
    PromptContent,
    PromptVariable,
    ToolRule,
    ToolRulesContent,
)
from configs.opencode.agent_file import read_agent_file
from configs.opencode.tree import CONFIG_PATH, Tree, render_tree

ROUNDS = 5
AGENTS, GENERAL_RULES, RULES_OF_AN_AGENT = 500, 500, 3
PROMPT_LINES = 30
BAR_S = 1.0
# Twice the size takes at most this many times as long; the rest is noise of a shared machine.
BAR_GROWTH = 2.6
DEFAULTS = EngineDefaultsContent()


def make_team(share: float) -> ConfigSet:
    """This share of the team; a mixture of modes, of rules that loosen and rules that tighten."""
    random = Random(7)
    agents = {}
    count = int(AGENTS * share)
    for number in range(count):
        name = f"agent-{number:03}"
        agents[f"a{number:014}"] = AgentContent(
            name=name,
            description=f"Does task {number}: reads, writes and reports.",
            mode=("primary", "subagent", "all")[number % 3],
            prompt=f"p{number % 40:014}",
            prompt_values={"project": f"project {number}"},
            model=f"m{number % 20:014}",
            temperature="0.2",
            subagents=(f"agent-{number // 3 * 3 + 1:03}",)
            if number % 3 == 0 and number + 1 < count
            else None,
            options={"effort": "high", "budget": number},
            rules=tuple(make_rule(random, number * 10 + index) for index in range(RULES_OF_AN_AGENT)),
        )
    general = [make_rule(random, 1_000_000 + number) for number in range(int(GENERAL_RULES * share))]
    body = "Look at {{project}} closely, and say what you found.\n" * PROMPT_LINES
    variables = (PromptVariable(name="project"),)
    return ConfigSet(
        agents=agents,
        prompts={
            f"p{number:014}": PromptContent(name=f"Prompt {number}", body=body, variables=variables)
            for number in range(40)
        },
        models={
            f"m{number:014}": ModelContent(
                provider="acme",
                identifier=f"model-{number}",
                name=f"Model {number}",
                context_limit_tokens=200_000,
                output_limit_tokens=8_000,
                capabilities={"temperature": True, "tool_call": True},
            )
            for number in range(20)
        },
        tool_rules={"r" * 15: ToolRulesContent(rules=tuple(general))},
    )


def make_rule(random: Random, number: int) -> ToolRule:
    permission = random.choice(["bash", "bash", "edit", "read", "demo_tool"])
    pattern = f"command-{number} *" if permission == "bash" else f"folder-{number}/*"
    return ToolRule(permission, pattern, random.choice(["allow", "ask", "deny"]))


def write_plainly(agents: list[tuple[dict[str, Any], str]], config: dict[str, Any]) -> int:
    """The baseline: the characters of the same values, written by libraries alone."""
    size = len(json.dumps(config, indent=2))
    for keys, prompt in agents:
        text = yaml.dump(keys, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
        size += len(f"---\n{text}---\n\n{prompt}\n")
    return size


def read_values(tree: Tree) -> tuple[list[tuple[dict[str, Any], str]], dict[str, Any]]:
    agents = [read_agent_file(file.text) for file in tree.files if file.path.startswith("agent/")]
    plain = [({**keys, "temperature": 0.2}, prompt) for keys, prompt in agents]
    return plain, json.loads(tree.find(CONFIG_PATH) or "")


def measure(run: Callable[[], object]) -> float:
    before = time.process_time_ns()
    run()
    return (time.process_time_ns() - before) / 1e9


def main() -> int:
    shares = (0.25, 0.5, 1.0)
    teams = {share: make_team(share) for share in shares}
    trees = {share: render_tree(team, DEFAULTS) for share, team in teams.items()}
    assert [len(tree.files) for tree in trees.values()] == [int(AGENTS * share) + 1 for share in shares]
    tree = trees[1.0]
    values = read_values(tree)
    times: dict[float, list[float]] = {share: [] for share in shares}
    plain = []
    for _ in range(ROUNDS):
        for share, team in teams.items():
            times[share].append(measure(lambda team=team: render_tree(team, DEFAULTS)))  # type: ignore[misc]
        plain.append(measure(lambda: write_plainly(*values)))
    rules = GENERAL_RULES + AGENTS * RULES_OF_AN_AGENT
    size_kb = sum(len(file.text.encode()) for file in tree.files) // 1024
    print(f"{AGENTS} agents, {rules:,} rules, {size_kb:,} KB in {len(tree.files)} files; {ROUNDS} rounds")
    medians = {share: statistics.median(found) for share, found in times.items()}
    for share in shares:
        print(f"{share:5.0%} of the team: {medians[share] * 1000:7.0f} ms")
    ratio = statistics.median(ours / theirs for ours, theirs in zip(times[1.0], plain, strict=True))
    print(f"writing alone, by PyYAML (C) and json: {statistics.median(plain) * 1000:.0f} ms")
    print(f"the whole render takes {ratio:.2f} times as long, checks and schema included")
    problems = []
    if medians[1.0] >= BAR_S:
        problems.append(f"a render takes {medians[1.0]:.2f} s")
    for smaller, larger in ((0.25, 0.5), (0.5, 1.0)):
        growth = medians[larger] / medians[smaller]
        print(f"from {smaller:.0%} to {larger:.0%}: {growth:.2f} times the time")
        if growth > BAR_GROWTH:
            problems.append(f"twice the size takes {growth:.2f} times as long")
    for problem in problems:
        print(f"MISSED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
