"""Where the server listens, and what listening beyond this machine requires."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from portal.env import SettingError

MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class Bind:
    """One address to listen on; port 0 lets the system choose."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach `host`; a name other than localhost does not count."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def parse_bind(text: str) -> Bind:
    """`host:port`, an IPv6 host in brackets; raises SettingError."""
    host, _, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_bare_ipv6 = ":" in host and f"[{host}]" not in text
    if not host or is_bare_ipv6 or not port.isascii() or not port.isdigit() or int(port) > MAX_PORT:
        raise SettingError(
            f"The address to listen on must be host:port such as 127.0.0.1:8000, not {text!r}."
        )
    return Bind(host, int(port))


def refuse_unready_bind(bind: Bind, *, given: frozenset[str], debug: bool) -> None:
    """Raise SettingError when a bind beyond loopback lacks hosts or key; `given` names the settings given."""
    if bind.is_loopback:
        return
    for name, purpose in (
        ("ALLOWED_HOSTS", "the host names people will use"),
        ("SECRET_KEY", "a long random text (or SECRET_KEY_FILE)"),
    ):
        if name not in given:
            raise SettingError(
                f"Listening on {bind} reaches beyond this machine: set {name} to {purpose} first."
            )
    if debug:
        raise SettingError(
            f"Listening on {bind} reaches beyond this machine: turn COUNTERSIGN_DEBUG off first."
        )
