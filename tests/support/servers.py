"""Real servers and programs for tests, each started on first use and stopped at the end of the run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from deploy import bootstrap
from deploy.chromium import chromium_binary
from deploy.console import StepFailed
from deploy.postgres import PostgresServer
from deploy.valkey import ValkeyServer
from tests.support.availability import skip_missing

# No look-ups of its own: a browser that calls home makes a test run depend on the network.
# Root may not use Chromium's sandbox, and a container often can't.
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this run's own; `create_database(name)` returns a new database's URL."""
    try:
        server = PostgresServer().start()
    except StepFailed as failure:
        skip_missing("PostgreSQL", str(failure))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """The URL of a Redis-protocol server of this run's own."""
    try:
        server = ValkeyServer().start()
    except StepFailed as failure:
        skip_missing("Valkey", str(failure))
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """A real Chromium; start it with CHROMIUM_ARGUMENTS."""
    found = chromium_binary()
    if found is None:
        skip_missing("Chromium", "run `make test`, which says why it could not be installed")
    return found


@pytest.fixture(scope="session")
def chromium(chromium_path: Path) -> Iterator[Browser]:
    """The one browser of the run; each test opens contexts of its own in it.

    A process holds one synchronous Playwright only, and while it lives no test of this process can be a
    coroutine: `tests.support.availability` puts the browser tests last.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=[*CHROMIUM_ARGUMENTS])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def opencode_binary() -> Path:
    """The pinned OpenCode engine."""
    found = bootstrap.opencode_binary()
    if found is None:
        skip_missing("OpenCode", "run `make test`, which says why it could not be fetched")
    return found
