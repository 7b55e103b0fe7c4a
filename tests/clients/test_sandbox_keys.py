"""A sandbox keeps its file by the program in `clients/sandbox_keys/`, and a real sshd reads it."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.domain.ssh_keys import activate_ssh_key, add_ssh_key, deactivate_ssh_key, delete_ssh_key
from accounts.enums import Role, Scope
from accounts.models import Membership, SshKey
from accounts.principal import Principal
from deploy.servers import free_port
from tests.clients.programs import finish, start
from tests.factories import make_principal, make_service, make_team, make_token, make_user
from tests.portal.server_client import ROOT
from tests.support.ssh_server import SshServer, make_key

PROGRAM = str(ROOT / "clients" / "sandbox_keys" / "fetch_authorized_keys.py")


@dataclass
class Sandbox:
    """Its file, the program that keeps it, and a person who holds `ssh` there with one key."""

    address: str
    folder: Path
    person: Principal
    private_key: Path
    key: SshKey
    token: str = field(repr=False)
    said: str = ""

    @property
    def file(self) -> Path:
        return self.folder / "authorized_keys"

    @property
    def line(self) -> str:
        return f"restrict,pty {self.key.public_key} {self.person.user.pk}\n"

    def fetch(self, *options: str, address: str = "") -> int:
        """The program's exit code after one round."""
        token_file = self.folder / "token"
        token_file.write_text(f"{self.token}\n")
        arguments = ["--portal", address or self.address, "--token-file", str(token_file)]
        program = start([PROGRAM, *arguments, "--file", str(self.file), *options], {})
        code, output, self.said = finish(program)
        assert output == ""
        return code


@pytest.fixture
def sandbox(live_server: LiveServer, tmp_path: Path) -> Sandbox:
    private_key = make_key(tmp_path / "id")
    team = make_team()
    user = make_user(team, Role.VIEWER)
    Membership.objects.filter(user=user).update(has_ssh=True)
    person = make_principal(user)
    key = add_ssh_key(principal=person, public_key=private_key.with_suffix(".pub").read_text())
    token = make_token(make_service(user, team), Scope.SSH_KEYS_SYNC)
    return Sandbox(live_server.url, tmp_path, person, private_key, key, token)


def read_last_used(sandbox: Sandbox) -> datetime | None:
    return SshKey.objects.get(pk=sandbox.key.pk).last_used_at


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_sandbox_lets_in_who_stands_in_its_file_and_reports_the_key(
    sandbox: Sandbox, start_sshd: Callable[..., SshServer]
) -> None:
    sshd = start_sshd(lambda _: {"AuthorizedKeysFile": str(sandbox.file)})
    assert not sshd.log_in(sandbox.private_key).is_in
    assert (sandbox.fetch(), sandbox.file.read_text()) == (0, sandbox.line)
    assert sshd.log_in(sandbox.private_key).is_in, sshd.log

    assert read_last_used(sandbox) is None
    assert (sandbox.fetch("--sshd-log", str(sshd.server.log)), sandbox.said) == (0, "")
    assert read_last_used(sandbox) is not None

    # The last key: an empty list really empties.
    delete_ssh_key(principal=sandbox.person, key_id=sandbox.key.pk)
    assert (sandbox.fetch(), sandbox.file.read_text()) == (0, "")
    assert not sshd.log_in(sandbox.private_key).is_in


def test_nothing_is_written_while_nothing_changed_and_a_lost_file_comes_back(sandbox: Sandbox) -> None:
    sandbox.fetch()
    written = sandbox.file.stat().st_ino
    assert (sandbox.fetch(), sandbox.file.stat().st_ino) == (0, written)
    sandbox.file.unlink()
    assert (sandbox.fetch(), sandbox.file.read_text()) == (0, sandbox.line)
    deactivate_ssh_key(principal=sandbox.person, key_id=sandbox.key.pk)
    sandbox.fetch()
    activate_ssh_key(principal=sandbox.person, key_id=sandbox.key.pk)
    assert (sandbox.fetch(), sandbox.file.read_text()) == (0, sandbox.line)


def test_a_refused_token_empties_the_file(sandbox: Sandbox) -> None:
    sandbox.fetch()
    sandbox.token = "csk_nothing"
    assert (sandbox.fetch(), sandbox.file.read_text()) == (0, "")


def test_without_an_answer_the_file_stays_for_a_while_and_no_longer(sandbox: Sandbox) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    sandbox.fetch()
    assert (sandbox.fetch(address=nowhere), sandbox.file.read_text()) == (1, sandbox.line)
    state = sandbox.file.with_name("authorized_keys.state")
    facts = {**json.loads(state.read_text()), "heard_at_s": time.time() - 3601}
    state.write_text(json.dumps(facts))
    assert (sandbox.fetch(address=nowhere), sandbox.file.read_text()) == (1, "")
    assert (sandbox.fetch(), sandbox.file.read_text()) == (0, sandbox.line)


class OddPortal(http.server.BaseHTTPRequestHandler):
    """Answers what its server was told, with status 200, or leads elsewhere."""

    def do_GET(self) -> None:
        self.send_response(self.server.status)  # type: ignore[attr-defined]  # set below
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(self.server.body)  # type: ignore[attr-defined]

    def log_message(self, *arguments: object) -> None:
        """Stay silent."""


@pytest.fixture
def odd_portal() -> Iterator[Any]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OddPortal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>Please log in</html>"),
        (200, b'command="sh" ssh-ed25519 AAAA mws2n1jfjt6sxkc\n'),
        (302, b""),
        (500, b""),
    ],
    ids=["a-page", "other-options", "redirect", "error"],
)
def test_what_is_no_list_of_keys_is_never_written(
    sandbox: Sandbox, odd_portal: Any, status: int, body: bytes
) -> None:
    odd_portal.status, odd_portal.body = status, body
    sandbox.fetch()
    address = f"http://127.0.0.1:{odd_portal.server_address[1]}"
    assert (sandbox.fetch(address=address), sandbox.file.read_text()) == (1, sandbox.line)


def test_a_token_is_not_sent_in_the_clear(sandbox: Sandbox) -> None:
    assert sandbox.fetch(address="http://countersign.example") == 1
    assert not sandbox.file.exists()
