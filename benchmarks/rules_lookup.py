"""How fast a rule is found among 1,000: beside a plain loop over compiled patterns, Cedar and Casbin.

800 rules allow, 100 ask, 100 deny; 400 commands, half of which no rule matches. All engines decide the same
commands in the same run, turn by turn, and have to give the same verdicts. Times are of this process's CPU.
Then whole evaluations, both readers included, of ordinary commands under the same rules.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from fnmatch import translate

import casbin
import cedarpy

from benchmarks.rule_samples import MISSES, PLACE, list_hits, list_ordinary, list_rules
from governance.matching.judge import judge_command
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect, Rule

ROUNDS = 7
FLOOR_AGAINST_LOOP, BAR_AGAINST_LOOP = 20, 100
BAR_AGAINST_ENGINES = 1_000
BAR_EVALUATION_MS = 0.2
CASBIN_MODEL = """
[request_definition]
r = obj
[policy_definition]
p = obj, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = covers(r.obj, p.obj)
"""

Look = Callable[[str], Effect | None]


def build_ours(rules: Sequence[Rule]) -> Look:
    """The look-up that a judged command goes through, without reading the command."""
    compiled = RuleSet(rules)

    def look(command: str) -> Effect | None:
        rule = compiled.look_up(command)
        return rule.effect if rule is not None else None

    return look


def build_loop(rules: Sequence[Rule]) -> Look:
    order = [Effect.DENY, Effect.ASK, Effect.ALLOW]
    compiled = [
        (effect, re.compile(translate(rule.pattern)))
        for effect in order
        for rule in rules
        if rule.effect is effect
    ]

    def look(command: str) -> Effect | None:
        for effect, pattern in compiled:
            if pattern.match(command):
                return effect
        return None

    return look


def build_cedar(rules: Sequence[Rule]) -> Look:
    """An ask is a forbid of its own name; the policies that decided tell which."""
    effects = {}
    texts = []
    for number, rule in enumerate(rules):
        effects[f"policy{number}"] = rule.effect
        head = "permit" if rule.effect is Effect.ALLOW else "forbid"
        texts.append(
            f"{head}(principal, action, resource) when {{ context.command like {json.dumps(rule.pattern)} }};"
        )
    policies = cedarpy.PolicySet.from_str("\n".join(texts))
    entities: list[dict[str, object]] = []
    request = {"principal": 'User::"a"', "action": 'Action::"run"', "resource": 'Shell::"s"'}

    def look(command: str) -> Effect | None:
        answer = cedarpy.is_authorized({**request, "context": {"command": command}}, policies, entities)
        found = {effects[name] for name in answer.diagnostics.reasons}
        return next((effect for effect in (Effect.DENY, Effect.ASK, Effect.ALLOW) if effect in found), None)

    return look


def build_casbin(rules: Sequence[Rule]) -> Look:
    """An ask is a deny; the policy that explains the answer tells which."""
    effects = {rule.pattern: rule.effect for rule in rules}
    patterns = {rule.pattern: re.compile(translate(rule.pattern)) for rule in rules}
    model = casbin.Enforcer.new_model(text=CASBIN_MODEL)
    enforcer = casbin.Enforcer(model, enable_log=False)
    enforcer.add_policies(
        [[rule.pattern, "allow" if rule.effect is Effect.ALLOW else "deny"] for rule in rules]
    )
    enforcer.add_function("covers", lambda command, pattern: bool(patterns[pattern].match(command)))

    def look(command: str) -> Effect | None:
        _, explained = enforcer.enforce_ex(command)
        return effects[explained[0]] if explained else None

    return look


def measure(look: Look, commands: Sequence[str]) -> float:
    """CPU seconds for one command."""
    before = time.process_time_ns()
    for command in commands:
        look(command)
    return (time.process_time_ns() - before) / 1e9 / len(commands)


def measure_evaluations(rules: Sequence[Rule]) -> float:
    """Median CPU milliseconds of a whole evaluation of an ordinary command."""
    compiled = RuleSet(rules)
    times = []
    for _ in range(ROUNDS * 3):
        for command in list_ordinary():
            before = time.process_time_ns()
            judge_command(command, compiled, place=PLACE)
            times.append((time.process_time_ns() - before) / 1e6)
    return statistics.median(times)


def main() -> int:
    rules = list_rules()
    commands = [command for pair in zip(list_hits(rules), MISSES, strict=True) for command in pair]
    looks = {
        "countersign": build_ours(rules),
        "loop": build_loop(rules),
        "cedar": build_cedar(rules),
        "casbin": build_casbin(rules),
    }
    verdicts = {name: [look(command) for command in commands] for name, look in looks.items()}
    different = [name for name, found in verdicts.items() if found != verdicts["loop"]]
    # Ours takes a few microseconds: enough turns that the clock does not count.
    turns = {"countersign": 40, "loop": 1, "cedar": 1, "casbin": 1}
    times: dict[str, list[float]] = {name: [] for name in looks}
    for _ in range(ROUNDS):
        for name, look in looks.items():
            times[name].append(measure(look, commands * turns[name]))
    ratios = {
        name: statistics.median(
            other / ours for other, ours in zip(times[name], times["countersign"], strict=True)
        )
        for name in looks
    }
    print(f"{len(rules)} rules, {len(commands)} commands, half of them without a rule; {ROUNDS} rounds")
    print(f"{'':12} {'µs a command':>14} {'times ours':>12}")
    for name in looks:
        print(f"{name:12} {statistics.median(times[name]) * 1e6:14.2f} {ratios[name]:12,.0f}")
    evaluation_ms = measure_evaluations(rules)
    print(f"whole evaluation of an ordinary command: median {evaluation_ms:.3f} ms")
    problems = [f"{name} gives other verdicts" for name in different]
    if ratios["loop"] < FLOOR_AGAINST_LOOP:
        problems.append(f"only {ratios['loop']:.0f} times faster than a loop")
    elif ratios["loop"] < BAR_AGAINST_LOOP:
        print(f"BELOW THE AIM of {BAR_AGAINST_LOOP} times a loop, above the floor of {FLOOR_AGAINST_LOOP}")
    problems += [
        f"only {ratios[name]:,.0f} times faster than {name}"
        for name in ("cedar", "casbin")
        if ratios[name] < BAR_AGAINST_ENGINES
    ]
    if evaluation_ms >= BAR_EVALUATION_MS:
        problems.append(f"an evaluation takes {evaluation_ms:.3f} ms")
    for problem in problems:
        print(f"MISSED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
