"""Database triggers that keep history: a guard against our own bugs, not against the table's owner.

Promises a table can make:
- append-only: no row is ever changed or removed;
- kept: no row is ever removed;
- frozen: rows matching a condition, or some of their columns, can no longer be changed;
- born so: a row is only inserted in a state in which it may begin.

SQLite's table rebuilds drop triggers silently, so they are installed again after every `migrate`;
a system check and `/readyz` fail when one is missing. A trigger's name ends in a digest of its statement,
so a promise that was changed in the code counts as missing until the next `migrate`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.backends.utils import CursorWrapper
from django.db.models.signals import post_migrate

PREFIX = "keep_"
SWITCH = "countersign.append_only"
# PostgreSQL cuts longer names silently.
MAX_NAME_LENGTH = 63
DIGEST_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Guard:
    """One promise about a table. `name` tells the promises of one table apart.

    `when` is SQL over OLD and NEW (only NEW for "insert"): the act is refused where it is true.
    """

    model: str
    action: str  # "update", "delete", "insert", "truncate" (PostgreSQL), "replace" (SQLite)
    name: str = "row"
    when: str = ""

    @property
    def table(self) -> str:
        return str(apps.get_model(self.model)._meta.db_table)


guards: list[Guard] = []


def keep_append_only(model: str) -> None:
    """No UPDATE, no DELETE. `model` is "app.Model"."""
    guards.append(Guard(model, "update"))
    keep_rows(model)


def keep_rows(model: str) -> None:
    """No DELETE; updates are free."""
    guards.extend(Guard(model, action) for action in ("delete", "truncate", "replace"))


def freeze_rows(model: str, *, name: str, when: str = "", columns: tuple[str, ...] = ()) -> None:
    """No UPDATE (of `columns`) once the SQL condition `when` over OLD holds; "" means always."""
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    conditions = [f"({part})" for part in (when, changed) if part]
    guards.append(Guard(model, "update", name, " AND ".join(conditions)))


def restrict_inserts(model: str, *, name: str, to: str) -> None:
    """Rows begin only where the SQL condition `to` over NEW holds."""
    guards.append(Guard(model, "insert", name, f"({to}) IS NOT TRUE"))


def build_triggers(vendor: str) -> dict[tuple[str, str], str]:
    """{(table, trigger name): CREATE TRIGGER statement} for every guard that means something there."""
    build = build_sqlite_trigger if vendor == "sqlite" else build_postgresql_trigger
    foreign = "truncate" if vendor == "sqlite" else "replace"
    triggers: dict[tuple[str, str], str] = {}
    for guard in guards:
        if guard.action == foreign:
            continue
        body = build(guard)
        digest = hashlib.sha256(body.encode()).hexdigest()[:DIGEST_LENGTH]
        name = f"{PREFIX}{guard.table}_{guard.name}_{guard.action}_{digest}"
        if len(name) > MAX_NAME_LENGTH:
            raise ImproperlyConfigured(f"the trigger name {name} is too long; shorten the guard's name")
        triggers[(guard.table, name)] = f'CREATE TRIGGER "{name}" {body}'
    return triggers


def build_sqlite_trigger(guard: Guard) -> str:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{describe(guard)}'); END"
    if guard.action == "replace":
        # INSERT OR REPLACE removes the old row without firing the DELETE trigger, unless the connection
        # has recursive triggers on, as ours have (`fire_triggers_on_replace`); this one holds on any.
        key = apps.get_model(guard.model)._meta.pk.column
        exists = f'EXISTS (SELECT 1 FROM "{guard.table}" WHERE "{key}" = NEW."{key}")'  # noqa: S608 - our names
        return f'BEFORE INSERT ON "{guard.table}" WHEN {exists} {refuse}'
    when = guard.when.replace("IS DISTINCT FROM", "IS NOT")
    return f'BEFORE {guard.action.upper()} ON "{guard.table}" {f"WHEN {when} " if when else ""}{refuse}'


def build_postgresql_trigger(guard: Guard) -> str:
    refuse = f"EXECUTE FUNCTION countersign_keep_rows('{describe(guard)}')"
    if guard.action == "truncate":
        return f'BEFORE TRUNCATE ON "{guard.table}" FOR EACH STATEMENT {refuse}'
    when = f"WHEN ({guard.when}) " if guard.when else ""
    return f'BEFORE {guard.action.upper()} ON "{guard.table}" FOR EACH ROW {when}{refuse}'


def describe(guard: Guard) -> str:
    if guard.action == "insert":
        return f"{guard.table}: rows do not begin in this state"
    return f"{guard.table}: rows are kept"


POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION countersign_keep_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('{SWITCH}', true) = 'off' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$
"""

LIST_SQLITE = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
LIST_POSTGRESQL = (
    "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relnamespace = current_schema()::regnamespace"
)


def list_installed(connection: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    """(table, trigger name) of every guard trigger in the database."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_SQLITE if connection.vendor == "sqlite" else LIST_POSTGRESQL)
        return {(str(table), str(name)) for table, name in cursor.fetchall() if name.startswith(PREFIX)}


def missing_triggers(alias: str = "default") -> list[str]:
    """Names of guard triggers that should stand in the database and do not."""
    connection = connections[alias]
    wanted = build_triggers(connection.vendor)
    return sorted(name for _, name in wanted.keys() - list_installed(connection))


def install(alias: str = "default") -> None:
    """Make the triggers those of this code: create what is missing, drop what is no longer promised."""
    connection = connections[alias]
    wanted = build_triggers(connection.vendor)
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        installed = list_installed(connection)
        tables = set(connection.introspection.table_names(cursor))
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_FUNCTION)
        for table, name in sorted(installed - wanted.keys()):
            drop_trigger(cursor, connection.vendor, table, name)
        for table, name in sorted(wanted.keys() - installed):
            if table in tables:
                cursor.execute(wanted[table, name])


def drop_trigger(cursor: CursorWrapper, vendor: str, table: str, name: str) -> None:
    suffix = "" if vendor == "sqlite" else f' ON "{table}"'
    cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{suffix}')


@contextmanager
def suspended(alias: str = "default") -> Iterator[None]:
    """The only way to remove or rewrite kept rows: pruning, key rotation and test teardown.

    One transaction: nobody else ever sees the tables unguarded, and whatever goes wrong inside takes the
    lifted guards back with it. On SQLite it holds the write lock, so keep it short.
    """
    connection = connections[alias]
    with transaction.atomic(using=alias):
        lift(connection)
        yield
        restore(connection)


def lift(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config(%s, 'off', true)", [SWITCH])
            return
        for table, name in list_installed(connection):
            drop_trigger(cursor, connection.vendor, table, name)


def restore(connection: BaseDatabaseWrapper) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, 'on', true)", [SWITCH])
        return
    install(connection.alias)


def connect_signals() -> None:
    """Called once, when the app is ready."""
    post_migrate.connect(
        install_after_migrate, sender=apps.get_app_config("events"), dispatch_uid="events.append_only"
    )
    connection_created.connect(fire_triggers_on_replace, dispatch_uid="events.append_only")


def install_after_migrate(*, using: str, **_: object) -> None:
    """Also after a flush, which empties the tables but must leave a head row to chain to."""
    from events.models import LogHead  # models are not ready when this module is imported

    if LogHead._meta.db_table in connections[using].introspection.table_names():
        LogHead.objects.using(using).get_or_create(pk=1)
    install(using)


def fire_triggers_on_replace(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    """Rows that a REPLACE displaces through any unique key count as deleted, with DELETE triggers."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA recursive_triggers = ON")
