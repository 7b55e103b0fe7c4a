"""The matcher is functions of values: what holds beside one database holds beside the other."""

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what uses no database here."""
    if item.get_closest_marker("django_db") is None:
        item.add_marker("pure")
