"""What changes a digest, and what does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from mcp_servers.probing import Digests, Listing, ListingError, digests

pytestmark = pytest.mark.pure

TOOL = {
    "name": "read_page",
    "title": "Read",
    "description": "Gives back one page, é.",
    "inputSchema": {
        "type": "object",
        "properties": {"page": {"type": "string", "enum": ["a", "b"]}, "of": {"type": "string"}},
        "required": ["page", "of"],
    },
    "outputSchema": {"type": "object"},
    "annotations": {"readOnlyHint": True},
}


def read(**tool: Any) -> Listing:
    return Listing.read({"tools": [{**TOOL, **tool}]})


def of(**tool: Any) -> str:
    return digests(read(**tool)).total


def schema(**values: Any) -> dict[str, Any]:
    return {**TOOL["inputSchema"], **values}  # type: ignore[dict-item]


def test_the_digest_of_a_known_tool_never_moves() -> None:
    """An approval made today has to hold tomorrow: these change only with a decision."""
    found = digests(read())
    assert found.items[("tool", "read_page")] == (
        "ee980215c57cd1bc2028d6d6f55fb3ee5d824a184bf1aea2ab838c6917556e39"
    )
    assert found.total == "bc6677d82f44f3f494a88cc18e1edfd6eef22ac6f39f30435161ab270bc0302f"


@pytest.mark.parametrize(
    "tool",
    [
        {"description": "Gives back one page, e\u0301."},
        {"inputSchema": schema(required=["of", "page"])},
        {
            "inputSchema": schema(
                properties={"of": {"type": "string"}, "page": {"enum": ["b", "a"], "type": "string"}}
            )
        },
        {"_meta": {"build": 7}},
        {"icons": [{"src": "https://example.org/a.png"}]},
        {"execution": {"taskSupport": "optional"}},
    ],
    ids=["composed", "required", "enum and order", "meta", "icons", "execution"],
)
def test_what_says_the_same_has_the_same_digest(tool: dict[str, Any]) -> None:
    assert of(**tool) == of()


@pytest.mark.parametrize(
    "tool",
    [
        {"name": "read_a_page"},
        {"title": "Read it"},
        {"title": None},
        {"description": "Gives back one page, é!"},
        {"description": "Gives back one page,\u200b é."},
        {"inputSchema": schema(required=["page"])},
        {"inputSchema": schema(additionalProperties=False)},
        {"outputSchema": None},
        {"annotations": {"readOnlyHint": False}},
        {"annotations": None},
    ],
    ids=lambda tool: next(iter(tool)),
)
def test_what_says_something_else_has_another(tool: dict[str, Any]) -> None:
    assert of(**tool) != of()


def test_each_kind_has_a_total_of_its_own() -> None:
    plain = digests(read())
    other = digests(Listing.read({**read().write(), "instructions": "Ask.", "server_version": "2"}))
    assert {name for name in plain.totals if plain.totals[name] != other.totals[name]} == {"instructions"}
    assert plain.total != other.total
    assert plain.items == other.items


def test_the_servers_version_is_not_in_it() -> None:
    assert digests(Listing.read({**read().write(), "server_version": "2"})) == digests(read())


def test_the_order_of_tools_is_not_in_it() -> None:
    other = {**TOOL, "name": "other"}
    assert digests(Listing.read({"tools": [TOOL, other]})) == digests(Listing.read({"tools": [other, TOOL]}))


def test_a_name_that_composes_to_another_is_not_lost() -> None:
    both = schema(properties={"\u00e9": {"type": "string"}, "e\u0301": {"type": "integer"}})
    one = schema(properties={"\u00e9": {"type": "integer"}})
    assert of(inputSchema=both) != of(inputSchema=one)


def test_what_can_not_be_told_apart_or_stored_is_no_listing() -> None:
    refused: tuple[dict[str, Any], ...] = (
        {"tools": [TOOL, TOOL]},
        {"tools": [{**TOOL, "name": ""}]},
        {"tools": [{**TOOL, "description": "a\0b"}]},
        {"tools": [{**TOOL, "inputSchema": {"\ud800": 1}}]},
        {"tools": {}},
        {"tool": []},
    )
    for raw in refused:
        with pytest.raises(ListingError):
            digests(Listing.read(raw))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(schema=st.dictionaries(st.text(max_size=5), VALUES, max_size=4), description=st.text())
def test_a_stored_listing_has_the_digest_of_the_one_that_was_seen(
    schema: dict[str, Any], description: str
) -> None:
    try:
        listing = Listing.read({"tools": [{"name": "a", "description": description, "inputSchema": schema}]})
        found = digests(listing)
    except ListingError:
        return
    again = Listing.read(json.loads(json.dumps(listing.write())))
    assert (again, digests(again)) == (listing, found)
    assert Digests.read(json.loads(json.dumps(found.write()))) == found
