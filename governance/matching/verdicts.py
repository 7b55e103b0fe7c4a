"""What is said of a call, whatever its verb."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from governance.matching.rules import Effect, Rule
from governance.matching.targets import Target

ORDER = {Effect.ALLOW: 0, Effect.ASK: 1, Effect.DENY: 2}
NO_RULE = "No rule allows it."
# How the reason of a verdict begins that took longer than its wall limit.
TIMEOUT = "timeout"


class RiskKind(StrEnum):
    DESTRUCTIVE = "destructive"
    NETWORK = "network"
    CREDENTIAL_PATH = "credential_path"
    OUTSIDE_PROJECT = "outside_project"
    PRIVILEGE = "privilege"
    PERSISTENCE = "persistence"
    OBFUSCATION = "obfuscation"


@dataclass(frozen=True, slots=True)
class RiskFinding:
    """`word`: what was seen, "" when it is the whole; `sentence`: what that means.

    is_serious: whether it makes the whole call one to look at twice.
    """

    kind: RiskKind
    word: str
    sentence: str
    is_serious: bool = True


@dataclass(frozen=True, slots=True)
class CommandVerdict:
    """Of one simple command, or one path, URL, name; `text` as it stands in the source.

    rules: all that an allow rests on; the commands behind a wrapper may have rules of their own.
    """

    text: str
    effect: Effect
    reason: str
    rule: Rule | Target | None = None
    rules: tuple[Rule | Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is a sentence for a person; agents only ever receive the rule's own message.

    rule: the one that decided, None when none did. findings: what a reader should know besides, as sentences.
    rules: all that an allowance rests on, also behind wrappers. risks: what the call could do, told without
    any rule; empty where nobody asked for them.
    """

    effect: Effect
    reason: str
    rule: Rule | Target | None = None
    commands: tuple[CommandVerdict, ...] = ()
    findings: tuple[str, ...] = ()
    rules: tuple[Rule | Target, ...] = ()
    risks: tuple[RiskFinding, ...] = ()


def choose_worst(verdicts: list[CommandVerdict]) -> Verdict:
    """The first of the worst decides. `verdicts` is not empty."""
    worst = max(verdicts, key=lambda verdict: ORDER[verdict.effect])
    rules: tuple[Rule | Target, ...] = (worst.rule,) if worst.rule else ()
    if worst.effect is Effect.ALLOW:
        rules = tuple(dict.fromkeys(rule for verdict in verdicts for rule in verdict.rules))
    return Verdict(worst.effect, worst.reason, worst.rule, tuple(verdicts), rules=rules)


def allow(text: str, reason: str, *rules: Rule | Target) -> CommandVerdict:
    """The first of the rules is the one that is named."""
    return CommandVerdict(text, Effect.ALLOW, reason, rules[0], rules)
