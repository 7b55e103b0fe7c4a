"""What a command needs before it touches data: a database that is up to date, and its keys."""

from __future__ import annotations

from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from events.encryption import register_keys
from events.keyring import KeyringError


def require_ready_database() -> None:
    """Raises CommandError with what to do; a newcomer meets it before the first `make run`."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(f"The database does not answer: {type(error).__name__}.") from error
    if missing:
        raise CommandError(
            "The database is not set up yet, or not up to date:"
            " start Countersign first (`make run`), which sees to it."
        )
    try:
        # Before anything is encrypted or signed with a key that this database does not know.
        register_keys()
    except KeyringError as error:
        raise CommandError(str(error)) from error
