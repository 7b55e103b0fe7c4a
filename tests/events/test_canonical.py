"""One text for one value (RFC 8785)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given, strategies as st

from events.canonical import MAX_INTEGER, canonical_json
from governance.enums import RequestState

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=12,
)


@given(values)
def test_the_text_says_the_value(value: Any) -> None:
    assert json.loads(canonical_json(value)) == value


@given(
    values
    | st.dictionaries(st.text(st.characters(max_codepoint=127)), st.text(st.characters(max_codepoint=127)))
)
def test_the_text_is_the_reference_implementations(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value).decode()


@given(st.dictionaries(texts, st.integers(-5, 5)), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(value: dict[str, int], random: Any) -> None:
    items = list(value.items())
    random.shuffle(items)
    assert canonical_json(dict(items)) == canonical_json(value)


def test_the_form_is_that_of_the_rfc() -> None:
    value = {
        "\u20ac": 1,
        "\r": 2,
        "\ufb33": 3,
        "1": 4,
        "\U0001f600": 5,
        "\u0080": 6,
        "ö": [True, None, '\u000f\n"\\'],
    }
    assert canonical_json(value) == (
        '{"\\r":2,"1":4,"\u0080":6,"ö":[true,null,"\\u000f\\n\\"\\\\"],"\u20ac":1,"\U0001f600":5,"\ufb33":3}'
    )


def test_choices_are_their_texts_and_tuples_lists() -> None:
    assert (
        canonical_json({"state": RequestState.PENDING, "pair": ("a", 1)})
        == '{"pair":["a",1],"state":"pending"}'
    )


@pytest.mark.parametrize(
    "value",
    [
        0.0,
        float("nan"),
        MAX_INTEGER + 1,
        -MAX_INTEGER - 1,
        "\ud800",
        {1: "a"},
        {"\udfff": 1},
        b"x",
        {"a"},
        object(),
    ],
)
def test_what_not_everybody_writes_alike_is_refused(value: Any) -> None:
    for nested in (value, [value], {"key": [value]}):
        with pytest.raises(ValueError, match="."):
            canonical_json(nested)
