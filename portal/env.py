"""Settings come from the environment, read here and nowhere else.

Every variable stands in KNOWN with one line of documentation. A secret may come from a file instead:
`NAME_FILE` holds its path, so that it never stands in a process list or a unit file. An error names
the variable and what was expected, never the value of a secret.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import overload
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

KNOWN: Mapping[str, str] = MappingProxyType(
    {
        "ALLOWED_HOSTS": "Host names this deployment answers to, separated by commas.",
        "COUNTERSIGN_ACCESS_LOG": "Write one log line for each HTTP request (default no).",
        "COUNTERSIGN_API_ANONYMOUS_CALLS_PER_MINUTE": "Unknown callers' API calls, by address (default 300).",
        "COUNTERSIGN_API_CALLS_PER_MINUTE": "API calls of one token or session; 0: any (default 6000).",
        "COUNTERSIGN_AUDIT_HEADS_FILE": "File to which the signed heads of the audit chain are appended.",
        "COUNTERSIGN_BIND": "Address and port to listen on (default 127.0.0.1:8000).",
        "COUNTERSIGN_DATABASE_POOL_SIZE": "Most PostgreSQL connections of one process; 0 turns the pool off.",
        "COUNTERSIGN_DATA_DIR": "Folder of the SQLite database (default var/data in the project).",
        "COUNTERSIGN_DEBUG": "Django's debug pages; loopback only (default no).",
        "COUNTERSIGN_EGRESS_ALLOW": "Private hosts that user-given addresses may name, separated by commas.",
        "COUNTERSIGN_KEYS_FILE": "The deployment's keys, made on first run (var/keys/countersign.keys).",
        "COUNTERSIGN_LOGIN_COOL_OFF_S": "Seconds that failed logins count, and a lock lasts (default 900).",
        "COUNTERSIGN_LOGIN_FAILURES": "Failed logins of an account from one address before it waits (5).",
        "COUNTERSIGN_LOGIN_FAILURES_PER_ACCOUNT": "The same of one account from new addresses (default 100).",
        "COUNTERSIGN_LOGIN_FAILURES_PER_ADDRESS": "The same from one address for all accounts (default 30).",
        "COUNTERSIGN_LOG_FORMAT": "`text` or `json`, one object a line (default text).",
        "COUNTERSIGN_LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR (default INFO).",
        "COUNTERSIGN_MAX_BODY_BYTES": "Longest request body; longer ones get 413 unread (default 2097152).",
        "COUNTERSIGN_MCP_PROGRAMS": "Programs that MCP servers may be, beside python and node; full paths.",
        "COUNTERSIGN_MCP_STORE": "Folder of the fetched packages of MCP servers (default var/mcp).",
        "COUNTERSIGN_MONITORING_TOKEN": "Bearer token for /metrics and /readyz's details beyond loopback.",
        "COUNTERSIGN_PAUSE_AFTER_APPROVALS": "Quick approvals before a pause; 0 for never (default 10).",
        "COUNTERSIGN_PAUSE_PACE_S": "Seconds from one approval to the next that count as quick (default 5).",
        "COUNTERSIGN_PAUSE_WITHIN_MINUTES": "Minutes over which quick approvals are counted (default 5).",
        "COUNTERSIGN_PROTECTED_PATHS": "More paths that no rule can allow: engines' config and data folders.",
        "COUNTERSIGN_PUBLIC_URL": "Address people open; https turns on secure cookies and HSTS.",
        "COUNTERSIGN_RELAY": "Run the relay inside the web process (default yes).",
        "COUNTERSIGN_STOP_DEADLINE_S": "Seconds that requests and tasks get to end on a stop (default 10).",
        "COUNTERSIGN_TRUST_PROXY_HEADERS": "Believe a proxy's X-Forwarded-* and X-Request-ID (default no).",
        "COUNTERSIGN_WEB_THREADS": "Worker threads that run HTTP requests (default 1).",
        "DATABASE_URL": "`sqlite:///path` or `postgres://user:password@host/name` (default SQLite).",
        "REDIS_URL": "Redis or Valkey that carries hints between processes (default in memory, one process).",
        "SECRET_KEY": "Signs sessions; made beside the keys on a loopback bind, required otherwise.",
        "SQLITE_SYNCHRONOUS": "FULL, or NORMAL for tests and benchmarks (default FULL).",
    }
)

SECRETS = frozenset({"COUNTERSIGN_MONITORING_TOKEN", "DATABASE_URL", "REDIS_URL", "SECRET_KEY"})

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
MAX_SECRET_FILE_BYTES = 64 * 1024
OUR_PREFIX = "COUNTERSIGN_"


class SettingError(ImproperlyConfigured):
    """A setting in the environment is missing or wrong; the text names it."""


class Environment:
    """Typed reading of one mapping of variables. An empty value counts as not set."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables

    def is_set(self, name: str) -> bool:
        """Whether a person gave this setting, as itself or as a file."""
        return bool(self._raw(name)) or (
            name in SECRETS and bool(self.variables.get(f"{name}_FILE", "").strip())
        )

    @overload
    def read_text(self, name: str, default: str) -> str: ...
    @overload
    def read_text(self, name: str, default: None = None) -> str | None: ...
    def read_text(self, name: str, default: str | None = None) -> str | None:
        return self._raw(name) or default

    def read_choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """One of `choices`, in any case."""
        value = self._raw(name)
        if not value:
            return default
        for choice in choices:
            if value.lower() == choice.lower():
                return choice
        raise SettingError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")

    def read_bool(self, name: str, default: bool) -> bool:
        value = self._raw(name).lower()
        if not value:
            return default
        if value in TRUE_WORDS:
            return True
        if value in FALSE_WORDS:
            return False
        raise SettingError(f"{name} must be yes or no (1/0, true/false, on/off), not {value!r}.")

    def read_int(self, name: str, default: int, *, minimum: int, maximum: int) -> int:
        value = self._raw(name)
        if not value:
            return default
        if not re.fullmatch(r"-?[0-9]{1,18}", value) or not minimum <= int(value) <= maximum:
            raise SettingError(f"{name} must be a whole number from {minimum} to {maximum}, not {value!r}.")
        return int(value)

    def read_list(self, name: str, default: list[str]) -> list[str]:
        """Parts between commas, without blanks around them; empty parts are left out."""
        value = self._raw(name)
        return [part.strip() for part in value.split(",") if part.strip()] if value else list(default)

    def read_path(self, name: str, default: Path, *, base: Path) -> Path:
        """A path; `~` is the home folder, a relative one starts at `base`."""
        value = self._raw(name)
        if "\0" in value:
            raise SettingError(f"{name} is not a path.")
        return base / Path(value).expanduser() if value else default

    def read_paths(self, name: str) -> list[Path]:
        """Absolute paths between commas; `~` is the home folder. The whole machine is none."""
        paths = [Path(part).expanduser() for part in self.read_list(name, [])]
        for path in paths:
            if "\0" in str(path) or not path.is_absolute() or path == Path("/"):
                raise SettingError(f"{name} must hold absolute paths of folders or files, not {str(path)!r}.")
        return paths

    def list_secret_files(self) -> list[Path]:
        """The files that secrets are read from."""
        named = [self.variables.get(f"{name}_FILE", "").strip() for name in sorted(SECRETS)]
        return [Path(text).expanduser().absolute() for text in named if text]

    def read_url(self, name: str, default: str, *, schemes: tuple[str, ...]) -> str:
        """A public address: scheme and host, no credentials, query or fragment, no slash at the end."""
        value = self._raw(name)
        if not value:
            return default
        expected = f"{name} must be an address such as {schemes[0]}://host, not {value!r}."
        try:
            parts = urlsplit(value)
            parts.port  # noqa: B018 - reading it raises ValueError when it is not a port
        except ValueError as error:
            raise SettingError(expected) from error
        if parts.scheme not in schemes or not parts.hostname or not value.isprintable() or " " in value:
            raise SettingError(expected)
        if parts.username or parts.password or parts.query or parts.fragment:
            raise SettingError(f"{name} must not hold credentials, a query or a fragment.")
        return value.rstrip("/")

    def read_secret(self, name: str) -> str | None:
        """The secret from NAME, or from the file that NAME_FILE names; both at once is an error."""
        value = self._raw(name)
        file_name = f"{name}_FILE"
        path_text = self.variables.get(file_name, "").strip()
        if value and path_text:
            raise SettingError(f"{name} and {file_name} are both set; keep one of them.")
        return read_secret_file(file_name, Path(path_text).expanduser()) if path_text else value or None

    def find_unknown(self) -> dict[str, str | None]:
        """Variables with our prefix that no setting has, each with the nearest known name.

        A misspelt setting would otherwise leave its default in force without a word.
        """
        allowed = set(KNOWN) | {f"{name}_FILE" for name in SECRETS}
        unknown = [name for name in self.variables if name.startswith(OUR_PREFIX) and name not in allowed]
        return {name: find_nearest(name, allowed) for name in sorted(unknown)}

    def _raw(self, name: str) -> str:
        if name not in KNOWN:
            raise KeyError(f"{name} is not documented in portal.env.KNOWN")
        return self.variables.get(name, "").strip()


def find_nearest(name: str, allowed: Iterable[str]) -> str | None:
    """The likely intended name; the prefix that all share says nothing about likeness."""
    endings = {candidate.removeprefix(OUR_PREFIX): candidate for candidate in allowed}
    nearest = difflib.get_close_matches(name.removeprefix(OUR_PREFIX), endings, n=1)
    return endings[nearest[0]] if nearest else None


def read_secret_file(name: str, path: Path) -> str:
    """The file's text without the line end; `name` is the variable that names the file."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_FILE_BYTES + 1)
        text = content.decode()
    except OSError as error:
        raise SettingError(f"{name} names {path}, which can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingError(f"{name} names {path}, which is not UTF-8 text.") from error
    secret = text.strip()
    if not secret or len(content) > MAX_SECRET_FILE_BYTES or "\n" in secret:
        raise SettingError(f"{name} names {path}, which must hold one line with the secret.")
    return secret
