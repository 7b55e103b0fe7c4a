"""Judging 100,000 past commands by 1,000 rules: how long it takes, and that memory stays flat."""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from pathlib import Path

from benchmarks.rule_samples import PLACE, list_past_commands, list_rules
from governance.matching.judge import judge_command
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect, Rule

COUNT = 100_000
WARM_UP = 10_000
BAR_S = 60
BAR_GROWTH_MIB = 8


def read_memory_mib() -> float:
    """What the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def list_replayed_rules() -> RuleSet:
    """The 1,000 of the samples, ten of which are about everyday programs as people write them."""
    everyday = ("git *", "ls *", "cat *", "grep *", "find *", "npm *", "head *", "cd *", "echo *", "make *")
    replaced = [Rule(pattern, Effect.ALLOW) for pattern in everyday]
    return RuleSet([*list_rules()[len(replaced) :], *replaced])


def main() -> int:
    rules = list_replayed_rules()
    found: Counter[str] = Counter()
    before, cpu_before, memory = time.perf_counter(), time.process_time(), 0.0
    for number, command in enumerate(list_past_commands(COUNT)):
        if number == WARM_UP:
            memory = read_memory_mib()
        found[judge_command(command, rules, place=PLACE).effect] += 1
    took_s, cpu_s = time.perf_counter() - before, time.process_time() - cpu_before
    growth_mib = read_memory_mib() - memory
    print(f"{COUNT:,} commands by 1,000 rules: {took_s:.1f} s ({cpu_s:.1f} s of CPU), {dict(found)}")
    print(f"memory: {memory:.1f} MiB after {WARM_UP:,} commands, {growth_mib:+.1f} MiB from there to the end")
    problems = []
    if took_s >= BAR_S:
        problems.append(f"it took {took_s:.0f} s, not less than {BAR_S} s")
    if growth_mib >= BAR_GROWTH_MIB:
        problems.append(f"memory grew by {growth_mib:.1f} MiB")
    if min(found[effect] for effect in Effect) == 0:
        problems.append(f"not every verdict was given: {dict(found)}")
    for problem in problems:
        print(f"MISSED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
