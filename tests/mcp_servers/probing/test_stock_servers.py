"""The stock servers of PyPI and npm in the sandbox: what they offer, and that honest texts are spared."""

from __future__ import annotations

import pytest

from mcp_servers.checks.known_names import KnownNames
from mcp_servers.probing import Listing, digests, lint_listing, probe
from mcp_servers.sandbox import NoSandbox, find_sandbox
from mcp_servers.seeing import describe_local
from tests.support.availability import skip_missing
from tests.support.mcp_store import STOCK, fetch_stock, make_stock_content

pytestmark = [pytest.mark.engine, pytest.mark.slow]


async def look(name: str, *, arguments: tuple[str, ...] = (), capabilities: tuple[str, ...] = ()) -> Listing:
    if isinstance(found := await find_sandbox(), NoSandbox):
        skip_missing("sandbox", found.reason)
    content = make_stock_content(name, arguments=arguments, client_capabilities=capabilities)
    fetched = await fetch_stock(name, arguments=arguments)
    return await probe(describe_local(content, fetched))


@pytest.mark.parametrize("name", sorted(STOCK))
async def test_a_stock_server_shows_its_tools_and_passes_the_lint(name: str) -> None:
    arguments = ("/srv",) if name == "filesystem" else ()
    listing = await look(name, arguments=arguments)
    again = await look(name, arguments=arguments)
    assert len(listing.tools) == STOCK[name][3]
    assert digests(again) == digests(listing)
    results = lint_listing(listing, known=KnownNames())
    assert [result for result in results if result.severity in {"high", "blocking"}] == []


async def test_what_a_client_can_do_and_where_a_server_looks_changes_what_it_shows() -> None:
    more = await look("everything", capabilities=("roots", "sampling", "elicitation"))
    assert len(more.tools) == 17
    one, other = await look("filesystem", arguments=("/srv",)), await look("filesystem", arguments=("/opt",))
    assert digests(one) == digests(other)
    here = await look("time")
    there = await look("time", arguments=("--local-timezone", "Asia/Tokyo"))
    assert digests(here).total != digests(there).total
