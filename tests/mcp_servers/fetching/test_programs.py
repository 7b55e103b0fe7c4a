"""Programs of the machine are bound to their files' hashes; images and remote servers are not fetched."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mcp_servers.checks.package_checks import explain_no_fetch
from mcp_servers.content import McpServerContent, Package
from mcp_servers.fetching.fetch import fetch_package
from mcp_servers.fetching.packages import FetchError

pytestmark = pytest.mark.pure


async def test_a_changed_script_is_another_artefact(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text("first")
    content = McpServerContent(name="x", program=sys.executable, arguments=(str(script), "--flag"))
    first = await fetch_package(content, tmp_path / "store")
    assert first.argv == (sys.executable, str(script), "--flag")
    assert (await fetch_package(content, tmp_path / "store")).artefact_hash == first.artefact_hash
    script.write_text("second")
    assert (await fetch_package(content, tmp_path / "store")).artefact_hash != first.artefact_hash
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("content", "reason", "outcome"),
    [
        (McpServerContent(name="x", program="/nonexistent/x"), "no_program", "finding"),
        (McpServerContent(name="x", program="/etc/passwd"), "no_program", "finding"),
        (
            McpServerContent(
                name="x", package=Package(kind="oci", identifier="a", version="sha256:" + "0" * 64)
            ),
            "not_fetchable",
            "not_checked",
        ),
        (
            McpServerContent(name="x", transport="sse", url="https://a.example.com/"),
            "not_fetchable",
            "not_checked",
        ),
    ],
)
async def test_what_can_not_be_fetched_says_why(
    content: McpServerContent, reason: str, outcome: str, tmp_path: Path
) -> None:
    with pytest.raises(FetchError) as refused:
        await fetch_package(content, tmp_path / "store")
    results = explain_no_fetch(refused.value)
    assert (refused.value.reason, results[0].outcome) == (reason, outcome)
    assert [result.name for result in results] == [
        *("package_metadata", "artefact_hash", "install_scripts", "licence", "yanked", "age"),
        *("vulnerabilities", "provenance"),
    ]
