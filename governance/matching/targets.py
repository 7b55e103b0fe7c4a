"""Named path patterns: which paths an action on paths may reach."""

from __future__ import annotations

from dataclasses import dataclass

from governance.matching.rules import Effect


@dataclass(frozen=True)
class Target:
    """`effect` is allow or deny. `verbs`: of which it speaks, () for all that take paths."""

    pattern: str
    effect: Effect
    id: str = ""
    version: int = 0
    verbs: tuple[str, ...] = ()
    message: str = ""
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.id or f"{self.effect} {self.pattern}"

    def speaks_of(self, verb: str) -> bool:
        return not self.verbs or verb in self.verbs
