"""The stock MCP servers, fetched once from the machine's package indexes and kept for later runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcp_servers.content import McpServerContent, Package
from mcp_servers.fetching.fetch import fetch_package
from mcp_servers.fetching.packages import FetchedPackage

KEPT_STORE = Path(__file__).resolve().parents[2] / "var" / "kept" / "mcp"

# Kind, package and exact version; and how many tools it lists to a client without capabilities.
STOCK: Mapping[str, tuple[str, str, str, int]] = {
    "time": ("pypi", "mcp-server-time", "2026.10.19", 2),
    "git": ("pypi", "mcp-server-git", "2026.10.19", 12),
    "fetch": ("pypi", "mcp-server-fetch", "2026.10.24", 1),
    "everything": ("npm", "@modelcontextprotocol/server-everything", "2026.8.31", 13),
    "filesystem": ("npm", "@modelcontextprotocol/server-filesystem", "2026.8.31", 14),
    "memory": ("npm", "@modelcontextprotocol/server-memory", "2026.8.31", 9),
}


def make_stock_content(name: str, **fields: Any) -> McpServerContent:
    kind, identifier, version, _ = STOCK[name]
    package = Package(kind=kind, identifier=identifier, version=version)
    return McpServerContent(**{"name": name, "package": package, **fields})


async def fetch_stock(name: str, **fields: Any) -> FetchedPackage:
    """From the kept store; the first time, on a new machine, from the indexes."""
    return await fetch_package(make_stock_content(name, **fields), KEPT_STORE)
