from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from django.core.handlers.asgi import ASGIHandler

from portal.onehop import OneHopHandler, has_async_views
from tests.portal.one_hop_site import MIDDLEWARE, Trace


@pytest.fixture
def one_hop_site(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.portal.one_hop_site"
    settings.MIDDLEWARE = MIDDLEWARE
    has_async_views.cache_clear()
    Trace.reset()
    yield
    Trace.gate.set()
    has_async_views.cache_clear()


@pytest_asyncio.fixture
async def one_hop(one_hop_site: None) -> AsyncIterator[OneHopHandler]:
    handler = OneHopHandler(thread_count=1)
    yield handler
    Trace.gate.set()
    await handler.aclose()


@pytest_asyncio.fixture(params=["standard", "one_hop"])
async def handler(request: pytest.FixtureRequest, one_hop_site: None) -> AsyncIterator[Any]:
    """Django's own handler and ours: what a test says must hold for both."""
    if request.param == "standard":
        yield ASGIHandler()
        return
    handler = OneHopHandler(thread_count=1)
    yield handler
    Trace.gate.set()
    await handler.aclose()
