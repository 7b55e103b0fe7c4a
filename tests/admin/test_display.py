"""How times, marks and diffs read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.admin.diff_lines import build_diff
from accounts.admin.display import format_duration, highlight_marks


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (172799, "47 h"),
        (172800, "2 days"),
    ],
)
def test_a_duration_reads_in_its_largest_unit(seconds: int, words: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == words


def test_marks_are_set_off_and_everything_is_escaped() -> None:
    assert highlight_marks("a<b>⟨U+202E⟩&") == 'a&lt;b&gt;<mark class="unseen">⟨U+202E⟩</mark>&amp;'


def kinds(diff: str) -> list[tuple[str, str]]:
    return [(line.kind, str(line.html)) for line in build_diff(diff).lines]


def test_inside_a_hunk_the_first_character_decides() -> None:
    diff = "--- a\n+++ b\n@@ -1,2 +1,2 @@\n--- not a head\n+++ nor this\n same\n\\ No newline at end of file"
    assert kinds(diff) == [
        ("meta", "--- a"),
        ("meta", "+++ b"),
        ("hunk", "@@ -1,2 +1,2 @@"),
        ("removed", "--- not a head"),
        ("added", "+++ nor this"),
        ("context", " same"),
        ("meta", "\\ No newline at end of file"),
    ]


def test_a_file_head_after_a_hunk_is_a_head_again() -> None:
    diff = "@@ -1 +1 @@\n-a\n+b\n--- c\n+++ d\n@@ -5,0 +6 @@\n+e"
    assert [kind for kind, _ in kinds(diff)] == ["hunk", "removed", "added", "meta", "meta", "hunk", "added"]


@pytest.mark.parametrize("diff", ["", "\n", "no diff at all", "@@ broken @@\n+x", "+only\n-lines"])
def test_what_is_no_diff_is_shown_line_by_line(diff: str) -> None:
    assert "\n".join(text for _, text in kinds(diff)) == diff.removesuffix("\n")


def test_nothing_is_left_out() -> None:
    diff = "@@ -1,3 +1,1 @@\n" + "\n".join(f"-line {number}" for number in range(5000))
    view = build_diff(diff)
    assert (len(view.lines), view.removed) == (5001, 5000)
