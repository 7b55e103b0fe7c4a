"""The audit pages in a browser: read, checked and taken out by an owner, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from events.audit_offline import verify_export
from tests.browser.conftest import DESK, PHONE, Enter, World

pytestmark = pytest.mark.browser

AUDIT = "/admin/events/auditentry/"
LONG = "echo " + "a" * 400


def expect_fitting(page: Page, screen: dict[str, Any]) -> None:
    width: int = page.evaluate("document.documentElement.scrollWidth")
    assert width <= screen["viewport"]["width"], page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_every_audit_page_fits_and_is_quiet(
    enter: Enter, world: World, screen: dict[str, Any], scheme: str
) -> None:
    """The list, its filters, an entry with its diff, and the check; the console stays empty."""
    world.decide(world.ask(LONG), "Bob", "approve")
    visitor = enter("Olga", color_scheme=scheme, **screen)
    page = visitor.go(AUDIT)
    expect_fitting(page, screen)
    page.get_by_text("More filters").click()
    expect(page.get_by_label("From")).to_be_visible()
    expect_fitting(page, screen)
    page.get_by_title("All that was done to it").first.click()
    expect(page.locator(".removable .chip").first).to_be_visible()
    expect_fitting(page, screen)
    page.locator("#result_list tbody th a").first.click()
    expect(page.get_by_role("heading", name="What changed")).to_be_visible()
    page.get_by_text("The text that was hashed").click()
    expect(page.locator("pre.hashed")).to_be_visible()
    expect_fitting(page, screen)
    visitor.go(AUDIT).get_by_role("button", name="Verify the chain").click()
    expect(page.get_by_text("The chain holds")).to_be_visible()
    expect_fitting(page, screen)


def test_an_owner_takes_out_what_the_filters_show_and_it_verifies(
    enter: Enter, world: World, tmp_path: Path
) -> None:
    world.decide(world.ask("git status"), "Bob", "approve")
    page = enter("Olga").go(AUDIT)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="JSON Lines").click()
    file = tmp_path / "audit.jsonl"
    waiting.value.save_as(file)
    report = verify_export(file)
    assert (report.findings, report.is_whole, report.entries > 0) == ([], True, True)
