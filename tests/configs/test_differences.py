"""Differences between two versions as people read them."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import given, strategies as st

from configs.content import (
    AgentContent,
    ModelContent,
    PriceTier,
    PromptContent,
    PromptVariable,
    ToolRule,
    ToolRulesContent,
)
from configs.differences import Line, compare_contents, describe_differences, match_lines


def show(before: Any, after: Any) -> dict[str, list[str]]:
    return {item.field: item.unified for item in compare_contents(before, after)}


def test_only_fields_that_differ_are_shown_in_the_order_of_fields() -> None:
    before = AgentContent(name="a", description="Reads.", steps=5, options={"x": 1})
    after = AgentContent(name="a", description="Writes.", steps=None, options={"x": 1}, is_hidden=True)
    assert show(before, after) == {
        "description": ["-Reads.", "+Writes."],
        "steps": ["-5"],
        "is_hidden": ["-no", "+yes"],
    }
    assert [item.field for item in compare_contents(before, after)] == ["description", "steps", "is_hidden"]
    assert show(before, before) == {}
    assert show(None, None) == {}


def test_a_first_version_is_all_new_and_a_last_one_all_gone() -> None:
    prompt = PromptContent(name="P", body="one\ntwo", tags=("x",))
    assert show(None, prompt) == {"name": ["+P"], "body": ["+one", "+two"], "tags": ["+x"]}
    assert show(prompt, None) == {"name": ["-P"], "body": ["-one", "-two"], "tags": ["-x"]}


def test_rules_are_lines_so_that_a_moved_one_is_seen() -> None:
    first = ToolRulesContent(rules=(ToolRule("bash", "*", "ask"), ToolRule("bash", "git *", "allow")))
    turned = ToolRulesContent(rules=first.rules[::-1])
    assert show(first, turned) == {"rules": ["+allow bash git *", " ask bash *", "-allow bash git *"]}


def test_nested_values_are_readable() -> None:
    prompt = PromptContent(
        name="P",
        variables=(PromptVariable(name="a", default="x\ny", description="An a"), PromptVariable(name="b")),
    )
    assert show(PromptContent(name="P"), prompt) == {"variables": ['+a = "x\\ny" (An a)', "+b"]}
    model = ModelContent(provider="p", identifier="m", price_tiers=(PriceTier(above_tokens=5),))
    assert show(ModelContent(provider="p", identifier="m"), model)["price_tiers"][0].startswith(
        '+{"above_tokens": 5, '
    )


def test_equal_lines_far_away_are_left_out_of_the_unified_form_alone() -> None:
    lines = [f"line {number}" for number in range(20)]
    changed = [*lines[:10], "new", *lines[11:]]
    [difference] = compare_contents(
        PromptContent(name="P", body="\n".join(lines)), PromptContent(name="P", body="\n".join(changed))
    )
    assert difference.unified == [
        "…",
        *(f" line {number}" for number in (7, 8, 9)),
        "-line 10",
        "+new",
        *(f" line {number}" for number in (11, 12, 13)),
        "…",
    ]
    assert difference.lines == [
        Line(text, text) if text != "line 10" else Line("line 10", "new") for text in lines
    ]


def test_all_of_it_as_one_text() -> None:
    text = describe_differences(PromptContent(name="P", body="a"), PromptContent(name="Q", body="b"))
    assert text == "name:\n-P\n+Q\nbody:\n-a\n+b"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([str(number % 7) for number in range(120_000)], [str(number % 5) for number in range(120_000)]),
        (["x"] * 2000, ["x", "y"] * 1000),
        (["x"] * 300, ["x", "y"] * 150),
        ([str(number) for number in range(2000)], [str(number) for number in range(2000, 0, -1)]),
    ],
)
def test_no_two_bodies_take_long_to_compare(before: list[str], after: list[str]) -> None:
    began = process_time()
    [difference] = compare_contents(
        PromptContent(name="P", body="\n".join(before)), PromptContent(name="P", body="\n".join(after))
    )
    lines = difference.lines
    assert [line.before for line in lines if line.before is not None] == before
    assert [line.after for line in lines if line.after is not None] == after
    assert len(difference.unified) > 0
    assert process_time() - began < 3


LINES = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=12)


@given(before=LINES, after=LINES)
def test_both_sides_are_whole_in_every_difference(before: list[str], after: list[str]) -> None:
    lines = match_lines(before, after)
    assert [line.before for line in lines if line.before is not None] == before
    assert [line.after for line in lines if line.after is not None] == after
