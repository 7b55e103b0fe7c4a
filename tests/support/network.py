"""Tests talk to loopback only."""

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest


@pytest.fixture(autouse=True, scope="session")
def refuse_foreign_addresses() -> Iterator[None]:
    """Make every connection of this process beyond loopback an error that names the address."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded_connect(self: socket.socket, address: Any, /) -> None:
        require_loopback(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any, /) -> int:
        require_loopback(self, address)
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        yield


def require_loopback(connection: socket.socket, address: Any) -> None:
    """Raise AssertionError unless the address is on this machine's loopback or a unix socket."""
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0]
    if host != "localhost" and not ip_address(host).is_loopback:
        raise AssertionError(f"a test tried to reach {host}, which is not loopback")
