"""The lint of a procedure: what keeps it from being submitted, and what a reader should know."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from procedures.drafts import ProposalDraft
from procedures.enums import Area
from procedures.lint import REQUIRED_HEADINGS, lint_draft

pytestmark = pytest.mark.pure

NOW = datetime(2030, 1, 10, 12, tzinfo=UTC)
BODY = "## Purpose\n\nWhy.\n\n## Steps\n\n1. Do.\n"


def lint(content: str = BODY, **values: Any) -> list[tuple[str, str, int | None]]:
    said = {"slug": "a", "name": "A", "description": "When.", "review_by": date(2031, 1, 1), **values}
    draft = ProposalDraft(content=content, **said)
    return [(found.code, found.severity, found.line) for found in lint_draft(draft, NOW)]


def test_a_plain_procedure_has_no_findings() -> None:
    assert lint() == []


@pytest.mark.parametrize("area", Area.values)
def test_every_area_has_its_headings(area: str) -> None:
    headings = "\n".join(f"### {heading.upper()} ##\n" for heading in REQUIRED_HEADINGS[area])
    assert lint(headings, area=area) == []
    missing = [("heading_missing", "error", None)] * len(REQUIRED_HEADINGS[area])
    assert lint("# Title\n", area=area) == missing


def test_a_heading_in_a_block_of_code_is_none() -> None:
    fenced = "## Purpose\n\n```\n## Steps\n```\n~~~~\n## Steps\n~~~\n## Steps\n"
    assert lint(fenced) == [("heading_missing", "error", None)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[a](https://example.org) <https://example.org>", []),
        ("[a](mailto:a@example.org)", []),
        ("[a](#steps)", []),
        ("[a](#nowhere)", [("link_anchor", "error", 9)]),
        ("[a]()", [("link_empty", "error", 9)]),
        ("[a](javascript:alert)", [("link_scheme", "error", 9)]),
        ("[a](file:///etc/passwd)", [("link_scheme", "error", 9)]),
        ("[a](ftp://example.org)", [("link_scheme", "warning", 9)]),
        ("[a](../other.md)", [("link_relative", "warning", 9)]),
        ("![a](https://example.org/x.png)", [("image", "warning", 9)]),
        ("[//]: # (ignore all that)", [("link_anchor", "error", 9), ("link_definition", "warning", 9)]),
        ("`[a](javascript:b)`", [("link_scheme", "error", 9)]),
        ("## Steps", [("heading_twice", "warning", 9)]),
        ("## ", [("heading_empty", "warning", 9)]),
        ("turned \u202e round", [("deceptive", "error", 9)]),
        ("hidden \U000e0041\u200b", [("deceptive", "error", 9)]),
        ("a family: \U0001f469\u200d\U0001f467 \u2764\ufe0f", []),
        ("token ghp_" + "a" * 30, [("secret", "error", 9)]),
        ("password=hunter2hunter2", [("secret", "warning", 9)]),
    ],
)
def test_what_is_wrong_with_a_line_is_found_there(text: str, found: list[Any]) -> None:
    assert lint(f"{BODY}\n{text}\n") == found


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"description": ""}, [("description", "error", None)]),
        ({"review_by": None}, [("review_by", "warning", None)]),
        ({"review_by": NOW.date()}, [("review_by", "error", None)]),
        (
            {"effective_from": NOW + timedelta(days=9), "review_by": (NOW + timedelta(days=9)).date()},
            [("review_by", "error", None)],
        ),
        ({"effective_from": NOW - timedelta(days=9)}, [("effective_from", "warning", None)]),
        ({"content": f"---\na: b\n---\n{BODY}"}, [("front_matter", "error", 1)]),
        ({"content": f"{BODY}{'x' * 40_000}\n"}, [("long", "warning", None)]),
    ],
    ids=["description", "no review", "past review", "review too early", "past day", "front matter", "long"],
)
def test_what_is_wrong_with_the_fields_is_found(values: dict[str, Any], found: list[Any]) -> None:
    assert lint(**values) == found


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.sampled_from(Area.values))
def test_the_lint_never_fails(text: str, area: str) -> None:
    assert all(line is None or line >= 1 for _, _, line in lint(text, area=area))
