"""The browser that browser tests get is real and starts."""

import http.server
import threading
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.support.servers import CHROMIUM_ARGUMENTS

PAGE = b"<!doctype html><title>A page</title><p id=text></p><script>text.textContent = 6 * 7</script>"


class OnePage(http.server.BaseHTTPRequestHandler):
    """Answers every GET with the same page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *arguments: object) -> None:
        """Stay silent."""


@pytest.mark.browser
async def test_chromium_renders_a_loopback_page_and_runs_its_script(chromium_path: Path) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OnePage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium_path, args=list(CHROMIUM_ARGUMENTS)
            )
            page = await browser.new_page()
            await page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
            shown = (await page.title(), await page.text_content("#text"))
            await browser.close()
        server.shutdown()
    assert shown == ("A page", "42")
