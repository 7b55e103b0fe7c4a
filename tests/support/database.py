"""The database of a test run: kept rows may go at the end of a test, and only there."""

from collections.abc import Iterator

import pytest
from django.test import TransactionTestCase

from events.append_only import suspended

HOOK = "_fixture_teardown"


@pytest.fixture(autouse=True, scope="session")
def let_teardown_empty_kept_tables() -> Iterator[None]:
    """Lift the triggers while a transactional test's tables are emptied; they stand during every test."""
    # Where Django empties the tables; it offers no public place for this.
    empty_tables = getattr(TransactionTestCase, HOOK)

    def empty_tables_suspended(case: TransactionTestCase) -> None:
        with suspended():
            empty_tables(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, HOOK, empty_tables_suspended)
        yield
