from __future__ import annotations

from pathlib import Path

import pytest

from portal.env import KNOWN, SECRETS, Environment, SettingError


def test_every_known_setting_has_one_line_of_documentation() -> None:
    wrong = {name: text for name, text in KNOWN.items() if "\n" in text or not text.endswith(".")}
    assert wrong == {}
    assert set(KNOWN) >= SECRETS
    assert list(KNOWN) == sorted(KNOWN)


def test_reading_an_undocumented_name_is_a_bug() -> None:
    with pytest.raises(KeyError, match="COUNTERSIGN_NEW is not documented"):
        Environment({}).read_text("COUNTERSIGN_NEW")


def test_defaults_apply_when_nothing_or_blank_is_given() -> None:
    for variables in ({}, {"COUNTERSIGN_DEBUG": "  ", "COUNTERSIGN_WEB_THREADS": "", "ALLOWED_HOSTS": ""}):
        env = Environment(variables)
        assert env.read_text("COUNTERSIGN_BIND") is None
        assert env.read_text("COUNTERSIGN_BIND", "x:1") == "x:1"
        assert env.read_bool("COUNTERSIGN_DEBUG", True) is True
        assert env.read_int("COUNTERSIGN_WEB_THREADS", 3, minimum=1, maximum=9) == 3
        assert env.read_list("ALLOWED_HOSTS", ["a"]) == ["a"]
        assert env.read_path("COUNTERSIGN_DATA_DIR", Path("/d"), base=Path("/b")) == Path("/d")
        assert env.read_choice("SQLITE_SYNCHRONOUS", ("FULL", "NORMAL"), "FULL") == "FULL"
        assert env.read_url("COUNTERSIGN_PUBLIC_URL", "http://x", schemes=("http",)) == "http://x"
        assert env.read_secret("SECRET_KEY") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", True),
        ("TRUE", True),
        ("yes", True),
        ("On", True),
        ("0", False),
        ("False", False),
        ("no", False),
        ("off", False),
    ],
)
def test_booleans(text: str, value: bool) -> None:
    assert Environment({"COUNTERSIGN_DEBUG": text}).read_bool("COUNTERSIGN_DEBUG", not value) is value


@pytest.mark.parametrize("text", ["2", "maybe", "tru", "y", "none"])
def test_what_is_not_a_boolean_is_refused_by_name(text: str) -> None:
    with pytest.raises(SettingError, match="^COUNTERSIGN_DEBUG must be yes or no"):
        Environment({"COUNTERSIGN_DEBUG": text}).read_bool("COUNTERSIGN_DEBUG", False)


@pytest.mark.parametrize("text", ["0", "33", "-1", "1.5", "1e1", "٣", "0x1", "1_0", "9" * 30])
def test_integers_outside_the_range_or_form_are_refused(text: str) -> None:
    with pytest.raises(SettingError, match="^COUNTERSIGN_WEB_THREADS must be a whole number from 1 to 32"):
        Environment({"COUNTERSIGN_WEB_THREADS": text}).read_int(
            "COUNTERSIGN_WEB_THREADS", 1, minimum=1, maximum=32
        )


def test_lists_and_choices() -> None:
    env = Environment({"ALLOWED_HOSTS": " a.example, b.example ,,", "SQLITE_SYNCHRONOUS": "normal"})
    assert env.read_list("ALLOWED_HOSTS", []) == ["a.example", "b.example"]
    assert env.read_choice("SQLITE_SYNCHRONOUS", ("FULL", "NORMAL"), "FULL") == "NORMAL"
    with pytest.raises(SettingError, match="^SQLITE_SYNCHRONOUS must be one of FULL, NORMAL, not 'OFF'"):
        Environment({"SQLITE_SYNCHRONOUS": "OFF"}).read_choice(
            "SQLITE_SYNCHRONOUS", ("FULL", "NORMAL"), "FULL"
        )


