"""Rules and commands that the benchmarks of the matcher share; the same in every run."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from governance.matching.rules import Effect, Rule
from governance.matching.tables.programs import words

PLACE = "/srv/project"
PROGRAMS = [
    *sorted(
        words(
            "git npm pnpm yarn node python3 pytest ruff mypy cargo go make docker kubectl helm terraform gh "
            "aws cat ls grep rg find sed awk sort uniq head tail wc jq curl tar diff tree"
        )
    ),
    *(f"tool{number}" for number in range(165)),
]
SUBCOMMANDS = sorted(words("status build test lint show list check format deploy clean"))
COUNTS = ((Effect.ALLOW, 800), (Effect.ASK, 100), (Effect.DENY, 100))
ORDINARY = (
    "git status",
    "git diff --stat HEAD~1",
    "git log --oneline -20 | head",
    "git add -A && git commit -m 'Fix the parser'",
    "ls -la src",
    "cat src/app.py | head -50",
    "grep -rn 'TODO' src --include='*.py'",
    "rg -l 'class \\w+' src",
    "find . -name '*.ts' -not -path './node_modules/*'",
    "npm test 2>&1 | tail -20",
    "npm run build",
    "python3 -m pytest tests -q -k 'login and not slow'",
    "pytest -x tests/unit",
    "cd src && ls",
    "sed -n '10,40p' src/app.py",
    "make test",
    "docker ps --format '{{.Names}}'",
    "curl -s http://localhost:8000/health | jq .",
    "echo done",
    "if [ -f package.json ]; then npm ci; fi",
)


def list_rules() -> list[Rule]:
    """1,000 rules of 200 programs, no two with the same pattern."""
    patterns = [f"{program} {sub}*" for program in PROGRAMS for sub in SUBCOMMANDS[:5]]
    random.Random(4).shuffle(patterns)
    effects = [effect for effect, count in COUNTS for _ in range(count)]
    return [
        Rule(pattern, effect, id=f"r{number}")
        for number, (pattern, effect) in enumerate(zip(patterns, effects, strict=True))
    ]


def list_hits(rules: Sequence[Rule]) -> list[str]:
    chosen = random.Random(5).sample(list(rules), 200)
    return [rule.pattern.replace("*", f" --option value{number}") for number, rule in enumerate(chosen)]


# Half of them of programs that have rules, half of others.
MISSES = [
    f"{PROGRAMS[number] if number % 2 else f'other{number}'} {SUBCOMMANDS[5 + number % 5]} --option x{number}"
    for number in range(200)
]


def list_ordinary() -> tuple[str, ...]:
    return ORDINARY


def list_past_commands(count: int) -> Iterator[str]:
    """As agents ask: ordinary ones in many variations, some that are stopped."""
    chance = random.Random(6)
    for number in range(count):
        command = ORDINARY[number % len(ORDINARY)]
        match chance.randrange(8):
            case 0:
                command = f"{chance.choice(PROGRAMS)} {chance.choice(SUBCOMMANDS)} --number {number}"
            case 1:
                command = f"{command} && {chance.choice(PROGRAMS)} {chance.choice(SUBCOMMANDS)}"
            case 2:
                command = command.replace("src", f"src/part{number}")
            case 3:
                command = f"{command} # number {number}"
        yield command
