"""Addresses that people type in lead nowhere but where they were checked to lead."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from events.egress import (
    DEFAULT_ALLOW,
    AddressUnresolved,
    AllowList,
    EgressRefused,
    PinnedAddress,
    PinnedTransport,
    build_client,
    is_permitted,
    pin_address,
)

LOOPBACK = AllowList.parse(DEFAULT_ALLOW)
NOTHING = AllowList.parse([])
TIMEOUT = httpx.Timeout(5)

PUBLIC = ["8.8.8.8", "2606:4700::1111"]
PRIVATE = [
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "100.64.0.1",
    "127.0.0.1",
    "::1",
    "fd12::1",
    "::ffff:10.0.0.1",
]
FORBIDDEN = [
    "169.254.169.254",
    "169.254.1.1",
    "fe80::1",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
    "fec0::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
]


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Have the resolver answer these in turn, the last for ever; return the names it was asked for."""
    asked: list[str] = []

    async def getaddrinfo(_loop: Any, host: str, port: int, **_options: Any) -> list[Any]:
        addresses = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port),
            )
            for address in addresses
        ]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_permitted(text: str) -> None:
    assert is_permitted("example.org", ipaddress.ip_address(text), NOTHING)


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses_need_an_entry(text: str) -> None:
    address = ipaddress.ip_address(text)
    assert not is_permitted("engine.example", address, NOTHING)
    assert is_permitted("engine.example", address, AllowList.parse(["Engine.Example."]))
    plain = str(getattr(address, "ipv4_mapped", None) or address)
    assert is_permitted("engine.example", address, AllowList.parse([plain]))
    assert not is_permitted("other.example", address, AllowList.parse(["engine.example"]))


@pytest.mark.parametrize("text", FORBIDDEN)
def test_link_local_metadata_and_reserved_addresses_need_an_entry_of_their_own(text: str) -> None:
    address = ipaddress.ip_address(text)
    by_name = AllowList.parse(["engine.example", *DEFAULT_ALLOW])
    by_network = AllowList.parse(["0.0.0.0/0", "::/0"])
    assert not is_permitted("engine.example", address, by_name)
    assert not is_permitted("engine.example", address, by_network)


def test_the_very_address_as_an_entry_opens_it() -> None:
    allow = AllowList.parse(["169.254.169.254"])
    assert is_permitted("metadata.example", ipaddress.ip_address("169.254.169.254"), allow)
    assert not is_permitted("metadata.example", ipaddress.ip_address("169.254.169.253"), allow)


def test_networks_open_the_private_addresses_in_them() -> None:
    allow = AllowList.parse(["10.1.0.0/16", "fd12::/32"])
    found = [
        is_permitted("x.example", ipaddress.ip_address(text), allow)
        for text in ("10.1.9.9", "10.2.0.1", "fd12::9")
    ]
    assert found == [True, False, True]


def test_loopback_is_open_by_default() -> None:
    assert is_permitted("localhost", ipaddress.ip_address("127.0.0.1"), LOOPBACK)
    assert is_permitted("localhost", ipaddress.ip_address("::1"), LOOPBACK)
    assert not is_permitted("localhost", ipaddress.ip_address("127.0.0.1"), NOTHING)


@pytest.mark.parametrize("entry", ["http://engine", "host:8000", "*.example.org", "a b", "user@host"])
def test_an_entry_that_is_no_host_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="no host name"):
        AllowList.parse([entry])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "engine:4096",
        "ftp://engine/",
        "file:///etc/passwd",
        "//engine",
        "http://",
        "http://:4096",
        "http://user:password@engine/",
        "http://user@engine/",
        "http://engine:0/",
        "http://engine:99999/",
        "http://engine:port/",
        "http://[::1/",
        "http://en gine/",
        "http://engine/\r\nX: y",
        "http://engine\\@other/",
        "\thttp://engine/",
    ],
)
async def test_a_malformed_address_is_refused(url: str) -> None:
    with pytest.raises(EgressRefused):
        await pin_address(url, LOOPBACK)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
async def test_odd_spellings_of_loopback_are_judged_by_where_they_lead(host: str) -> None:
    with pytest.raises((EgressRefused, AddressUnresolved)):
        await pin_address(f"http://{host}:4096", NOTHING)


async def test_a_name_is_resolved_once_and_only_permitted_addresses_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = resolve_to(monkeypatch, ["169.254.169.254", "8.8.8.8", "10.0.0.1", "8.8.8.8"])
    pinned = await pin_address("https://engine.example/base", NOTHING)
    assert pinned == PinnedAddress("https", "engine.example", 443, ("8.8.8.8",))
    assert asked == ["engine.example"]


