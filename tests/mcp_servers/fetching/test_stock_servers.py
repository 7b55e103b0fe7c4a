"""The stock servers of PyPI and npm: fetched, and started over their pipes with the official SDK."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from mcp import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client

from mcp_servers.checks.package_checks import check_package
from mcp_servers.fetching.packages import FetchedPackage
from tests.support.mcp_store import STOCK, fetch_stock, make_stock_content

# They come from the machine's package indexes the first time, and are kept.
pytestmark = [pytest.mark.pure, pytest.mark.engine]


@pytest.mark.parametrize("name", list(STOCK))
async def test_a_stock_server_is_fetched_and_lists_its_tools(name: str, tmp_path: Path) -> None:
    arguments = (str(tmp_path),) if name == "filesystem" else ()
    fetched = await fetch_stock(name, arguments=arguments)
    assert Path(fetched.argv[0]).is_absolute()
    assert {Path(word).name for word in fetched.argv} & {"npx", "uvx", "npm", "uv", "pip"} == set()
    assert await count_tools(fetched, tmp_path) == STOCK[name][3]
    results = check_package(make_stock_content(name), fetched, now=datetime(2026, 11, 22, tzinfo=UTC))
    assert [result.name for result in results if result.outcome == "finding"] == []


async def count_tools(fetched: FetchedPackage, folder: Path) -> int:
    # git is looked for on the path by the server that works with it.
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder)}
    command, *arguments = fetched.argv
    server = StdioServerParameters(command=command, args=arguments, env=environment, cwd=folder)
    with (folder / "errors").open("w") as errors:
        async with stdio_client(server, errlog=errors) as streams, ClientSession(*streams) as session:
            await session.initialize()
            return len((await session.list_tools()).tools)
