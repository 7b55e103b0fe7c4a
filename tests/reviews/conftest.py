from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reviews.things import Things, register_things


@pytest.fixture
def things() -> Iterator[Things]:
    with register_things() as registered:
        yield registered
