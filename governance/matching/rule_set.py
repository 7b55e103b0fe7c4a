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
        allowing = [rule for rule in ordered if rule.effect is Effect.ALLOW]
        self.index = Index([rule for rule in ordered if rule.effect is not Effect.ALLOW or not rule.is_exact])
        self.denials = Denials(self.index, Effect.DENY, ordered)
        self.questions = Denials(self.index, Effect.ASK, ordered)
        self.exact: dict[ExactForm, Rule] = {}
        for rule in allowing:
            if rule.is_exact and rule.exact is not None:
                self.exact.setdefault(rule.exact, rule)
        # Their words alone, since what surrounds them may be harmless: `npm test 2>&1`.
        self.exact_words: dict[str, Rule] = {}
        for rule in self.exact.values():
            if (line := rule.plain_line) is not None:
                self.exact_words.setdefault(line, rule)

    def look_up(self, line: str) -> Rule | None:
        """The strictest rule that matches what `join_words` made, whatever else it takes to cover it."""
        return self.index.find(line) or self.exact_words.get(line)

    def find_exact(self, source: str, command: SimpleCommand) -> Rule | None:
        return self.exact.get(describe_exactly(source, command)) if self.exact else None
