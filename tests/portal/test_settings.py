"""The settings file as a whole, loaded by a fresh process with nothing but the variables of the test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portal.binding import Bind, is_loopback, parse_bind, refuse_unready_bind
from portal.databases import build_database
from portal.env import SettingError
from portal.secret_key import read_or_make_secret_key

ROOT = Path(__file__).resolve().parent.parent.parent

NAMES = [
    "ALLOWED_HOSTS",
    "CACHES",
    "COUNTERSIGN_PUBLIC_URL",
    "CSRF_TRUSTED_ORIGINS",
    "DEBUG",
    "SECURE_HSTS_SECONDS",
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_SECURE",
]


def load(folder: Path, names: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    code = f"import json, portal.settings as s; print(json.dumps([getattr(s, n) for n in {names!r}]))"
    environment = {
        "PATH": "/usr/bin:/bin",
        "COUNTERSIGN_DATA_DIR": str(folder / "data"),
        "COUNTERSIGN_KEYS_FILE": str(folder / "keys" / "countersign.keys"),
        **variables,
    }
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def read(folder: Path, names: list[str] = NAMES, **variables: str) -> dict[str, Any]:
    finished = load(folder, names, variables)
    assert finished.returncode == 0, finished.stderr
    return dict(zip(names, json.loads(finished.stdout), strict=True))


def refusal(folder: Path, **variables: str) -> str:
    """The last line of a start that was refused."""
    finished = load(folder, NAMES, variables)
    assert finished.returncode == 1
    return finished.stderr.strip().splitlines()[-1]


def test_without_variables_it_is_one_process_on_loopback(tmp_path: Path) -> None:
    assert read(tmp_path) == {
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]", "127.0.0.1"],
        "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        "COUNTERSIGN_PUBLIC_URL": "http://127.0.0.1:8000",
        "CSRF_TRUSTED_ORIGINS": ["http://127.0.0.1:8000"],
        "DEBUG": False,
        "SECURE_HSTS_SECONDS": 0,
        "SESSION_COOKIE_NAME": "countersign_8000_session",
        "SESSION_COOKIE_SECURE": False,
    }


def test_an_https_address_makes_cookies_secure(tmp_path: Path) -> None:
    names = [
        "SESSION_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_HSTS_SECONDS",
        "CSRF_TRUSTED_ORIGINS",
    ]
    assert list(read(tmp_path, names, COUNTERSIGN_PUBLIC_URL="https://cs.example/").values()) == [
        "__Host-countersign_session",
        True,
        True,
        31536000,
        ["https://cs.example"],
    ]


def test_redis_keeps_the_cache_that_processes_share(tmp_path: Path) -> None:
    assert read(tmp_path, ["CACHES"], REDIS_URL="redis://127.0.0.1:1/0")["CACHES"] == {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "KEY_PREFIX": "countersign",
        }
    }


def test_a_bind_beyond_loopback_needs_hosts_and_key(tmp_path: Path) -> None:
    wide = {"COUNTERSIGN_BIND": "0.0.0.0:8000"}
    error = "portal.env.SettingError: Listening on 0.0.0.0:8000 reaches beyond this machine: "
    assert refusal(tmp_path, **wide).startswith(error + "set ALLOWED_HOSTS to ")
    assert refusal(tmp_path, **wide, ALLOWED_HOSTS="cs.example").startswith(error + "set SECRET_KEY to ")
    given = {**wide, "ALLOWED_HOSTS": "cs.example", "SECRET_KEY": "k" * 50}
    assert refusal(tmp_path, **given, COUNTERSIGN_DEBUG="1").startswith(error + "turn COUNTERSIGN_DEBUG off")
    assert read(tmp_path, ["ALLOWED_HOSTS", "SECRET_KEY"], **given) == {
        "ALLOWED_HOSTS": ["cs.example"],
        "SECRET_KEY": "k" * 50,
    }


def test_the_secret_key_is_made_once_and_private(tmp_path: Path) -> None:
    first, second = (read(tmp_path, ["SECRET_KEY"])["SECRET_KEY"] for _ in range(2))
    file = tmp_path / "keys" / "secret_key"
    assert (first, len(first), file.stat().st_mode & 0o777) == (second, 64, 0o600)
    assert [path.name for path in file.parent.iterdir()] == ["secret_key"]
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_given_secret_key_leaves_no_file(tmp_path: Path) -> None:
    assert read(tmp_path, ["SECRET_KEY"], SECRET_KEY="given")["SECRET_KEY"] == "given"
    assert not (tmp_path / "keys").exists()


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "secret_key"
    path.parent.mkdir()
    path.write_text("the first one's key\n")
    assert read_or_make_secret_key(path) == "the first one's key"


def test_a_wrong_setting_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    assert refusal(tmp_path, COUNTERSIGN_WEB_THREADS="many") == (
        "portal.env.SettingError: COUNTERSIGN_WEB_THREADS must be a whole number from 1 to 32, not 'many'."
    )


def test_a_misspelt_setting_is_named_by_the_system_check(tmp_path: Path) -> None:
    code = "import django; django.setup(); from portal.checks import check_unknown_settings as c; print(c())"
    finished = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "COUNTERSIGN_DATA_DIR": str(tmp_path),
            "COUNTERSIGN_KEYS_FILE": str(tmp_path / "keys"),
            "COUNTERSIGN_BNID": "0.0.0.0:1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "COUNTERSIGN_BNID is not a setting of Countersign and has no effect." in finished.stdout
    assert "Did you mean COUNTERSIGN_BIND?" in finished.stdout


@pytest.mark.parametrize(
    ("text", "bind", "loopback"),
    [
        ("127.0.0.1:8000", Bind("127.0.0.1", 8000), True),
        ("localhost:0", Bind("localhost", 0), True),
        ("[::1]:8000", Bind("::1", 8000), True),
        ("0.0.0.0:80", Bind("0.0.0.0", 80), False),
        ("[::]:80", Bind("::", 80), False),
        ("[::ffff:127.0.0.1]:80", Bind("::ffff:127.0.0.1", 80), True),
        ("cs.example:80", Bind("cs.example", 80), False),
    ],
)
def test_binds(text: str, bind: Bind, loopback: bool) -> None:
    assert (parse_bind(text), str(parse_bind(text)), parse_bind(text).is_loopback) == (bind, text, loopback)


@pytest.mark.parametrize(
    "text",
    ["", "8000", ":8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "::1:8000", "h:65536", "h:-1", "[]:80"],
)
def test_what_is_not_a_bind_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="must be host:port"):
        parse_bind(text)


def test_names_that_sound_local_are_not_loopback() -> None:
    names = ["localhost.example", "127.0.0.1.example", "", "10.0.0.1", "::2"]
    assert [name for name in names if is_loopback(name)] == []


def test_a_loopback_bind_needs_nothing() -> None:
    refuse_unready_bind(Bind("127.0.0.1", 1), given=frozenset(), debug=True)


def build(url: str, pool_size: int = 10) -> dict[str, Any]:
    return build_database(url, base=Path("/base"), sqlite_synchronous="FULL", pool_size=pool_size)


def test_sqlite() -> None:
    entry = build("sqlite:////data/my%20base.sqlite3")
    assert entry["NAME"] == "/data/my base.sqlite3"
    assert build("sqlite:///data/base.sqlite3")["NAME"] == "/base/data/base.sqlite3"
    assert (entry["ATOMIC_REQUESTS"], entry["CONN_MAX_AGE"]) == (False, None)
    assert entry["OPTIONS"] == {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON",
    }


def test_postgresql() -> None:
    entry = build("postgres://us%40er:p%2Fw@db.example:5433/name?sslmode=require&connect_timeout=3")
    assert {key: entry[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "CONN_MAX_AGE")} == {
        "NAME": "name",
        "USER": "us@er",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "5433",
        "CONN_MAX_AGE": 0,
    }
    assert entry["OPTIONS"] == {
        "sslmode": "require",
        "connect_timeout": "3",
        "pool": {"min_size": 1, "max_size": 10, "timeout": 10},
    }


def test_postgresql_without_the_pool_keeps_its_connections() -> None:
    entry = build("postgresql://db.example/name", pool_size=0)
    assert (entry["CONN_MAX_AGE"], entry["OPTIONS"]) == (None, {"connect_timeout": "10"})


@pytest.mark.parametrize("url", ["postgres://user@/name?host=/run/pg", "postgres://user@%2Frun%2Fpg/name"])
def test_postgresql_behind_a_socket(url: str) -> None:
    entry = build(url)
    assert (entry["HOST"], entry["PORT"], entry["NAME"], entry["USER"]) == ("/run/pg", "", "name", "user")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://h/n",
        "sqlite://",
        "sqlite:///",
        "sqlite://:memory:",
        "sqlite:///x?mode=ro",
        "postgres://h",
        "postgres://h:port/n",
        "postgres://secret-host/n?=;",
        "x",
    ],
)
def test_an_unusable_database_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingError, match="^DATABASE_URL ") as caught:
        build(url)
    assert "secret" not in str(caught.value)
