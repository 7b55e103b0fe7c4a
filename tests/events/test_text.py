"""Texts from outside: nothing deceptive stays invisible, nothing unstorable gets in."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given, strategies as st

from events.errors import Invalid
from events.text import (
    classify_character,
    is_storable,
    iterate_texts,
    list_deceptions,
    make_storable,
    make_visible,
    make_visible_lines,
    measure_depth,
    read_line,
    read_lines,
)

ALL = st.text(st.characters())
# Half of what Hypothesis makes of its own accord is harmless.
HOSTILE = st.text(
    st.sampled_from(
        "ab \n\t\r\0\u202e\u2066\u200b\u200d\ufeff\u00a0\u2800\u3164\ufe0f\U000e0041\ud800\x1b\x85⟨⏎⇥⟩U+20"
    )
)


@pytest.mark.parametrize(
    ("characters", "code"),
    [
        ("\u202e\u2066\u200f\u061c", "bidirectional"),
        ("\r", "carriage_return"),
        ("\0\x07\x1b\x7f\x85\u0378\ue000\U0010ffff", "control"),
        (
            "\u200b\u200d\u2060\ufeff\u00ad\u034f\u115f\u3164\uffa0\u180e\u17b4\ufe0f\U000e0001\u2028",
            "invisible",
        ),
        ("\ud800\udfff", "surrogate"),
        ("\u00a0\u2003\u202f\u3000\u1680\u2800", "unusual_space"),
        ("a é漢😀\n\t~⟨⏎", ""),
    ],
)
def test_what_could_fool_a_reader(characters: str, code: str) -> None:
    assert {character: classify_character(character) for character in characters} == dict.fromkeys(
        characters, code
    )


def test_nothing_without_a_glyph_passes_as_honest() -> None:
    """Every code point that Unicode calls a control, a format, a separator or unassigned is told."""
    silent = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
    honest = [
        chr(number)
        for number in range(0x110000)
        if unicodedata.category(chr(number)) in silent and not classify_character(chr(number))
    ]
    assert honest == ["\t", "\n", " "]


@given(ALL | HOSTILE)
def test_a_visible_text_holds_nothing_deceptive(text: str) -> None:
    shown = make_visible(text)
    assert (list_deceptions(shown), "\n" in shown, "\t" in shown) == (set(), False, False)
    assert list_deceptions(make_visible_lines(text)) == set()


@given(HOSTILE, HOSTILE)
def test_two_texts_never_look_the_same(first: str, second: str) -> None:
    assert (make_visible(first) == make_visible(second)) is (first == second)
    assert (make_visible_lines(first) == make_visible_lines(second)) is (first == second)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    assert (make_visible(text), make_visible_lines(text)) == (text, text)


def test_marks_name_the_character() -> None:
    assert make_visible("a\u202eb\r\n\tc\U000e0041⟨U+202E⟩⏎") == (
        "a⟨U+202E⟩b⟨U+000D⟩⏎⇥c⟨U+E0041⟩⟨U+27E8⟩U+202E⟩⟨U+23CE⟩"
    )
    assert make_visible_lines("a\n\tb\x1b") == "a\n\tb⟨U+001B⟩"


@given(ALL | HOSTILE, st.integers(0, 30))
def test_a_storable_text_fits_every_database(text: str, length: int) -> None:
    stored = make_storable(text, length)
    assert (len(stored), is_storable(stored)) == (min(len(text), length), True)
    stored.encode()
    if is_storable(text):
        assert stored == text[:length]


@pytest.mark.parametrize(
    ("text", "expected"), [("  Alice Ö. 漢 ", "Alice Ö. 漢"), ("", ""), ("x" * 10, "x" * 10)]
)
def test_a_line_is_taken_without_outer_blanks(text: str, expected: str) -> None:
    assert read_line(text, field="name", max_length=10) == expected


@pytest.mark.parametrize(
    "text", ["x" * 11, "a\nb", "a\tb", "a\0b", "a\ud800", "a\u202eb", "a\u200bb", "a\u00a0b", "\x1b[31m"]
)
def test_a_line_that_can_not_be_shown_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_line(text, field="name", max_length=10)
    assert caught.value.facts == {"field": "name"}


def test_a_required_line_is_not_empty() -> None:
    with pytest.raises(Invalid):
        read_line(" \u3000", field="name", max_length=10, is_required=True)


def test_a_longer_text_may_hold_anything_that_can_be_stored() -> None:
    assert read_lines(" a\n\tb\u202e ", field="reason", max_length=9) == "a\n\tb\u202e"
    for text in ("a\0b", "a\udc00b", "x" * 10):
        with pytest.raises(Invalid):
            read_lines(text, field="reason", max_length=9)


def test_every_text_of_a_value_is_found() -> None:
    value: Any = {"a": ["b", {"c": ("d",)}], "e": None, "f": 1, "g": {}}
    assert sorted(iterate_texts(value)) == ["a", "b", "c", "d", "e", "f", "g"]


def nest(depth: int) -> Any:
    value: Any = "x"
    for number in range(depth):
        value = [value] if number % 2 else {"a": value}
    return value


@pytest.mark.parametrize("depth", [0, 1, 5, 64])
def test_depth_is_counted(depth: int) -> None:
    assert measure_depth(nest(depth), 64) == depth


def test_depth_is_counted_no_further_than_asked() -> None:
    assert measure_depth(nest(100_000), 64) == 65
    assert measure_depth([nest(3), nest(7), []], 64) == 8
