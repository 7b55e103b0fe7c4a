"""A real sshd on a random loopback port, for logins as the account that runs the tests, and its client."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.console import StepFailed, run
from deploy.servers import ServerProcess, free_port, make_private_folder
from deploy.sshd import provide_sshd, sshd_binary, unpacked_libraries
from tests.support.availability import skip_missing

LOGIN_TIMEOUT_S = 60
ACCOUNT = pwd.getpwuid(os.geteuid()).pw_name
# sshd gives up its rights in there before anybody has logged in; a system's own start scripts make it.
PRIVILEGE_SEPARATION = Path("/run/sshd")


@dataclass(frozen=True)
class Login:
    """How a login went: what the command printed, and what the client said."""

    is_in: bool
    output: str
    said: str


class SshServer:
    """One sshd; `configuration` holds the lines that say where it finds keys."""

    configuration: Mapping[str, str]

    def __init__(self) -> None:
        self.binary = provide_sshd()
        self.port = free_port()
        self.configuration = {}
        self.server = ServerProcess(name="sshd", folder=make_private_folder(prefix="cs-sshd-"))

    @property
    def folder(self) -> Path:
        return self.server.folder

    @property
    def log(self) -> str:
        return self.server.log.read_text(errors="replace")

    def start(self) -> None:
        """Raises StepFailed with the end of its log."""
        if os.geteuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        host_key = make_key(self.folder / "host_key")
        public = host_key.with_suffix(".pub").read_text()
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {public}")
        lines = {
            "Port": str(self.port),
            "ListenAddress": "127.0.0.1",
            "HostKey": str(host_key),
            "PidFile": "none",
            "UsePAM": "no",
            "AuthenticationMethods": "publickey",
            "PermitRootLogin": "prohibit-password",
            # Its folder is below /tmp, which everybody may write to.
            "StrictModes": "no",
            "LogLevel": "VERBOSE",
            **self.configuration,
        }
        configuration = self.folder / "sshd_config"
        configuration.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
        libraries = ":".join(str(folder) for folder in unpacked_libraries())
        found = ["/usr/bin/env", f"LD_LIBRARY_PATH={libraries}"] if libraries else []
        self.server.start([*found, self.binary, "-D", "-e", "-f", configuration], is_ready=self.answers)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return connection.recv(8).startswith(b"SSH-2.0")
        except OSError:
            return False

    def stop(self) -> None:
        self.server.stop()

    def log_in(self, key: Path, command: str = "echo in", *options: str) -> Login:
        """Offer this one key, as the account that runs the tests."""
        words = [
            *("ssh", "-F", "none", "-i", str(key), "-p", str(self.port)),
            *("-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes"),
            *("-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={self.folder / 'known_hosts'}"),
            *options,
            *(f"{ACCOUNT}@127.0.0.1", command),
        ]
        finished = subprocess.run(
            [word for word in words if word],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=LOGIN_TIMEOUT_S,
        )
        return Login(finished.returncode == 0, finished.stdout, finished.stderr)


def gives_terminals() -> bool:
    """Whether an sshd that we start can: it hands each to its person and the group tty, which only root may.

    Elsewhere the system must have made them so already.
    """
    if os.geteuid() == 0:
        return True
    controller, terminal = os.openpty()
    try:
        return os.fstat(terminal).st_gid == grp.getgrnam("tty").gr_gid
    finally:
        os.close(controller)
        os.close(terminal)


def make_key(path: Path, *arguments: str) -> Path:
    """A new private key at `path` without a passphrase, its public one beside it."""
    words = arguments or ("-t", "ed25519")
    keygen = shutil.which("ssh-keygen") or "ssh-keygen"
    run([keygen, "-q", *words, "-N", "", "-C", "somebody", "-f", path], purpose="Making an SSH key")
    return path


def write_command(folder: Path, program: list[str], variables: Mapping[str, str]) -> str:
    """What AuthorizedKeysCommand takes: sshd starts it with nearly no variables, so a script sets them.

    sshd trusts only a program that root owns, wherever it stands: the shell is one.
    """
    script = folder / "authorized_keys.sh"
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    script.write_text("\n".join([*exports, f'exec {shlex.join(program)} "$@"', ""]))
    script.chmod(0o700)
    return f"/bin/sh {script}"


@pytest.fixture(scope="session")
def start_sshd() -> Iterator[Callable[[Callable[[SshServer], Mapping[str, str]]], SshServer]]:
    """Start a server whose further configuration is made once its folder is known; stopped at the end."""
    if sshd_binary() is None or shutil.which("ssh") is None:
        skip_missing("sshd", "run `make test`, which says why it could not be installed")
    with ExitStack() as stack:

        def start(configure: Callable[[SshServer], Mapping[str, str]]) -> SshServer:
            server = SshServer()
            stack.callback(server.stop)
            server.configuration = configure(server)
            try:
                server.start()
            except StepFailed as failure:
                skip_missing("sshd", str(failure))
            return server

        yield start
