"""The browser that browser tests get is real and starts."""

import http.server
import threading

import pytest
from playwright.sync_api import Browser

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
def test_chromium_renders_a_loopback_page_and_runs_its_script(chromium: Browser) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OnePage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        shown = (page.title(), page.text_content("#text"))
        page.close()
        server.shutdown()
    assert shown == ("A page", "42")
