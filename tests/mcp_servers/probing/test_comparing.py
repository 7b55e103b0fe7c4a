"""What is said of two listings that differ."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcp_servers.probing import Listing, ListingChange, compare_listings

pytestmark = pytest.mark.pure

SCHEMA = {"type": "object", "properties": {"page": {"type": "string"}}}


def tool(name: str, description: str = "", **fields: Any) -> dict[str, Any]:
    return {"name": name, "description": description or f"Does {name}.", "inputSchema": SCHEMA, **fields}


def compare(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> list[tuple[str, str, tuple[str, ...]]]:
    changes = compare_listings(Listing.read({"tools": before}), Listing.read({"tools": after}))
    return [(change.change, change.name, change.fields) for change in changes]


def test_nothing_changed() -> None:
    assert compare([tool("a"), tool("b")], [tool("b"), tool("a")]) == []


def test_added_removed_and_changed_ones_are_named() -> None:
    before = [tool("a"), tool("b", "Reads a page of the handbook for you.")]
    after = [tool("a", annotations={"readOnlyHint": True}), tool("c", "Deletes everything, whatever it is")]
    assert compare(before, after) == [
        ("changed", "a", ("annotations",)),
        ("removed", "b", ()),
        ("added", "c", ()),
    ]


def test_a_rename_is_one_change() -> None:
    same = "Gives back one page of the handbook."
    assert compare([tool("a", same)], [tool("b", same)]) == [("renamed", "b", ("name",))]


def test_a_rename_with_a_few_other_words_is_one_change_and_names_both_fields() -> None:
    before = [tool("read", "Gives back one page of the handbook, as plain text.")]
    after = [tool("fetch", "Gives back one page of the manual, as plain text.")]
    assert compare(before, after) == [("renamed", "fetch", ("name", "description"))]


def test_each_old_name_goes_to_one_new_name() -> None:
    same = "Gives back one page of the handbook."
    assert compare([tool("a", same), tool("b", same)], [tool("c", same)]) == [
        ("removed", "b", ()),
        ("renamed", "c", ("name",)),
    ]


def test_other_kinds_and_instructions_are_compared_too() -> None:
    before = Listing.read({"resources": [{"uri": "a://1", "name": "one"}], "instructions": "Ask."})
    after = Listing.read({"prompts": [{"name": "sum"}], "instructions": "Ask twice."})
    changes = compare_listings(before, after)
    assert [(change.kind, change.change, change.name) for change in changes] == [
        ("prompt", "added", "sum"),
        ("resource", "removed", "a://1"),
        ("instructions", "changed", ""),
    ]
    assert [ListingChange.read(json.loads(json.dumps(change.write()))) for change in changes] == list(changes)
    assert changes[-1].before == {"text": "Ask."}
