"""How far a rule reaches, and whether one person may switch it on alone."""

from __future__ import annotations

import posixpath

from governance.enums import RuleMode
from governance.matching import width
from governance.matching.width import needs_second_person
from governance.rule_drafts import Draft, RuleDraft, StoredRow, TargetDraft, build_rule, read_draft


def explain_second_person(source: Draft | StoredRow) -> str:
    """Why it needs a second person before it applies; "" when it does not.

    Only what lets something through without anybody being asked; a question or a denial never does, and an
    observed rule decides nothing.
    """
    draft = source if isinstance(source, RuleDraft | TargetDraft) else read_draft(source)
    if draft.effect != "allow" or draft.mode != RuleMode.ENFORCE:
        return ""
    if reach := explain_wide_scope(draft):
        return reach
    if isinstance(draft, RuleDraft):
        return needs_second_person(build_rule(draft))
    return explain_wide_pattern(draft)


def explain_wide_scope(draft: Draft) -> str:
    """A chat is part of one project; whatever else it is limited to, it must name the project."""
    if isinstance(draft, RuleDraft) and draft.chat_id:
        return ""
    if draft.directory in {"", "/"}:
        return "It is not limited to one project directory."
    return ""


def explain_wide_pattern(draft: TargetDraft) -> str:
    """An allowing path pattern stays inside its project as far as its first wildcard."""
    literal = draft.pattern.split("*")[0].split("?")[0]
    folder = literal if literal.endswith("/") else posixpath.dirname(literal)
    if not draft.pattern.startswith("/"):
        return "" if ".." not in draft.pattern.split("/") else "Its pattern leads out of the project."
    is_inside = posixpath.normpath(folder + "/.").startswith(draft.directory.rstrip("/") + "/")
    is_project = posixpath.normpath(folder or "/") == draft.directory
    has_parent = ".." in draft.pattern.split("/")
    return "" if (is_inside or is_project) and not has_parent else "Its pattern reaches beyond the project."


def is_second_person_missing(row: StoredRow) -> str:
    """Why the row may not apply as it reads now without a second person; "" when it may."""
    if row.reviewed_version == row.version:
        return ""
    return explain_second_person(row)


def read_in_words(draft: Draft) -> str:
    """What it covers, for somebody who reads no patterns."""
    if isinstance(draft, RuleDraft):
        return width.read_in_words(build_rule(draft))
    verbs = ", ".join(draft.verbs) or "every verb that takes paths"
    act = "may reach" if draft.effect == "allow" else "never reach"
    return f"Calls of {verbs} {act} paths like {draft.pattern}."


def list_warnings(draft: Draft) -> tuple[str, ...]:
    """What makes it wider than it looks, or otherwise than it looks."""
    if isinstance(draft, RuleDraft):
        return width.list_warnings(build_rule(draft))
    reach = explain_wide_pattern(draft) if draft.effect == "allow" and draft.directory else ""
    return (reach,) if reach else ()


__all__ = [
    "explain_second_person",
    "is_second_person_missing",
    "list_warnings",
    "needs_second_person",
    "read_in_words",
]
