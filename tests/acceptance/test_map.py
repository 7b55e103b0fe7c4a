"""Every promise names tests that are there and can fail."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.acceptance.behaviours import ATTACKS, GROUPS, Behaviour

pytestmark = pytest.mark.pure

TESTS = Path(__file__).resolve().parent.parent
NAMED = [*(behaviour for group in GROUPS.values() for behaviour in group), *ATTACKS.values()]


@cache
def read_tests(path: str) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a file, tests and others, by their names."""
    tree = ast.parse((TESTS / path).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name: node for node in tree.body if isinstance(node, kinds)}


def names_of(test: ast.AST) -> Iterator[str]:
    """Of everything that is called or looked at in it."""
    for node in ast.walk(test):
        if isinstance(node, ast.Attribute | ast.Name):
            yield node.attr if isinstance(node, ast.Attribute) else node.id


def holds_something(path: str, test: ast.AST) -> bool:
    """It asserts, expects an error, waits for something that has to come, or leaves that to a neighbour."""
    if any(isinstance(node, ast.Assert) for node in ast.walk(test)):
        return True
    names = set(names_of(test))
    if "raises" in names or any(name.startswith(("assert_", "refuse", "wait")) for name in names):
        return True
    neighbours = [found for name, found in read_tests(path).items() if name in names and found is not test]
    return any(holds_something(path, neighbour) for neighbour in neighbours)


def is_skipped(test: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("skip" in ast.unparse(decorator) for decorator in test.decorator_list)


def list_faults(behaviour: Behaviour) -> Iterator[str]:
    if bool(behaviour.tests) == bool(behaviour.is_left_out):
        yield f"{behaviour.promise}: either tests, or a reason why there are none"
    for name in behaviour.tests:
        path, _, function = name.partition("::")
        test = read_tests(path).get(function) if (TESTS / path).exists() else None
        if test is None:
            yield f"{name} is not there"
        elif is_skipped(test) or not holds_something(path, test):
            yield f"{name} can't fail"


def test_all_groups_and_attacks_are_here() -> None:
    assert (list(GROUPS), list(ATTACKS)) == (list(range(1, 18)), list(range(1, 27)))


@pytest.mark.parametrize("behaviour", NAMED, ids=lambda behaviour: behaviour.promise[:40])
def test_every_promise_is_held_by_tests_that_are_there_and_can_fail(behaviour: Behaviour) -> None:
    assert list(list_faults(behaviour)) == []
