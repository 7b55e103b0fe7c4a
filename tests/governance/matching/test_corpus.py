from __future__ import annotations

import pytest

from governance.matching.judge import judge_command
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect
from tests.governance.matching.corpus import PLACE, Case, read_corpus

CASES = list(read_corpus())
GROUPS = sorted({case.group for case in CASES})


def judge_case(case: Case) -> Effect:
    return judge_command(case.command, RuleSet(case.rules), place=PLACE).effect


def is_expected(case: Case, effect: Effect) -> bool:
    return effect is not Effect.ALLOW if case.expected == "stop" else effect == case.expected


@pytest.mark.parametrize("group", GROUPS)
def test_every_command_of_the_corpus_is_judged_as_it_says(group: str) -> None:
    wrong = {
        str(case): (case.command, case.expected, effect.value)
        for case in CASES
        if case.group == group and not is_expected(case, effect := judge_case(case))
    }
    assert wrong == {}


def test_few_everyday_commands_are_asked_about() -> None:
    everyday = [case for case in CASES if case.group == "benign" and case.expected in {"allow", "ask"}]
    asked = [case.command for case in everyday if judge_case(case) is not Effect.ALLOW]
    assert len(everyday) > 500
    assert len(asked) <= 0.02 * len(everyday)


def test_the_corpus_covers_every_mechanism() -> None:
    expected = (
        "benign chaining display env git interpreter network option_exec path precedence redirect spelling "
        "substitution wrapper"
    )
    assert expected.split() == GROUPS
    assert len({case.command for case in CASES}) > 1900
