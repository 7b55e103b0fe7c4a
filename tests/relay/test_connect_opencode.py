"""`manage.py connect_opencode`: nothing is registered unless every check passes."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiToken, Team
from engines.models import Engine
from events.encryption import reveal
from events.models import AuditEntry
from governance.models import EngineGate
from relay.inspection import TESTED_VERSION
from relay.opencode.gate_files import PACKAGE_VERSION
from relay.opencode.project_files import NOT_TOLD
from tests.factories import make_team, make_user
from tests.relay.fake_engine import FakeEngine, give
from tests.support.engine_lab import EngineLab


@pytest.fixture
def team(db: None) -> Team:
    return make_team("Builders")


def connect(url: str, *arguments: str, team: str = "Builders") -> str:
    """What it says, but for gate, shell and project files: those have tests of their own."""
    text = say(url, "--without-shell-check", *arguments, team=team)
    others = ("It has no gate:", NOT_TOLD)
    return "\n".join(line for line in text.splitlines() if not line.startswith(others))


def say(url: str, *arguments: str, team: str = "Builders") -> str:
    out = StringIO()
    call_command("connect_opencode", url, "--team", team, *arguments, stdout=out, no_color=True)
    return out.getvalue()


def refuse(url: str, *arguments: str, team: str = "Builders") -> str:
    """The sentence of a refusal; nothing may have been registered."""
    with pytest.raises(CommandError) as caught:
        connect(url, *arguments, team=team)
    assert not Engine.objects.exists()
    return str(caught.value)


@pytest.mark.engine
def test_a_real_server_is_registered_and_its_rules_are_told(
    team: Team, engine_lab: EngineLab, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text(engine_lab.engine.password + "\n")
    text = connect(
        engine_lab.engine.address,
        "--password-file",
        str(secret),
        "--directory",
        engine_lab.directory,
        "--name",
        "workbench",
    )
    engine = Engine.objects.get()
    assert (engine.team, engine.name, engine.version, engine.directories) == (
        team,
        "workbench",
        "1.18.33",
        [engine_lab.directory],
    )
    assert reveal(engine, "password") == engine_lab.engine.password
    lines = text.splitlines()
    assert lines[0] == "Registered workbench (OpenCode 1.18.33) for Builders."
    assert lines[1].startswith("Some shell texts never raise a request, whatever the rules")
    assert engine_lab.engine.password not in text
    entry = AuditEntry.objects.get(verb="engine.register")
    assert (entry.actor_kind, entry.actor_id) == ("command", "connect_opencode")


@pytest.mark.engine
@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("wrong", "The server refused the user name or password (one was sent). Nothing was registered."),
        (
            "",
            ("The server refused the user name or password (none was sent). Nothing was registered."),
        ),
    ],
)
def test_refused_credentials_are_told(
    team: Team, engine_lab: EngineLab, tmp_path: Path, password: str, expected: str
) -> None:
    secret = tmp_path / "password"
    secret.write_text(password)
    arguments = ["--password-file", str(secret)] if password else []
    assert refuse(engine_lab.engine.address, *arguments) == expected


def test_another_version_and_a_missing_password_are_warned_of(team: Team, apart: FakeEngine) -> None:
    apart.overrides["GET", "/global/health"] = lambda _request: give({"healthy": True, "version": "1.17.0"})
    assert connect(apart.address).splitlines() == [
        f"Registered 127.0.0.1:{apart.port} (OpenCode 1.17.0) for Builders.",
        (
            "Countersign is tested with OpenCode 1.18.33; another version may behave differently where it"
            " matters."
        ),
        "It has no password: whoever reaches its port can answer its requests.",
    ]


def test_nobody_listening_is_told(team: Team) -> None:
    assert refuse("http://127.0.0.1:1") == (
        "Nothing answers at http://127.0.0.1:1: No connection to the engine. Nothing was registered."
    )


@pytest.mark.parametrize(
    "health", [(200, b"<html>"), (404, b""), (200, b"[]"), (200, b'{"healthy":true}'), (301, b"")]
)
def test_what_is_no_opencode_server_is_told(team: Team, apart: FakeEngine, health: Any) -> None:
    apart.overrides["GET", "/global/health"] = lambda _request: health
    assert refuse(apart.address).startswith(f"What answers at {apart.address} is not an OpenCode server: ")


def test_rules_that_can_not_be_read_stop_the_registration(team: Team, apart: FakeEngine) -> None:
    apart.overrides["GET", "/agent"] = lambda _request: (400, b'{"name":"ConfigInvalidError"}')
    assert refuse(apart.address) == (
        "The server's agents and their rules can't be read: The engine answered 400 to GET /agent."
        " After a broken configuration it needs a restart. Nothing was registered."
    )


def test_an_unhealthy_server_is_not_registered(team: Team, apart: FakeEngine) -> None:
    apart.overrides["GET", "/global/health"] = lambda _request: give({"healthy": False, "version": "1.18.33"})
    assert refuse(apart.address) == (
        "The server says that it is not healthy. Try again when it is. Nothing was registered."
    )


def test_a_private_address_must_be_allowed(team: Team) -> None:
    text = refuse("http://10.1.2.3:4096")
    assert "10.1.2.3" in text
    assert "COUNTERSIGN_EGRESS_ALLOW" in text


@pytest.mark.parametrize("url", ["ftp://x", "http://user:secret@127.0.0.1:1", "http://127.0.0.1:1/path", "x"])
def test_a_wrong_address_is_refused(team: Team, url: str) -> None:
    text = refuse(url)
    assert text.endswith("Nothing was registered.")
    assert "secret" not in text


def test_an_unknown_team_names_the_teams_there_are(team: Team) -> None:
    assert refuse("http://127.0.0.1:1", team="Nobody") == "There is no team 'Nobody'. Teams: Builders."


@pytest.mark.parametrize("content", [b"", b"two\nlines", b"\xff\xfe", b"x" * 5000])
def test_a_password_file_must_hold_one_line(team: Team, tmp_path: Path, content: bytes) -> None:
    secret = tmp_path / "password"
    secret.write_bytes(content)
    text = refuse("http://127.0.0.1:1", "--password-file", str(secret))
    assert str(secret) in text


def test_a_relative_directory_registers_nothing(team: Team, apart: FakeEngine) -> None:
    assert refuse(apart.address, "--directory", "src").endswith("Nothing was registered.")


def test_the_same_address_twice_is_refused(team: Team, apart: FakeEngine) -> None:
    connect(apart.address)
    with pytest.raises(CommandError, match="registered already"):
        connect(apart.address, "--name", "again")
    assert Engine.objects.count() == 1


def test_an_engine_without_a_gate_is_told_so_and_the_shell_is_looked_at(
    team: Team, apart: FakeEngine
) -> None:
    """This one is no real engine, so it has no shell to look at."""
    lines = say(apart.address).splitlines()
    engine = Engine.objects.get()
    expected = (
        "It has no gate: what its rules let through is not asked about, and nothing of it is approved"
        f" automatically. Install one: manage.py install_gate {engine.pk} --folder FOLDER"
    )
    assert [line for line in lines if line.startswith("It has no gate")] == [expected]
    assert lines[-1].startswith("Whether agents could read the engine's credentials could not be found out")


def test_a_gate_is_installed_with_a_token_for_this_engine_alone(
    team: Team, apart: FakeEngine, tmp_path: Path
) -> None:
    make_user(team, "admin")
    folder = tmp_path / "config"
    text = connect(apart.address, "--gate-folder", str(folder), "--portal", "http://127.0.0.1:8000")
    settings = json.loads((folder / "countersign-gate.json").read_text())
    gate = EngineGate.objects.select_related("token__user").get()
    assert gate.token is not None
    assert (gate.token.scopes, gate.token.user.memberships.count(), gate.engine) == (
        ["gate"],
        0,
        Engine.objects.get(),
    )
    assert settings["portal"] == "http://127.0.0.1:8000"
    assert settings["token"] not in text
    assert sorted(path.name for path in folder.iterdir()) == [
        "countersign-gate.json",
        "node_modules",
        "package-lock.json",
        "package.json",
        "plugin",
    ]
    assert (folder / "countersign-gate.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "arguments", [("--portal", "ftp://x"), ("--portal", "nowhere")], ids=["scheme", "no address"]
)
def test_a_gate_that_can_not_be_used_stops_the_registration(
    team: Team, apart: FakeEngine, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert "is no address of a portal" in refuse(apart.address, "--gate-folder", str(tmp_path), *arguments)


def test_a_gate_is_installed_anew_and_the_old_token_ends(
    team: Team, apart: FakeEngine, tmp_path: Path
) -> None:
    make_user(team, "admin")
    connect(apart.address, "--gate-folder", str(tmp_path), "--portal", "http://127.0.0.1:8000")
    old = ApiToken.objects.get()
    call_command("install_gate", Engine.objects.get().pk, "--folder", str(tmp_path), stdout=StringIO())
    old.refresh_from_db()
    assert old.revoked_at is not None
    assert ApiToken.objects.filter(revoked_at=None).count() == 1


def test_the_modules_are_for_the_version_that_is_tested() -> None:
    assert PACKAGE_VERSION == TESTED_VERSION
