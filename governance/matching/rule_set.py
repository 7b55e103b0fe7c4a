"""All rules over commands that apply, compiled once."""

from __future__ import annotations

from collections.abc import Sequence

from governance.matching.denials import Denials
from governance.matching.rules import Effect, ExactForm, Index, Rule, describe_exactly, is_about_commands
from governance.matching.words import SimpleCommand


class RuleSet:
    """The order they came in changes nothing."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        ordered = sorted(
            (rule for rule in rules if is_about_commands(rule) and rule.tokens),
            key=lambda rule: (rule.pattern, rule.id),
        )
        self.denials = Denials([rule for rule in ordered if rule.effect is Effect.DENY])
        self.questions = Denials([rule for rule in ordered if rule.effect is Effect.ASK])
        allowing = [rule for rule in ordered if rule.effect is Effect.ALLOW]
        self.allow = Index([rule for rule in allowing if not rule.is_exact])
        self.exact: dict[ExactForm, Rule] = {}
        for rule in allowing:
            if rule.is_exact and rule.exact is not None:
                self.exact.setdefault(rule.exact, rule)
        # Their words alone, since what surrounds them may be harmless: `npm test 2>&1`.
        self.exact_words: dict[str, Rule] = {}
        for rule in self.exact.values():
            if (line := rule.plain_line) is not None:
                self.exact_words.setdefault(line, rule)

    def find_exact(self, source: str, command: SimpleCommand) -> Rule | None:
        return self.exact.get(describe_exactly(source, command)) if self.exact else None