async def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["10.0.0.1"])
    with pytest.raises(EgressRefused, match="COUNTERSIGN_EGRESS_ALLOW"):
        await pin_address("http://engine.example", LOOPBACK)


async def test_a_name_without_address_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def getaddrinfo(*_arguments: Any, **_options: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    with pytest.raises(AddressUnresolved):
        await pin_address("http://nowhere.example", LOOPBACK)


class Listener:
    """A server on one loopback address that answers each request with what it was sent."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok") -> None:
        self.answer = answer
        self.requests: list[bytes] = []

    async def serve(self, host: str, port: int = 0) -> asyncio.Server:
        return await asyncio.start_server(self.handle, host, port)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[tuple[Listener, int]]:
    heard = Listener()
    server = await heard.serve("127.0.0.1")
    async with server:
        yield heard, server.sockets[0].getsockname()[1]


async def test_the_connection_goes_to_the_pinned_address_with_the_hosts_name(
    monkeypatch: pytest.MonkeyPatch, listener: tuple[Listener, int]
) -> None:
    heard, port = listener
    asked = resolve_to(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    url = f"http://engine.example:{port}"
    async with build_client(url, AllowList.parse(["engine.example"]), timeout=TIMEOUT) as client:
        answers = [(await client.get("/path")).status_code for _ in range(2)]
    assert answers == [200, 200]
    assert asked == ["engine.example"]
    first, host, *_ = heard.requests[0].split(b"\r\n")
    assert (first, host) == (b"GET /path HTTP/1.1", f"Host: engine.example:{port}".encode())


async def test_the_next_address_of_a_name_is_tried_when_nobody_listens(
    monkeypatch: pytest.MonkeyPatch, listener: tuple[Listener, int]
) -> None:
    heard, port = listener
    # An engine that listens on IPv4 alone, behind a name that stands for ::1 first.
    resolve_to(monkeypatch, ["::1", "127.0.0.1"])
    url = f"http://localhost:{port}"
    async with build_client(url, LOOPBACK, timeout=TIMEOUT) as client:
        assert (await client.get("/")).status_code == 200
    assert len(heard.requests) == 1


async def test_a_failed_connection_has_the_name_looked_up_again(
    monkeypatch: pytest.MonkeyPatch, listener: tuple[Listener, int]
) -> None:
    _, port = listener
    asked = resolve_to(monkeypatch, ["::1"], ["127.0.0.1"])
    async with build_client(f"http://localhost:{port}", LOOPBACK, timeout=TIMEOUT) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/")
        assert (await client.get("/")).status_code == 200
    assert asked == ["localhost", "localhost"]


async def test_redirects_are_not_followed() -> None:
    heard = Listener(b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n")
    server = await heard.serve("127.0.0.1")
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with build_client(url, LOOPBACK, timeout=TIMEOUT) as client:
            assert (await client.get("/")).status_code == 302
    assert len(heard.requests) == 1


async def test_a_proxy_from_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, listener: tuple[Listener, int]
) -> None:
    heard, port = listener
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with build_client(f"http://127.0.0.1:{port}", LOOPBACK, timeout=TIMEOUT) as client:
        assert (await client.get("/")).status_code == 200
    assert len(heard.requests) == 1


async def test_a_connection_is_bound_to_its_origin() -> None:
    transport = PinnedTransport("http://127.0.0.1:4096", LOOPBACK)
    for url in ("http://127.0.0.1:4097/", "https://127.0.0.1:4096/", "http://localhost:4096/"):
        with pytest.raises(EgressRefused):
            await transport.handle_async_request(httpx.Request("GET", url))
    await transport.aclose()


def write_certificate(folder: Path, host: str) -> Path:
    """A self-signed certificate for `host` with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


@pytest.mark.parametrize(("certified", "is_accepted"), [("engine.example", True), ("other.example", False)])
async def test_certificates_are_checked_against_the_name_and_not_the_pinned_address(
    certified: str, is_accepted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_certificate(tmp_path, certified)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    resolve_to(monkeypatch, ["127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    names: list[str | None] = []
    context.sni_callback = lambda _connection, name, _context: names.append(name)
    heard = Listener()
    server = await asyncio.start_server(heard.handle, "127.0.0.1", 0, ssl=context)
    async with server:
        url = f"https://engine.example:{server.sockets[0].getsockname()[1]}"
        async with build_client(url, AllowList.parse(["engine.example"]), timeout=TIMEOUT) as client:
            if is_accepted:
                assert (await client.get("/")).status_code == 200
            else:
                with pytest.raises(httpx.ConnectError):
                    await client.get("/")
    assert (names, len(heard.requests)) == (["engine.example"], int(is_accepted))
