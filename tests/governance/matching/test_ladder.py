from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from governance.matching.judge import judge_command
from governance.matching.ladder import Shape, list_shapes
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect, Rule
from tests.governance.matching.corpus import PLACE, read_corpus


def list_patterns(command: str) -> list[tuple[str, bool]]:
    return [(shape.pattern, shape.is_strict) for shape in list_shapes(command, place=PLACE)]


def test_the_ladder_goes_from_exact_to_prefix() -> None:
    assert list_shapes("head -q -n 5 src/a") == (
        Shape("head -q -n 5 src/a", True, "exactly this"),
        Shape("head -q -n 5 *", False, "the same options, other operands"),
        Shape("head *", False, "all that begins so"),
    )


@pytest.mark.parametrize(
    ("command", "patterns"),
    [
        ("ls", [("ls", True), ("ls *", False)]),
        ("  ls -la  ", [("ls -la", True), ("ls -la *", False), ("ls *", False)]),
        ("npm run build", [("npm run build", True), ("npm run build *", False)]),
        ("grep -rn 'a b' src", [("grep -rn 'a b' src", True), ("grep -rn *", False), ("grep *", False)]),
        (
            "python3 -m pytest -q tests",
            [("python3 -m pytest -q tests", True), ("python3 -m pytest *", False)],
        ),
        ("cat a > b", [("cat a > b", True)]),
        ("A=1 ls", [("A=1 ls", True)]),
        ("ls $X", [("ls $X", True)]),
        ("ls *.py", [("ls *.py", True)]),
        ("git push; ls", []),
        ("ls | head", []),
        ("ls 'unclosed", []),
        ("", []),
    ],
)
def test_shapes(command: str, patterns: list[tuple[str, bool]]) -> None:
    assert list_patterns(command) == patterns


def test_a_shape_that_would_not_allow_it_is_no_suggestion() -> None:
    assert list_patterns("sed -n p x") == [("sed -n p x", True), ("sed -n *", False), ("sed *", False)]
    assert ("sed *", False) not in list_patterns("sed -i s/a/b/ x")
    assert list_patterns("cat /proc/1/environ") == []
    assert ("bash *", False) not in list_patterns("bash -c 'ls'")


@given(st.sampled_from(sorted({case.command for case in read_corpus()})))
def test_every_shape_allows_its_command_and_each_is_wider_than_the_one_before(command: str) -> None:
    shapes = list_shapes(command, place=PLACE)
    for shape in shapes:
        rules = RuleSet([Rule(shape.pattern, Effect.ALLOW, is_strict=shape.is_strict)])
        assert judge_command(command, rules, place=PLACE).effect is Effect.ALLOW
    assert [shape.is_strict for shape in shapes] == [True, False, False][: len(shapes)]
    beginnings = [shape.pattern.removesuffix(" *") for shape in shapes[1:]]
    assert beginnings == sorted(beginnings, key=len, reverse=True)
