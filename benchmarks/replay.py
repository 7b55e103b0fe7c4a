"""100,000 past commands and 1,000 rules: how long a replay takes, and that memory stays flat.

First the matcher alone, each command judged once; then a draft held against the same commands as requests in
a database, as the page and the command do: read, decrypted, judged without the draft and with it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rule_samples import PLACE, list_past_commands, list_rules
from governance.matching.judge import judge_command
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect, Rule

WARM_UP = 10_000
BAR_S = 60
BAR_GROWTH_MIB = 8


def read_memory_mib() -> float:
    """What the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


EVERYDAY = ("git *", "ls *", "cat *", "grep *", "find *", "npm *", "head *", "cd *", "echo *", "make *")


def list_replayed_rules() -> RuleSet:
    """The 1,000 of the samples, ten of which are about everyday programs as people write them."""
    replaced = [Rule(pattern, Effect.ALLOW) for pattern in EVERYDAY]
    return RuleSet([*list_rules()[len(EVERYDAY) :], *replaced])


@dataclass(frozen=True, slots=True)
class Measured:
    """`growth_mib`: from the warm-up to the end; `found`: requests by what was found."""

    title: str
    took_s: float
    cpu_s: float
    memory_mib: float
    growth_mib: float
    found: dict[str, int]

    def show(self) -> None:
        print(
            f"{self.title}: {self.took_s:.1f} s ({self.cpu_s:.1f} s of CPU), {self.found}\n"
            f"  memory: {self.memory_mib:.1f} MiB after {WARM_UP:,} of them, {self.growth_mib:+.1f} MiB from "
            "there to the end",
            flush=True,
        )

    def list_problems(self, *kinds: str) -> Iterator[str]:
        if self.took_s >= BAR_S:
            yield f"{self.title}: it took {self.took_s:.0f} s, not less than {BAR_S} s"
        if self.growth_mib >= BAR_GROWTH_MIB:
            yield f"{self.title}: memory grew by {self.growth_mib:.1f} MiB"
        if missing := [kind for kind in kinds if not self.found.get(kind)]:
            yield f"{self.title}: nothing came to {', '.join(missing)}"


def judge_all(count: int) -> Measured:
    """The commands alone, each judged once: what the matcher takes."""
    rules = list_replayed_rules()
    found: Counter[str] = Counter()
    before, cpu_before, memory_mib = time.perf_counter(), time.process_time(), 0.0
    for number, command in enumerate(list_past_commands(count)):
        if number == WARM_UP:
            memory_mib = read_memory_mib()
        found[judge_command(command, rules, place=PLACE).effect.value] += 1
    took_s, cpu_s = time.perf_counter() - before, time.process_time() - cpu_before
    return Measured("judged", took_s, cpu_s, memory_mib, read_memory_mib() - memory_mib, dict(found))


def replay_stored(count: int) -> Measured:
    """A draft over as many requests, sealed in a database."""
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
        variables = {
            "DATABASE_URL": f"sqlite:///{Path(folder) / 'stored.sqlite3'}",
            "REDIS_URL": "",
            "SQLITE_SYNCHRONOUS": "NORMAL",
            "COUNTERSIGN_DATA_DIR": str(Path(folder) / "data"),
            "COUNTERSIGN_KEYS_FILE": str(Path(folder) / "keys" / "countersign.keys"),
            "COUNTERSIGN_LOG_LEVEL": "ERROR",
        }
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.replay_steps", str(count)],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return Measured("stored", **json.loads(done.stdout.splitlines()[-1]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="past commands")
    count = parser.parse_args().count
    print(f"{count:,} past commands, 1,000 rules")
    judged = judge_all(count)
    judged.show()
    stored = replay_stored(count)
    stored.show()
    print(f"a stored one takes {stored.cpu_s / judged.cpu_s:.2f} of the CPU that judging it alone takes")
    problems = [
        *judged.list_problems(*Effect),
        *stored.list_problems("looked_at", "unchanged", "newly_allowed"),
    ]
    for problem in problems:
        print(f"MISSED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
