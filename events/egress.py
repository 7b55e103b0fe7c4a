"""Outgoing HTTP to addresses that people type in.

The name is resolved once, each address it stands for is checked, and the connection goes to a checked
address: a name that answers differently the second time (DNS rebinding) gains nothing. No redirect is
followed and no proxy from the environment is used: either would reach an address that nobody checked.

Public addresses are fine. Private ones (loopback included) are refused unless the host or the address is
listed in `COUNTERSIGN_EGRESS_ALLOW`. Link-local, metadata, multicast and unspecified addresses are refused
unless that very address is listed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx

from events.errors import Invalid

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# An engine beside the portal is the embedded default; everything else private must be named.
DEFAULT_ALLOW = ("localhost", "127.0.0.1", "::1")
RESOLVE_TIMEOUT_S = 5.0
PIN_LIFETIME_S = 60.0
DEFAULT_PORTS = {"http": 80, "https": 443}
_DELETE = 0x7F

# Cloud services that hand out credentials to whoever asks from the inside, outside the link-local range.
_METADATA_ADDRESSES = frozenset(
    ipaddress.ip_address(text)
    for text in ("fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
)
_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class EgressRefused(Invalid):
    """The address may not be connected to."""

    default_code = "egress_refused"


class AddressUnresolved(Invalid):
    """The name has no address at the moment."""

    default_code = "address_unresolved"


@dataclass(frozen=True, slots=True)
class AllowList:
    """Hosts whose private addresses may be connected to."""

    names: frozenset[str]
    networks: tuple[IPNetwork, ...]

    @classmethod
    def parse(cls, entries: Iterable[str]) -> AllowList:
        """Read host names, addresses and networks (`10.1.0.0/16`); raise ValueError for anything else."""
        names: set[str] = set()
        networks: list[IPNetwork] = []
        for entry in (entry.strip() for entry in entries):
            if not entry:
                continue
            try:
                networks.append(ipaddress.ip_network(entry.strip("[]")))
            except ValueError:
                if any(character in entry for character in "/:@*?# "):
                    raise ValueError(f"{entry!r} is no host name, address or network.") from None
                names.add(_normalise_name(entry))
        return cls(frozenset(names), tuple(networks))

    def covers(self, host: str, address: IPAddress) -> bool:
        return _normalise_name(host) in self.names or any(address in network for network in self.networks)

    def names_exactly(self, address: IPAddress) -> bool:
        """True when an entry is this one address: a wide network never opens a metadata service."""
        return any(network.num_addresses == 1 and address in network for network in self.networks)


@dataclass(frozen=True, slots=True)
class PinnedAddress:
    """A checked destination. `addresses` are IP texts in the order to try."""

    scheme: str
    host: str
    port: int
    addresses: tuple[str, ...]


async def pin_address(url: str, allow: AllowList) -> PinnedAddress:
    """Resolve the host of `url` once and keep the addresses that may be connected to.

    Raises EgressRefused when the URL is malformed or no address of its host is permitted, AddressUnresolved
    when the name has no address.
    """
    scheme, host, port = split_origin(url)
    found = await _resolve(host, port)
    permitted = tuple(str(address) for address in found if is_permitted(host, address, allow))
    if not permitted:
        raise EgressRefused(
            f"{host} leads to a private or reserved address. "
            "If it is meant, an operator can add it to COUNTERSIGN_EGRESS_ALLOW."
        )
    return PinnedAddress(scheme, host, port, permitted)


def split_origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an http(s) address; raise EgressRefused for anything else."""
    if any(ord(character) <= ord(" ") or ord(character) == _DELETE for character in url) or "\\" in url:
        raise EgressRefused("The address holds a blank, a control character or a backslash.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise EgressRefused("The address can't be read as a URL.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise EgressRefused("The address must begin with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise EgressRefused("Credentials don't belong in the address.")
    if not parts.hostname or port == 0:
        raise EgressRefused("The address names no host, or port 0.")
    return parts.scheme, parts.hostname, port if port is not None else DEFAULT_PORTS[parts.scheme]


def is_permitted(host: str, address: IPAddress, allow: AllowList) -> bool:
    """Whether `address`, which `host` stands for, may be connected to."""
    forms = _unwrap(address)
    if any(_is_forbidden(form) for form in forms):
        return all(allow.names_exactly(form) for form in forms if _is_forbidden(form))
    if all(form.is_global for form in forms):
        return True
    return any(allow.covers(host, form) for form in forms)


def _unwrap(address: IPAddress) -> list[IPAddress]:
    """The address, or what an IPv6 form of an IPv4 address leads to (mapped, 6to4, NAT64)."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return [address.ipv4_mapped]
        if address.sixtofour is not None:
            return [address, address.sixtofour]
        if address in _NAT64:
            return [address, ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]


def _is_forbidden(address: IPAddress) -> bool:
    is_broadcast_or_reserved = address.is_reserved and address not in _NAT64
    return (
        address.is_unspecified
        or address.is_multicast
        or address.is_link_local
        or (is_broadcast_or_reserved and not address.is_loopback)
        or address in _METADATA_ADDRESSES
        or (address.version == _THIS_NETWORK.version and address in _THIS_NETWORK)
        or (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)
    )


def _normalise_name(name: str) -> str:
    return name.rstrip(".").casefold()


async def _resolve(host: str, port: int) -> list[IPAddress]:
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_TIMEOUT_S):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        raise AddressUnresolved(f"{host} can't be resolved.") from None
    # The same address comes once for each protocol; the order is the resolver's preference.
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


class PinnedTransport(httpx.AsyncBaseTransport):
    """An httpx transport for one origin, which connects only to addresses checked by `pin_address`.

    The Host header and the TLS server name stay those of the URL, so certificates are verified as usual. A
    request for any other origin is refused. Where a name stands for several addresses they are tried in
    order, as long as no connection came about and so nothing was sent.
    """

    def __init__(self, url: str, allow: AllowList, *, authority: str = "") -> None:
        """`authority` is a PEM text that certificates are checked against in place of the system's."""
        self._url = url
        self._origin = split_origin(url)
        self._allow = allow
        # Without TLS a bare context without any trusted authority: cheap, and useless by accident.
        is_tls = self._origin[0] == "https"
        context = (
            ssl.create_default_context(cadata=authority or None)
            if is_tls
            else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        self._inner = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
        self._pinned: PinnedAddress | None = None
        self._pinned_until = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if split_origin(str(request.url)) != self._origin:
            raise EgressRefused("This connection is bound to another address.")
        pinned = await self._pin()
        *others, last = pinned.addresses
        for address in others:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._inner.handle_async_request(_readdress(request, pinned, address))
        try:
            return await self._inner.handle_async_request(_readdress(request, pinned, last))
        except (httpx.ConnectError, httpx.ConnectTimeout):
            # The name may stand for something else by now.
            self._pinned = None
            raise

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _pin(self) -> PinnedAddress:
        now = asyncio.get_running_loop().time()
        if self._pinned is None or now >= self._pinned_until:
            self._pinned = await pin_address(self._url, self._allow)
            self._pinned_until = now + PIN_LIFETIME_S
        return self._pinned


def _readdress(request: httpx.Request, pinned: PinnedAddress, address: str) -> httpx.Request:
    extensions = dict(request.extensions)
    if address != pinned.host:
        extensions["sni_hostname"] = pinned.host
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )


def build_client(
    url: str,
    allow: AllowList,
    *,
    timeout: httpx.Timeout,
    auth: httpx.BasicAuth | None = None,
    headers: Sequence[tuple[str, str]] = (),
    authority: str = "",
) -> httpx.AsyncClient:
    """An httpx client for one user-given origin: pinned address, no redirects, no environment proxy.

    `authority` is a PEM text that its certificate is checked against in place of the system's.
    """
    return httpx.AsyncClient(
        base_url=url,
        transport=PinnedTransport(url, allow, authority=authority),
        timeout=timeout,
        auth=auth,
        headers=list(headers),
        follow_redirects=False,
        trust_env=False,
    )
