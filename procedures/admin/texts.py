"""A procedure's text as people read it: formatted, line by line with what was said, and beside another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from accounts.admin.display import highlight_marks
from configs.differences import match_lines, split_lines
from configs.pages.diffs import FieldDiff, collapse, number_lines
from events.markdown import MAX_LENGTH, render_markdown
from events.text import make_visible_lines
from procedures.lint import Finding
from procedures.models import ProposalComment

# Beyond this the rest stands in one block: nobody comments on line 5,001.
MAX_NUMBERED_LINES = 5000


@dataclass(frozen=True, slots=True)
class ShownComment:
    """`html` is safe: a person's Markdown, sanitised. `where` names its revision and line."""

    id: str
    author: str
    at: datetime
    where: str
    line: int | None
    html: SafeString
    resolved_by: str


@dataclass(frozen=True, slots=True)
class ShownLine:
    number: int
    html: SafeString
    findings: list[Finding]
    comments: list[ShownComment]


@dataclass(frozen=True, slots=True)
class ShownText:
    """`rest`: what follows the numbered lines; `is_cut`: the formatted text is not all of it."""

    html: SafeString
    is_cut: bool
    lines: list[ShownLine]
    rest: SafeString


def show_comment(comment: ProposalComment) -> ShownComment:
    line = f", line {comment.line}" if comment.line else ""
    return ShownComment(
        id=comment.pk,
        author=str(comment.author),
        at=comment.created_at,
        where=f"revision {comment.revision.number}{line}",
        line=comment.line,
        html=render_markdown(comment.text),
        resolved_by=str(comment.resolved_by) if comment.resolved_by else "",
    )


def show_text(
    content: str, findings: Iterable[Finding] = (), comments: Iterable[ShownComment] = ()
) -> ShownText:
    said: dict[int | None, list[ShownComment]] = defaultdict(list)
    for comment in comments:
        said[comment.line].append(comment)
    found: dict[int | None, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[finding.line].append(finding)
    lines = content.split("\n")
    if lines[-1] == "":
        lines.pop()
    return ShownText(
        html=render_markdown(content),
        is_cut=len(content) > MAX_LENGTH,
        lines=[
            ShownLine(number, show_line(text), found[number], said[number])
            for number, text in enumerate(lines[:MAX_NUMBERED_LINES], start=1)
        ],
        rest=show_line("\n".join(lines[MAX_NUMBERED_LINES:])),
    )


def show_line(text: str) -> SafeString:
    return highlight_marks(make_visible_lines(text))


def diff_fields(before: dict[str, str], after: dict[str, str]) -> list[FieldDiff]:
    """Every named text that differs, with the lines around it."""
    return [
        FieldDiff(name, list(collapse(list(number_lines(match_lines(split_lines(old), split_lines(new)))))))
        for name, new in after.items()
        if (old := before.get(name, "")) != new
    ]
