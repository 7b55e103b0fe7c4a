"""JSON that is the same on every database, and fractions that stay what they are."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from configs.json_values import format_json, parse_json, read_json_value, write_json_value


def test_maps_are_sorted_and_lists_are_not() -> None:
    read = read_json_value({"b": [2, 1], "a": {"z": None, "y": True}})
    assert list(read) == ["a", "b"]
    assert list(read["a"]) == ["y", "z"]
    assert read == {"a": {"y": True, "z": None}, "b": [2, 1]}


@pytest.mark.parametrize(
    ("value", "kept", "stored", "text"),
    [
        (0.1, Decimal("0.1"), {"$decimal": "0.1"}, "0.1"),
        (Decimal("0.10"), Decimal("0.1"), {"$decimal": "0.1"}, "0.1"),
        (1e21, Decimal("1e21"), {"$decimal": "1" + "0" * 21}, "1" + "0" * 21),
        (-0.0, Decimal(0), {"$decimal": "0"}, "0"),
        ({"$decimal": "1.50"}, Decimal("1.5"), {"$decimal": "1.5"}, "1.5"),
        (True, True, True, "true"),
        (7, 7, 7, "7"),
    ],
)
def test_a_fraction_is_exact_wherever_it_stands(value: Any, kept: Any, stored: Any, text: str) -> None:
    read = read_json_value(value)
    assert (read, type(read)) == (kept, type(kept))
    assert write_json_value(read) == stored
    assert format_json(read) == text


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        2**53,
        {"$decimal": "x"},
        {"$decimal": 5},
        {"$decimal": "1" * 29},
        {"$decimal": "1e99999"},
        {1: 2},
        {"a": b"x"},
        {"a": {1}},
        "\x00",
        {"\ud800": 1},
    ],
)
def test_what_can_not_be_kept_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        read_json_value(value)


def test_text_that_is_no_json_says_where() -> None:
    with pytest.raises(ValueError, match=r"^This is no JSON: line 2, column 3\.$"):
        parse_json('{"a":\n  x}')
    for text in ('{"a": NaN}', '{"a": 1e999}', "[" * 100_000, '{"a": 9007199254740993}'):
        with pytest.raises(ValueError, match=r"\.$"):
            parse_json(text)


def test_json_for_people_is_sorted_and_indented() -> None:
    value = parse_json('{"b": [], "a": {"x": 1.50, "ä": "\\"", "l": [1, {"k": null}]}}')
    assert format_json(value) == '{"a": {"l": [1, {"k": null}], "x": 1.5, "ä": "\\""}, "b": []}'
    assert format_json(value, indent=2) == (
        '{\n  "a": {\n    "l": [\n      1,\n      {\n        "k": null\n      }\n    ],\n    "x": 1.5,\n'
        '    "ä": "\\""\n  },\n  "b": []\n}'
    )


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.decimals(-(10**9), 10**9, places=6)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("aä$\n"), inner, max_size=4),
    max_leaves=20,
)


@given(value=VALUES)
def test_every_value_survives_storing_and_text(value: Any) -> None:
    read = read_json_value(value)
    stored = json.loads(json.dumps(write_json_value(read)))
    assert read_json_value(stored) == read
    assert parse_json(format_json(read)) == read
    assert parse_json(format_json(read, indent=2)) == read
