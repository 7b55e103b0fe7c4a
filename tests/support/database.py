"""The database of a test run: kept rows may go at the end of a test, and only there."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from events.append_only import suspended

HOOK = "_fixture_teardown"
OTHER_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


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


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """End the sessions of database threads that live as long as the process, so that the database can go."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(OTHER_SESSIONS)
