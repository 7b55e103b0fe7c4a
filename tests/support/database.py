"""The database of a test run: kept rows may go at the end of a test, and only there."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from events.append_only import suspended

HOOK = "_fixture_teardown"
# Django would write them anew after every test: they follow from the models.
DESCRIPTIONS = frozenset({"django_content_type", "auth_permission"})
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
        with suspended(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(connection.ops), "sql_flush", delete_rows)
            empty_tables(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, HOOK, empty_tables_suspended)
        yield


def delete_rows(operations: Any, _style: Any, tables: Sequence[str], **_options: Any) -> list[str]:
    """PostgreSQL's TRUNCATE would give each table and each index a new file. Keys are not looked at."""
    names = (operations.quote_name(table) for table in tables if table not in DESCRIPTIONS)
    deletes = [f"DELETE FROM {name}" for name in names]  # noqa: S608 - our own tables
    is_postgres = connection.vendor == "postgresql"
    return ["SET LOCAL session_replication_role = replica", *deletes] if is_postgres else deletes


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """End the sessions of database threads that live as long as the process, so that the database can go."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(OTHER_SESSIONS)
