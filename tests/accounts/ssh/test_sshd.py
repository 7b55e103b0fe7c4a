"""A real sshd lets in whoever holds an active key, and nobody else; OpenSSH's own client knocks."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.domain.ssh_keys import (
    activate_ssh_key,
    add_ssh_key,
    change_ssh_key,
    deactivate_ssh_key,
    delete_ssh_key,
)
from accounts.domain.teams import set_ssh
from accounts.enums import Role
from accounts.models import Membership, SshKey, Team, User
from accounts.principal import Principal
from accounts.ssh.parsing import read_public_key
from deploy.console import run
from events.errors import Invalid
from tests.accounts.ssh import lines
from tests.accounts.ssh.conftest import configure_command
from tests.factories import make_principal, make_team, make_user
from tests.support.ssh_server import ACCOUNT, SshServer, gives_terminals, make_key

# What sshd asks is a query that other tests put to both databases; a login takes seconds.
pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

Start = Callable[..., SshServer]


@dataclass
class World:
    """A team, its admin, and a member of the account's name who holds `ssh`."""

    team: Team
    admin: Principal
    user: User

    @property
    def me(self) -> Principal:
        return make_principal(self.user)

    def add(self, key: Path, **values: object) -> SshKey:
        text = key.with_suffix(".pub").read_text()
        return add_ssh_key(principal=self.me, public_key=text, **values)  # type: ignore[arg-type]  # only expires_at

    def give_ssh(self, user: User, *, has_ssh: bool = True) -> None:
        membership = Membership.objects.get(team=self.team, user=user, ended_at=None)
        set_ssh(principal=self.admin, membership=membership, has_ssh=has_ssh)


@pytest.fixture
def world(transactional_db: None) -> World:
    team = make_team("Sandboxed")
    user = make_user(team, Role.VIEWER, username=ACCOUNT)
    world = World(team, make_principal(make_user(team, Role.ADMIN)), user)
    world.give_ssh(user)
    return world


@pytest.fixture
def sshd(start_sshd: Start, database_url: str, world: World) -> SshServer:
    """It asks for the keys of the one person whose username the account is."""
    return start_sshd(lambda server: configure_command(server, database_url))


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return make_key(tmp_path / "id_ed25519")


def test_an_active_key_is_let_in_and_an_expired_deactivated_or_deleted_one_is_not(
    sshd: SshServer, world: World, key: Path
) -> None:
    stored = world.add(key, expires_at=timezone.now() + timedelta(days=1))
    first = sshd.log_in(key)
    assert (first.is_in, first.output) == (True, "in\n"), sshd.log

    deactivate_ssh_key(principal=world.me, key_id=stored.pk)
    refused = sshd.log_in(key)
    assert (refused.is_in, "Permission denied (publickey)" in refused.said) == (False, True)
    activate_ssh_key(principal=world.me, key_id=stored.pk)

    # As if the day had passed.
    SshKey.objects.filter(pk=stored.pk).update(expires_at=timezone.now())
    assert not sshd.log_in(key).is_in
    change_ssh_key(principal=world.me, key_id=stored.pk, values={"expires_at": None})
    assert sshd.log_in(key).is_in

    delete_ssh_key(principal=world.me, key_id=stored.pk)
    assert not sshd.log_in(key).is_in


def test_a_login_has_a_terminal_and_forwards_nothing_until_ssh_is_taken_away(
    sshd: SshServer, world: World, tmp_path: Path
) -> None:
    key = make_key(tmp_path / "key", "-t", "rsa", "-b", "3072")
    world.add(key)
    terminal = sshd.log_in(key, "tty", "-tt")
    assert "PTY allocation request failed" not in terminal.said
    if gives_terminals():
        assert (terminal.is_in, terminal.output.startswith("/dev/pts/")) == (True, True), terminal
    with socket.create_server(("127.0.0.1", 0)) as inside:
        forwarded = sshd.log_in(key, "", "-W", f"127.0.0.1:{inside.getsockname()[1]}")
    assert (forwarded.is_in, "administratively prohibited" in forwarded.said) == (False, True), forwarded
    world.give_ssh(world.user, has_ssh=False)
    assert not sshd.log_in(key).is_in


def test_a_shared_account_is_opened_by_everybody_of_the_team_and_by_nobody_else(
    start_sshd: Start, database_url: str, world: World, tmp_path: Path
) -> None:
    options = ("--shared", ACCOUNT, "--team", world.team.name)
    sshd = start_sshd(lambda server: configure_command(server, database_url, *options))
    mate, outsider = make_user(world.team), make_user(make_team())
    world.give_ssh(mate)
    keys = []
    for number, user in enumerate([mate, outsider]):
        key = make_key(tmp_path / f"key{number}", "-t", "ecdsa", "-b", "256")
        add_ssh_key(principal=make_principal(user), public_key=key.with_suffix(".pub").read_text())
        keys.append(key)
    assert [sshd.log_in(key).is_in for key in keys] == [True, False], sshd.log


def test_a_database_that_is_gone_lets_nobody_in(start_sshd: Start, world: World, tmp_path: Path) -> None:
    missing = f"sqlite:///{tmp_path / 'missing' / 'db.sqlite3'}"
    sshd = start_sshd(lambda server: configure_command(server, missing))
    key = make_key(tmp_path / "key")
    world.add(key)
    assert not sshd.log_in(key).is_in


# The command ----------------------------------------------------------------------------------------


def print_keys(*arguments: str) -> str:
    output = StringIO()
    call_command("authorized_keys", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_prints_the_lines_of_one_person_and_nothing_for_a_stranger(
    world: World, key: Path
) -> None:
    stored = world.add(key)
    line = f"restrict,pty {stored.public_key} {world.user.pk}\n"
    assert print_keys(ACCOUNT) == line
    assert print_keys(ACCOUNT, "--team", world.team.name) == line
    assert (print_keys("nobody-here"), print_keys("")) == ("", "")
    make_team("Other")
    assert print_keys(ACCOUNT, "--team", "Other") == ""


def test_the_command_fails_rather_than_guesses(world: World) -> None:
    for arguments in (("--team", "No such"), ("--shared", ACCOUNT)):
        with pytest.raises(CommandError):
            print_keys(ACCOUNT, *arguments)


# What ssh-keygen says -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lines.make_ed25519_line,
        lines.make_sk_ed25519_line,
        lines.make_sk_ecdsa_line,
        lambda: lines.make_ecdsa_line("nistp384"),
        lines.make_rsa_line,
    ],
    ids=["ed25519", "sk-ed25519", "sk-ecdsa", "p384", "rsa"],
)
def test_size_and_fingerprint_are_those_that_ssh_keygen_prints(
    tmp_path: Path, make: Callable[[], str]
) -> None:
    line = make()
    path = tmp_path / "key.pub"
    path.write_text(f"{line} me\n")
    printed = run(["ssh-keygen", "-l", "-f", path], purpose="Reading a key").split()
    read = read_public_key(line)
    assert printed[:2] == [str(read.bits), read.fingerprint]


def test_a_private_key_as_ssh_keygen_writes_it_is_refused(key: Path) -> None:
    for text in (key.read_text(), f"{key.with_suffix('.pub').read_text()}{key.read_text()}"):
        with pytest.raises(Invalid, match="This is a private key"):
            read_public_key(text)
