"""Files come in through a browser: chosen, looked at field by field, taken over."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import PHONE, Enter, World

pytestmark = pytest.mark.browser

AGENT = b"""---
description: Reviews changes
mode: subagent
permission:
  bash:
    "rm *": deny
    "*": ask
hooks: none
---
You review changes.
"""
FILE = FilePayload(name="careful-reviewer.md", mimeType="text/markdown", buffer=AGENT)


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_a_file_is_looked_at_and_taken_over(enter: Enter, world: World, options: dict[str, object]) -> None:
    world.backstage.run("configure", user=world.names["Alice"])
    page = enter("Alice", **options).go("/configure/import/")
    page.get_by_label("Files").set_input_files(FILE)
    page.get_by_role("button", name="Look at what comes of it").click()
    expect(page.get_by_role("heading", name="Look before it comes in")).to_be_visible()
    expect(page.get_by_text("It comes last and undoes what stands before it: rm *.")).to_be_visible()
    page.get_by_role("button", name="Make these drafts").click()
    expect(page.get_by_text("2 drafts came in. No label moved.")).to_be_visible()
    page.get_by_role("link", name="careful-reviewer.md").first.click()
    expect(page.get_by_role("heading", name="As it came")).to_be_visible()
    page.get_by_role("link", name="careful-reviewer", exact=True).last.click()
    expect(page.get_by_role("heading", name="careful-reviewer")).to_be_visible()
