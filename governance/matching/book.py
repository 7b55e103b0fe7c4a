"""All rules that apply to a call, compiled once, and the one door to a verdict."""

from __future__ import annotations

from collections.abc import Sequence

from governance.matching.calls import BASH, FETCH, PATH_VERBS, REPEATED, TASK, Call
from governance.matching.judge import judge_command
from governance.matching.path_rules import PathRules
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect, Rule
from governance.matching.targets import Target
from governance.matching.tool_rules import SubagentRules, ToolRules
from governance.matching.url_rules import UrlRules
from governance.matching.verdicts import Verdict
from governance.matching.words import Budget, UnreadableError

__all__ = ["RuleBook", "Target", "judge_call"]


class RuleBook:
    """`forbidden`: absolute folders that no rule can allow. `version` names the state of its rules."""

    def __init__(
        self,
        rules: Sequence[Rule],
        targets: Sequence[Target] = (),
        forbidden: Sequence[str] = (),
        *,
        version: str = "",
    ) -> None:
        self.rules = tuple(rules)
        self.targets = tuple(targets)
        self.forbidden = tuple(forbidden)
        self.version = version
        self.commands = RuleSet(self.rules)
        self.paths = PathRules(self.rules, self.targets, self.forbidden)
        self.urls = UrlRules(self.rules)
        self.subagents = SubagentRules(self.rules)
        self.tools = ToolRules(self.rules)


def judge_call(call: Call, book: RuleBook, *, wall_limit_s: float | None = None) -> Verdict:
    """What the rules say of a call. Never raises: in doubt, ask. What it could do, `assess_call` tells.

    wall_limit_s is for live callers alone; a verdict that took longer is `ask`, and its reason begins with
    "timeout".
    """
    try:
        return judge_by_verb(call, book, wall_limit_s)
    except UnreadableError as error:
        return Verdict(Effect.ASK, str(error))
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, a person is asked
        return Verdict(Effect.ASK, f"It could not be judged ({type(error).__name__}).")


def judge_by_verb(call: Call, book: RuleBook, wall_limit_s: float | None) -> Verdict:
    if call.permission == REPEATED:
        return Verdict(Effect.ASK, "The same call came again and again; that is always asked about.")
    if call.permission == BASH:
        return judge_command(
            call.command,
            book.commands,
            place=call.directory,
            wall_limit_s=wall_limit_s,
            forbidden=book.forbidden,
        )
    budget = Budget(wall_limit_s=wall_limit_s)
    if call.permission in PATH_VERBS:
        return book.paths.judge(call, budget)
    if call.permission == FETCH:
        return book.urls.judge(call, budget)
    if call.permission == TASK:
        return book.subagents.judge(call)
    return book.tools.judge(call, budget)