@pytest.mark.parametrize(
    ("text", "path"), [("data", "/base/data"), ("/abs/data", "/abs/data"), ("~/data", f"{Path.home()}/data")]
)
def test_paths(text: str, path: str) -> None:
    env = Environment({"COUNTERSIGN_DATA_DIR": text})
    assert env.read_path("COUNTERSIGN_DATA_DIR", Path("/"), base=Path("/base")) == Path(path)


def test_a_list_of_paths_holds_absolute_ones() -> None:
    name = "COUNTERSIGN_PROTECTED_PATHS"
    assert Environment({name: "/a/b, ~/c"}).read_paths(name) == [Path("/a/b"), Path("~/c").expanduser()]
    assert Environment({}).read_paths(name) == []
    for wrong in ("a", "/", "/a, b", "/a\0"):
        with pytest.raises(SettingError, match=name):
            Environment({name: wrong}).read_paths(name)


def test_the_files_that_secrets_come_from_are_known() -> None:
    env = Environment({"SECRET_KEY_FILE": "/run/key", "REDIS_URL": "redis://x"})
    assert env.list_secret_files() == [Path("/run/key")]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://cs.example", "https://cs.example"),
        ("https://cs.example:8443/", "https://cs.example:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_urls(text: str, url: str) -> None:
    env = Environment({"COUNTERSIGN_PUBLIC_URL": text})
    assert env.read_url("COUNTERSIGN_PUBLIC_URL", "", schemes=("https", "http")) == url


@pytest.mark.parametrize(
    "text",
    [
        "cs.example",
        "ftp://cs.example",
        "https://",
        "https://a b",
        "https://u:p@cs.example",
        "https://x?y=1",
        "https://x:port",
        "https://[x",
    ],
)
def test_what_is_not_a_public_address_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="^COUNTERSIGN_PUBLIC_URL must "):
        Environment({"COUNTERSIGN_PUBLIC_URL": text}).read_url(
            "COUNTERSIGN_PUBLIC_URL", "", schemes=("https", "http")
        )


def test_a_secret_comes_from_the_variable_or_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    assert Environment({"SECRET_KEY": "direct"}).read_secret("SECRET_KEY") == "direct"
    assert Environment({"SECRET_KEY_FILE": str(file)}).read_secret("SECRET_KEY") == "from the file"


def test_a_secret_given_twice_is_refused_without_showing_it(tmp_path: Path) -> None:
    env = Environment({"SECRET_KEY": "hush-hush", "SECRET_KEY_FILE": str(tmp_path / "missing")})
    with pytest.raises(SettingError, match="^SECRET_KEY and SECRET_KEY_FILE are both set") as caught:
        env.read_secret("SECRET_KEY")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"\n", b"one\ntwo\n", b"\xff\xfe", b"x" * 70_000])
def test_an_unreadable_or_odd_secret_file_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingError, match=f"^SECRET_KEY_FILE names {file}, which "):
        Environment({"SECRET_KEY_FILE": str(file)}).read_secret("SECRET_KEY")


def test_what_a_person_gave_is_known() -> None:
    env = Environment({"ALLOWED_HOSTS": "x", "SECRET_KEY_FILE": "/somewhere", "COUNTERSIGN_BIND": " "})
    names = ("ALLOWED_HOSTS", "SECRET_KEY", "COUNTERSIGN_BIND", "REDIS_URL")
    assert [name for name in names if env.is_set(name)] == ["ALLOWED_HOSTS", "SECRET_KEY"]


def test_misspelt_names_are_found_with_the_nearest_known_one() -> None:
    variables = {
        "COUNTERSIGN_BNID": "x",
        "COUNTERSIGN_MONITORING_TOKEN_FILE": "/x",
        "COUNTERSIGN_DEBUG": "0",
        "PATH": "/bin",
        "COUNTERSIGN_QQQQQQQQQQQQ": "x",
    }
    assert Environment(variables).find_unknown() == {
        "COUNTERSIGN_BNID": "COUNTERSIGN_BIND",
        "COUNTERSIGN_QQQQQQQQQQQQ": None,
    }
