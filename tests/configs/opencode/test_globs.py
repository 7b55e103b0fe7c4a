"""Whether two globs can match the same text."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, strategies as st

from configs.opencode.globs import PrefixIndex, overlap, widen_home
from configs.opencode_rules import matches

pytestmark = pytest.mark.pure

SHORT_TEXTS = ["".join(letters) for length in range(6) for letters in itertools.product("ab ", repeat=length)]
drawn_glob = st.text("ab *?", max_size=5)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("*", "git *", True),
        ("git *", "git", True),
        ("git *", "rm *", False),
        ("git log *", "git *", True),
        ("*.env", "src/*", True),
        ("a*b", "b*a", False),
        ("a?", "a", False),
        ("", "*", True),
        ("", "?", False),
        ("src\\*", "src/x", True),
    ],
)
def test_overlap(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected


@given(drawn_glob, drawn_glob)
def test_globs_overlap_exactly_when_some_text_is_matched_by_both(one: str, other: str) -> None:
    # Two globs of at most five characters that overlap share a text of at most ten; five letters cover most.
    shares = any(matches(one, text) and matches(other, text) for text in SHORT_TEXTS)
    assert overlap(one, other) or not shares
    if "*" not in one and "*" not in other:
        assert overlap(one, other) is shares


@given(st.lists(drawn_glob, min_size=1), drawn_glob)
def test_the_index_finds_every_glob_that_overlaps(listed: list[str], glob: str) -> None:
    index = PrefixIndex()
    for position, other in enumerate(listed):
        index.add(other, position)
    overlapping = {position for position, other in enumerate(listed) if overlap(other, glob)}
    candidates = index.list_candidates(glob)
    assert overlapping <= set(candidates)
    assert len(set(candidates)) == len(candidates)
    assert index.find_last() == len(listed) - 1


def test_long_globs_are_taken_to_overlap_rather_than_compared_for_ever() -> None:
    started = time.monotonic()
    assert overlap("*a" * 1000, "*b" * 1000)
    assert overlap("a" * 3000 + "*", "b" + "a*" * 1000) is False
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("~", "*"), ("~/x", "*/x"), ("$HOME/x", "*/x"), ("$HOMEx", "*x"), ("~x", "~x"), ("x/~/y", "x/~/y")],
)
def test_what_the_engine_replaces_by_its_home_is_left_open(pattern: str, expected: str) -> None:
    assert widen_home(pattern) == expected
