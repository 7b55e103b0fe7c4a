"""Database triggers that keep history: a guard against our own bugs, not against the table's owner.

Three promises a table can make:
- append-only: no row is ever changed or removed;
- kept: no row is ever removed;
- frozen: rows matching a condition can no longer be changed (and no row is removed).

SQLite's table rebuilds drop triggers silently, so they are installed again after every `migrate`;
a system check and `/readyz` fail when one is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate

PREFIX = "keep_"
SWITCH = "countersign.append_only"


@dataclass(frozen=True, slots=True)
class Guard:
    """`frozen_when` is SQL over OLD (None: always); `columns` limits it to changes of these columns."""

    model: str
    frozen_when: str | None = None
    columns: tuple[str, ...] = ()
    allows_update: bool = False
    name: str = "row"

    @property
    def table(self) -> str:
        return apps.get_model(self.model)._meta.db_table

    @property
    def update_condition(self) -> str:
        parts = [f"({self.frozen_when})"] if self.frozen_when else []
        if self.columns:
            changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in self.columns)
            parts.append(f"({changed})")
        return " AND ".join(parts) or "TRUE"


_guards: list[Guard] = []


def keep_append_only(model: str) -> None:
    """No UPDATE, no DELETE. `model` is "app.Model"."""
    _guards.append(Guard(model))


def keep_rows(model: str) -> None:
    """No DELETE; updates are free."""
    _guards.append(Guard(model, allows_update=True))


def freeze_rows(model: str, *, when: str, columns: tuple[str, ...] = (), name: str) -> None:
    """No UPDATE (of `columns`) once the SQL condition `when` over OLD holds. Use with `keep_rows`."""
    _guards.append(Guard(model, frozen_when=when, columns=columns, name=name))


def build_triggers(vendor: str) -> dict[tuple[str, str], str]:
    """{(table, trigger name): CREATE TRIGGER statement} for every guard."""
    triggers: dict[tuple[str, str], str] = {}
    for guard in _guards:
        table = guard.table
        actions = [] if guard.allows_update else ["update"]
        if guard.frozen_when is None:
            actions.append("delete")
            actions.append("replace" if vendor == "sqlite" else "truncate")
        for action in actions:
            name = f"{PREFIX}{table}_{guard.name}_{action}"
            build = build_sqlite_trigger if vendor == "sqlite" else build_postgresql_trigger
            triggers[(table, name)] = build(guard, table, name, action)
    return triggers


def build_sqlite_trigger(guard: Guard, table: str, name: str, action: str) -> str:
    message = f"{table}: rows are kept"
    if action == "replace":
        # INSERT OR REPLACE removes the old row without firing the DELETE trigger.
        key = apps.get_model(guard.model)._meta.pk.column  # type: ignore[union-attr]
        return (
            f'CREATE TRIGGER "{name}" BEFORE INSERT ON "{table}" '
            f'WHEN EXISTS (SELECT 1 FROM "{table}" WHERE "{key}" = NEW."{key}") '
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
    condition = f"WHEN {guard.update_condition} " if action == "update" else ""
    condition = condition.replace("IS DISTINCT FROM", "IS NOT").replace("TRUE", "1")
    return (
        f'CREATE TRIGGER "{name}" BEFORE {action.upper()} ON "{table}" '
        f"{condition}BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def build_postgresql_trigger(guard: Guard, table: str, name: str, action: str) -> str:
    if action == "truncate":
        return (
            f'CREATE TRIGGER "{name}" BEFORE TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION countersign_keep_rows()"
        )
    condition = f"WHEN ({guard.update_condition}) " if action == "update" else ""
    return (
        f'CREATE TRIGGER "{name}" BEFORE {action.upper()} ON "{table}" '
        f"FOR EACH ROW {condition}EXECUTE FUNCTION countersign_keep_rows()"
    )


POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION countersign_keep_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('{SWITCH}', true) = 'off' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%: rows are kept', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def list_installed(connection: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    """(table, trigger name) of every guard trigger in the database."""
    if connection.vendor == "sqlite":
        sql = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"
    else:
        sql = (
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relnamespace = current_schema()::regnamespace "
            "AND t.tgname LIKE %s"
        )
    with connection.cursor() as cursor:
        cursor.execute(
            sql, [PREFIX.replace("_", r"\_") + "%" if connection.vendor != "sqlite" else PREFIX + "%"]
        )
        return {(str(table), str(name)) for table, name in cursor.fetchall()}


def missing_triggers(alias: str = "default") -> list[str]:
    """Names of guard triggers that should stand in the database and do not."""
    connection = connections[alias]
    wanted = build_triggers(connection.vendor)
    return sorted(name for _, name in wanted.keys() - list_installed(connection))


def install(alias: str = "default") -> None:
    """Drop and create every guard trigger whose table exists; idempotent."""
    connection = connections[alias]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_FUNCTION)
        for (table, name), statement in build_triggers(connection.vendor).items():
            if table in tables:
                drop_trigger(cursor, connection.vendor, table, name)
                cursor.execute(statement)


def drop_trigger(cursor, vendor: str, table: str, name: str) -> None:  # type: ignore[no-untyped-def]
    suffix = "" if vendor == "sqlite" else f' ON "{table}"'
    cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{suffix}')


@contextmanager
def suspended(alias: str = "default") -> Iterator[None]:
    """The only way to remove kept rows: pruning and test teardown."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config(%s, 'off', false)", [SWITCH])
        else:
            for table, name in list_installed(connection):
                drop_trigger(cursor, connection.vendor, table, name)
    try:
        yield
    finally:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config(%s, 'on', false)", [SWITCH])
        else:
            install(alias)


def install_after_migrate() -> None:
    post_migrate.connect(_install_guards, dispatch_uid="events.append_only")


def _install_guards(*, using: str, **kwargs: object) -> None:
    """Also after a flush, which empties the tables but must leave a head row to chain to."""
    from events.models import LogHead  # models are not ready when this module is imported

    if LogHead._meta.db_table in connections[using].introspection.table_names():
        LogHead.objects.using(using).get_or_create(pk=1)
    install(using)
