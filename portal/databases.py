"""From DATABASE_URL to Django's DATABASES entry, with the connection rules of this project.

SQLite: WAL, IMMEDIATE transactions, and a connection kept for the life of its database thread.
PostgreSQL: connections from the psycopg pool, checked when taken and given back after each call.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from portal.env import SettingError

SQLITE_WAIT_S = 20
POSTGRESQL_CONNECT_TIMEOUT_S = "10"
POOL_WAIT_S = 10
NAME = "DATABASE_URL"


def build_database(url: str, *, base: Path, sqlite_synchronous: str, pool_size: int) -> dict[str, Any]:
    """Django's settings for one database; raises SettingError without repeating the URL."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it raises ValueError when it is not a port
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        # Without its cause: that repeats a piece of the address, which may be a piece of the password.
        raise SettingError(f"{NAME} is not a database address.") from None
    if parts.scheme == "sqlite":
        return build_sqlite(parts, options, base=base, synchronous=sqlite_synchronous)
    if parts.scheme in {"postgres", "postgresql"}:
        return build_postgresql(parts, options, pool_size=pool_size)
    raise SettingError(f"{NAME} must begin with sqlite:/// or postgres://.")


def build_sqlite(
    parts: SplitResult, options: dict[str, str], *, base: Path, synchronous: str
) -> dict[str, Any]:
    """`sqlite:///name` lies below `base`, `sqlite:////path` is absolute."""
    if parts.netloc or not parts.path.strip("/"):
        raise SettingError(
            f"{NAME} must name a file: sqlite:///file below the project, sqlite:////absolute/file."
        )
    if options:
        raise SettingError(f"{NAME} takes no options for SQLite.")
    path = base / unquote(parts.path[1:])
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": {
            "timeout": SQLITE_WAIT_S,
            "transaction_mode": "IMMEDIATE",
            "init_command": "; ".join(
                ["PRAGMA journal_mode=WAL", f"PRAGMA synchronous={synchronous}", "PRAGMA foreign_keys=ON"]
            ),
        },
        # Tests use a file too: the shared in-memory database answers "table is locked" between threads.
        "TEST": {"NAME": str(path.with_name(f"test-{path.name}"))},
    }


def build_postgresql(parts: SplitResult, options: dict[str, str], *, pool_size: int) -> dict[str, Any]:
    """Options of the query are libpq's own (sslmode, connect_timeout, …); `host` may be a socket's folder."""
    host = options.pop("host", "") or unquote(parts.hostname or "")
    port = options.pop("port", "") or str(parts.port or "")
    name = unquote(parts.path.lstrip("/")) or options.pop("dbname", "")
    if not name or "" in options:
        raise SettingError(f"{NAME} must name a database: postgres://user:password@host/name.")
    connection: dict[str, Any] = {"connect_timeout": POSTGRESQL_CONNECT_TIMEOUT_S, **options}
    if pool_size:
        connection["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": POOL_WAIT_S}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or "") or options.pop("user", ""),
        "PASSWORD": unquote(parts.password or "") or options.pop("password", ""),
        "HOST": host,
        "PORT": port,
        "ATOMIC_REQUESTS": False,
        # A pooled connection goes back after each call; without the pool each thread keeps its own.
        "CONN_MAX_AGE": 0 if pool_size else None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": connection,
    }
