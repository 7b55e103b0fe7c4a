"""What a server offers, in full: tools with their switches, its claims, what is new against before.

Names and texts are the server's own; whatever could fool a reader is made visible where it is shown.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.admin.diff_lines import DiffView, build_diff
from accounts.admin.display import Pill
from mcp_servers.admin.check_lines import CheckLine
from mcp_servers.admin.states import describe_change

# What the protocol has servers say of their tools: claims, which nothing holds them to.
CLAIMS = {
    "readOnlyHint": ("reads only", "changes things"),
    "destructiveHint": ("may destroy", "destroys nothing"),
    "idempotentHint": ("can be repeated", "not to be repeated"),
    "openWorldHint": ("reaches outside", "stays inside"),
}
PARTS = (("prompts", "Prompts"), ("resources", "Resources"), ("templates", "Resource templates"))
KINDS = {"prompts": "prompt", "resources": "resource", "templates": "template"}
TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ToolLine:
    name: str
    title: str
    description: str
    schema: str
    output_schema: str
    claims: list[str]
    is_on: bool
    change: Pill | None = None
    findings: list[CheckLine] = field(default_factory=list)
    switch_url: str = ""


@dataclass(frozen=True, slots=True)
class OtherItem:
    name: str
    text: str
    change: Pill | None


@dataclass(frozen=True, slots=True)
class OtherPart:
    title: str
    items: list[OtherItem]


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One thing that is otherwise than approved; `diff` of its texts, None where nothing is to compare."""

    kind: str
    name: str
    pill: Pill
    fields: list[str]
    diff: DiffView | None


def build_tools(
    listing: Mapping[str, Any],
    *,
    on: Collection[str],
    changes: Sequence[Mapping[str, Any]] = (),
    checks: Sequence[CheckLine] = (),
    switchable: Collection[str] = (),
    switch_url: str = "",
) -> list[ToolLine]:
    """In the server's order. `switch_url`: where those that are `switchable` are switched."""
    pills = find_pills(changes)
    return [
        ToolLine(
            name=str(tool.get("name", "")),
            title=str(tool.get("title") or ""),
            description=str(tool.get("description") or ""),
            schema=write_schema(tool.get("inputSchema")),
            output_schema=write_schema(tool.get("outputSchema")),
            claims=list_claims(tool.get("annotations")),
            is_on=str(tool.get("name", "")) in on,
            change=pills.get((TOOL, str(tool.get("name", "")))),
            findings=[check for check in checks if tool.get("name") in check.about],
            switch_url=switch_url if tool.get("name") in switchable else "",
        )
        for tool in listing.get("tools", ())
    ]


def build_others(listing: Mapping[str, Any], changes: Sequence[Mapping[str, Any]] = ()) -> list[OtherPart]:
    pills = find_pills(changes)
    parts = []
    for key, title in PARTS:
        items = [build_other(item, pills, KINDS[key]) for item in listing.get(key, ())]
        if items:
            parts.append(OtherPart(title, items))
    return parts


def build_other(item: Mapping[str, Any], pills: Mapping[tuple[str, str], Pill], kind: str) -> OtherItem:
    name = str(item.get("name") or item.get("uri") or item.get("uriTemplate") or "")
    rest = {key: value for key, value in item.items() if key != "name" and value not in (None, "", [], {})}
    return OtherItem(name, write_schema(rest), pills.get((kind, name)))


def find_pills(changes: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Pill]:
    return {
        (str(change.get("kind", "")), str(change.get("name", ""))): describe_change(
            str(change.get("change", ""))
        )
        for change in changes
    }


def list_claims(annotations: Any) -> list[str]:
    """What the server says of a tool, in words; hints that are not there claim nothing."""
    if not isinstance(annotations, Mapping):
        return []
    known = [
        words[0 if annotations[hint] else 1]
        for hint, words in CLAIMS.items()
        if annotations.get(hint) is not None
    ]
    rest = [
        f"{name}: {value}"
        for name, value in sorted(annotations.items())
        if name not in CLAIMS and value not in (None, "")
    ]
    return [*known, *rest]


def write_schema(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) if value else ""


def build_changes(changes: Sequence[Mapping[str, Any]]) -> list[ShownChange]:
    return [
        ShownChange(
            str(change.get("kind", "")),
            str(change.get("name", "")),
            describe_change(str(change.get("change", ""))),
            [str(name) for name in change.get("fields") or ()],
            compare_texts(change.get("before"), change.get("after")),
        )
        for change in changes
    ]


def compare_texts(before: Any, after: Any) -> DiffView | None:
    old, new = write_lines(before), write_lines(after)
    if old == new:
        return None
    diff = "\n".join(difflib.unified_diff(old, new, "approved", "now", lineterm="", n=3))
    return build_diff(f"{diff}\n") if diff else None


def write_lines(value: Any) -> list[str]:
    """Field by field; texts of several lines as their lines."""
    if not value:
        return []
    if isinstance(value, str):
        return value.splitlines()
    if not isinstance(value, Mapping):
        return write_schema(value).splitlines()
    lines = []
    for name, item in sorted(value.items()):
        text = item if isinstance(item, str) else write_schema(item)
        first, *rest = text.splitlines() or [""]
        lines += [f"{name}: {first}", *(f"    {line}" for line in rest)]
    return lines
